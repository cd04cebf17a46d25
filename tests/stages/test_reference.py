"""The reference itself, on data small enough to check by hand, and on the sample with known numbers."""

import random
from collections import Counter
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from support.places import SAMPLE
from support.reference import COLUMNS, cents, next_action, ntile, reference, segment_name
from support.shop import Line, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def one(people: pd.DataFrame, person: str) -> pd.Series:
    return people.set_index("customer_unique_id").loc[person]


# --- Which orders count, and when ----------------------------------------------------------------------


def test_counts_orders_and_sums_price_and_freight_exactly(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    shop.order("ana", "2018-01-01 10:00:00", [("bebes", "0.1", "0.2"), ("bebes", "99.9", "0")])
    shop.order("ana", "2018-01-05 09:00:00", [("bebes", "1234.56", "7.89")])
    people = reference(shop.write(tmp_path))
    ana = one(people, "ana")
    assert list(people.columns) == COLUMNS
    assert list(people["customer_unique_id"]) == ["ana", "zz-0", "zz-1", "zz-2"]
    assert (ana["frequency"], ana["monetary"]) == (2, Decimal("1342.65"))
    assert ana["first_purchase_date"] == datetime(2018, 1, 1, 10)
    assert ana["last_purchase_date"] == datetime(2018, 1, 5, 9)


def test_fractions_of_a_cent_are_refused() -> None:
    with pytest.raises(ValueError, match="price holds fractions of a cent"):
        cents(pd.Series(["1.00", "0.001"], name="price"))


def test_canceled_unavailable_and_itemless_orders_count_for_nothing(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    shop.order("ana", "2018-01-01 10:00:00")
    shop.order("ana", "2018-02-01 00:00:00", status="canceled", reviews=[(1, "2018-01-01 00:00:00")])
    shop.order("ana", "2018-02-02 00:00:00", status="unavailable")
    shop.order("ana", "2018-02-03 00:00:00", lines=[], status="shipped")
    shop.order("bob", "2018-02-04 00:00:00", status="canceled")
    people = reference(shop.write(tmp_path))
    ana = one(people, "ana")
    assert "bob" not in set(people["customer_unique_id"])
    assert (ana["frequency"], ana["monetary"], ana["avg_review_score"]) == (1, Decimal("10.00"), None)
    # Nor do they move the date: a day after ana's only qualifying purchase.
    assert people.attrs["as_of"] == datetime(2018, 1, 2, 10)
    assert ana["recency_days"] == 1


def test_nothing_at_or_after_as_of_counts(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    shop.order(
        "ana",
        "2017-12-20 00:00:00",
        reviews=[(5, "2017-12-31 00:00:00"), (1, "2018-01-01 00:00:00"), (1, "2018-01-02 00:00:00")],
    )
    shop.order("ana", "2018-01-01 00:00:00", reviews=[(1, "2017-12-31 00:00:00")])
    shop.order("bob", "2017-12-31 23:59:59")
    shop.order("eva", "2018-01-01 00:00:00")
    people = reference(shop.write(tmp_path), datetime(2018, 1, 1))
    ana = one(people, "ana")
    assert people.attrs["as_of"] == datetime(2018, 1, 1)
    assert "eva" not in set(people["customer_unique_id"])
    assert (ana["frequency"], ana["recency_days"], ana["avg_review_score"]) == (1, 12, 5)
    assert one(people, "bob")["recency_days"] == 0


def test_recency_is_rounded_down_to_whole_days(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    shop.order("ana", "2017-12-29 00:00:01")
    shop.order("bob", "2017-12-29 00:00:00")
    people = reference(shop.write(tmp_path), datetime(2018, 1, 1))
    assert (one(people, "ana")["recency_days"], one(people, "bob")["recency_days"]) == (2, 3)


def test_no_order_before_as_of_is_an_error(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    with pytest.raises(ValueError, match="no qualifying order before 2016-01-01"):
        reference(shop.write(tmp_path), datetime(2016, 1, 1))


# --- Reviews, favourites, addresses --------------------------------------------------------------------


def test_review_mean_weighs_every_review_and_is_not_rounded(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    shop.order("ana", "2017-01-01 00:00:00", reviews=[(1, "2017-01-02 00:00:00"), (1, "2017-01-03 00:00:00")])
    shop.order("ana", "2017-02-01 00:00:00", reviews=[(5, "2017-02-02 00:00:00")])
    people = reference(shop.write(tmp_path), datetime(2018, 1, 1))
    assert one(people, "ana")["avg_review_score"] == Fraction(7, 3)


def test_missing_review_is_none_and_no_bad_review(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    shop.order("ana", "2017-01-01 00:00:00", reviews=[(2, "2017-01-02 00:00:00")])
    people = reference(shop.write(tmp_path), datetime(2018, 1, 1))
    assert one(people, "ana")["next_action"] == "Apology Email + Service Recovery"
    assert one(people, "zz-0")["avg_review_score"] is None
    assert one(people, "zz-0")["action_priority"] != 1


@pytest.mark.parametrize(
    ("lines", "favorite"),
    [
        pytest.param(
            [("bebes", "1", "0"), ("bebes", "1", "0"), ("audio", "900", "0")], "baby", id="most items"
        ),
        pytest.param([("bebes", "10", "0"), ("audio", "8", "1.99")], "baby", id="tie by price"),
        pytest.param([("bebes", "10", "0"), ("audio", "8", "2.01")], "audio", id="freight is spend"),
        pytest.param([("bebes", "10", "0"), ("audio", "10", "0")], "audio", id="tie by name"),
        pytest.param([("perfumaria", "10", "0")], "perfumery", id="first row after the BOM"),
        pytest.param([("pc_gamer", "10", "0")], "pc_gamer", id="no translation"),
        pytest.param([(None, "10", "0")], "unknown", id="no category"),
        # By its English name "baby" comes before "brinquedos", and before "perfumery".
        pytest.param(
            [("perfumaria", "5", "0"), ("brinquedos", "5", "0"), ("bebes", "5", "0")],
            "baby",
            id="tie by the name shown",
        ),
    ],
)
def test_favorite_category(shop: Shop, tmp_path: Path, lines: list[Line], favorite: str) -> None:
    shop.crowd()
    shop.order("ana", "2017-01-01 00:00:00", lines)
    assert one(reference(shop.write(tmp_path)), "ana")["favorite_category"] == favorite


def test_address_is_the_latest_orders_with_the_median_place(shop: Shop, tmp_path: Path) -> None:
    shop.crowd()
    shop.order("ana", "2017-01-01 00:00:00", order_id="z", zip_prefix="20000", city="rio", state="RJ")
    shop.order("ana", "2017-02-01 00:00:00", order_id="b", zip_prefix="01001", city="NA", state="SP")
    shop.order("ana", "2017-02-01 00:00:00", order_id="a", zip_prefix="30000", city="bh", state="MG")
    shop.order("ana", "2017-03-01 00:00:00", order_id="y", zip_prefix="40000", status="canceled")
    for latitude, longitude in [("-23.5", "-46.0"), ("-23.7", "-46.4"), ("10.0", "-46.2")]:
        shop.place("01001", latitude, longitude)
    shop.place("1001", "0.0", "0.0")
    people = reference(shop.write(tmp_path))
    ana = one(people, "ana")
    assert (ana["customer_city"], ana["customer_state"]) == ("NA", "SP")
    assert (ana["latitude"], ana["longitude"]) == (-23.5, -46.2)
    assert one(people, "zz-0")["latitude"] is None
    assert one(people, "zz-0")["longitude"] is None


# --- Scores, segments, tiers, actions ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "buckets"),
    [
        (3, [1, 2, 3]),
        (5, [1, 2, 3, 4, 5]),
        (7, [1, 1, 2, 2, 3, 4, 5]),
        (10, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (14, [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5]),
    ],
)
def test_ntile_gives_the_remainder_to_the_first_buckets(count: int, buckets: list[int]) -> None:
    assert ntile(count).tolist() == buckets


def test_scores_break_ties_by_the_next_measure_and_last_by_id_in_bytes(shop: Shop, tmp_path: Path) -> None:
    day = "2017-01-01 00:00:00"
    for person in ["b", "B", "a", "é"]:  # alike in all but the id: bytes say B < a < b < é
        shop.order(person, day)
    shop.order("rich", day, [("bebes", "50.00", "0.00")])
    shop.order("often", day, [("bebes", "5.00", "0.00")])
    shop.order("often", day, [("bebes", "5.00", "0.00")])
    shop.order("late", "2017-01-02 00:00:00", [("bebes", "1.00", "0.00")])
    codes = reference(shop.write(tmp_path)).set_index("customer_unique_id")["rfm_code"]
    # Seven people in buckets of 2, 2, 1, 1, 1:
    # R: B a | b é | rich | often | late;  F: late B | a b | é | rich | often;  M: the same but often, rich.
    assert codes.to_dict() == {
        "B": "111",
        "a": "122",
        "b": "222",
        "é": "233",
        "rich": "345",
        "often": "454",
        "late": "511",
    }


@pytest.mark.parametrize(
    ("r", "f", "m", "frequency", "segment"),
    [
        (4, 4, 4, 2, "Champions"),
        (5, 5, 5, 2, "Champions"),
        (5, 5, 3, 2, "Loyal Customers"),
        (3, 4, 5, 2, "Loyal Customers"),
        (5, 5, 5, 1, "New Customers"),
        (5, 1, 1, 1, "New Customers"),
        (5, 3, 5, 2, "Potential Loyalists"),
        (4, 5, 5, 1, "Potential Loyalists"),
        (3, 1, 1, 1, "Potential Loyalists"),
        (2, 5, 5, 9, "At-Risk"),
        (1, 3, 1, 1, "At-Risk"),
        (2, 2, 5, 1, "Lost Customers"),
        (1, 1, 1, 1, "Lost Customers"),
    ],
)
def test_segment_is_the_first_match(r: int, f: int, m: int, frequency: int, segment: str) -> None:
    assert segment_name(r, f, m, frequency) == segment


def test_tiers_rank_clusters_by_frequency_and_monetary_and_recency(shop: Shop, tmp_path: Path) -> None:
    for number in range(4):
        price = f"{number}.00"
        shop.order(f"silver-{number}", f"2016-01-0{number + 1} 00:00:00", [("bebes", "9.00", price)])
        shop.order(f"gold-{number}", f"2017-12-0{number + 1} 00:00:00", [("bebes", "90.00", price)])
        for month in (10, 11, 12):
            shop.order(f"platinum-{number}", f"2017-{month}-1{number} 00:00:00", [("bebes", "300.00", price)])
    people = reference(shop.write(tmp_path))
    assert list(people["loyalty_tier"]) == [
        person.split("-")[0].title() for person in people["customer_unique_id"]
    ]


@pytest.mark.parametrize(
    ("tier", "score", "category", "frequency", "monetary", "action", "priority"),
    [
        ("Platinum", Fraction(2), "audio", 3, "500", "Apology Email + Service Recovery", 1),
        ("Silver", Fraction(1), "baby", 1, "10", "Apology Email + Service Recovery", 1),
        ("Platinum", Fraction(7, 3), "audio", 3, "500", "VIP Pre-Order: New Arrivals", 2),
        ("Platinum", None, "pc_gamer", 1, "10", "VIP Pre-Order: New Arrivals", 2),
        ("Platinum", None, "baby", 3, "10", "VIP Concierge Offer", 5),
        ("Gold", None, "audio", 2, "500", "Referral Bonus: Give $20, Get $20", 3),
        ("Gold", None, "audio", 1, "10", "10% Off Your Next Order", 5),
        ("Silver", None, "audio", 2, "99.99", "Free Shipping Nudge", 4),
        ("Silver", None, "audio", 2, "100.00", "Win-Back: We Miss You", 5),
    ],
)
def test_next_action_is_the_first_rule(
    tier: str,
    score: Fraction | None,
    category: str,
    frequency: int,
    monetary: str,
    action: str,
    priority: int,
) -> None:
    assert next_action(tier, score, category, frequency, Decimal(monetary)) == (action, priority)


# --- The files -----------------------------------------------------------------------------------------


def test_row_order_and_compression_change_nothing(shop: Shop, tmp_path: Path) -> None:
    chance = random.Random(7)
    for number in range(60):
        shop.order(
            f"person-{chance.randrange(40)}",
            f"2017-0{chance.randint(1, 9)}-01 00:00:00",
            [
                (chance.choice(["bebes", "audio", None]), f"{chance.randint(1, 9)}0.00", "0.00")
                for _ in range(chance.randint(1, 3))
            ],
            reviews=[(chance.randint(1, 5), "2017-06-01 00:00:00")] if number % 3 else [],
            zip_prefix=chance.choice(["01001", "20000", "99999"]),
        )
    for zip_prefix in ["01001", "20000"]:
        for _ in range(4):
            shop.place(zip_prefix, str(chance.uniform(-30, 0)), str(chance.uniform(-60, -40)))
    (tmp_path / "plain").mkdir()
    (tmp_path / "shuffled").mkdir()
    expected = reference(shop.write(tmp_path / "plain"))
    for rows in shop.tables.values():
        chance.shuffle(rows)
    actual = reference(shop.write(tmp_path / "shuffled", gzipped=True))
    pd.testing.assert_frame_equal(actual, expected)


needs_sample = pytest.mark.skipif(
    not SAMPLE.is_dir(), reason=f"The sample of real orders is not part of the project: no folder {SAMPLE}."
)


@needs_sample
@pytest.mark.parametrize(
    ("as_of", "resolved", "customers", "monetary", "segments"),
    [
        (None, datetime(2018, 9, 4, 9, 6, 57), 6800, "1157526.53", (2707, 1570, 1344, 1150, 22, 7)),
        (datetime(2018, 1, 1), datetime(2018, 1, 1), 3239, "535113.99", (1276, 782, 644, 514, 11, 12)),
    ],
    ids=["latest", "2018-01-01"],
)
def test_sample_has_its_known_numbers(
    as_of: datetime | None, resolved: datetime, customers: int, monetary: str, segments: tuple[int, ...]
) -> None:
    people = reference(SAMPLE, as_of)
    names = [
        "Potential Loyalists",
        "At-Risk",
        "New Customers",
        "Lost Customers",
        "Champions",
        "Loyal Customers",
    ]
    assert people.attrs["as_of"] == resolved
    assert len(people) == customers
    assert people["customer_unique_id"].is_unique
    assert people["customer_unique_id"].is_monotonic_increasing
    assert sum(people["monetary"]) == Decimal(monetary)
    assert Counter(people["segment_name"]) == dict(zip(names, segments, strict=True))


@needs_sample
def test_sample_has_its_known_tiers() -> None:
    assert Counter(reference(SAMPLE)["loyalty_tier"]) == {"Platinum": 52, "Gold": 1614, "Silver": 5134}
