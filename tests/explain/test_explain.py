"""One person's story, against an independent reading of the files (support.reference), and in odd cases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from psycopg import Connection
from rich.console import Console
from support import pipeline, traces
from support.forgotten import Scene
from support.reference import TECH_CATEGORIES, reference
from support.shop import Shop

from olist.exceptions import OlistError
from olist.explain import words
from olist.explain.story import Story, one_state, tell
from olist.explain.terminal import print_story
from olist.explain.tiers import CENT, Model
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import read_sql

AS_OF = date(2018, 5, 1)


def story_of(connection: Connection, wanted: str, strategy: Strategy | None = None, **more: object) -> Story:
    with one_state(connection, 30) as cursor:
        return tell(cursor, strategy or read_strategy(), wanted, **more)


def printed(story: Story) -> str:
    text = StringIO()
    print_story(story, Console(file=text, width=400, highlight=False))
    return text.getvalue()


@contextmanager
def opened_copy(uri: str) -> Iterator[Connection]:
    with psycopg.connect(uri, autocommit=True) as connection:
        yield connection


# --- Against the files ---------------------------------------------------------------------------------


def some_of_everybody(people: pd.DataFrame) -> pd.DataFrame:
    """Three of every rule in every tier, and of every segment; whoever ordered most."""
    few = [people.groupby(keys).head(3) for keys in (["action_priority", "loyalty_tier"], ["segment_name"])]
    return pd.concat([*few, people.nlargest(3, "frequency")]).drop_duplicates("customer_unique_id")


def check_against(connection: Connection, data_dir: Path) -> set[tuple[str, int]]:
    """Compares stories with the reference. Returns the segments and rules that were seen."""
    people = reference(data_dir)
    as_of = people.attrs["as_of"]
    orders = orders_of(data_dir)
    seen = set()
    for person in some_of_everybody(people).to_dict("records"):
        story = story_of(connection, person["customer_unique_id"])
        assert story.numbers["as_of"] == as_of
        for name in ("recency_days", "frequency", "monetary", "favorite_category", "customer_state"):
            assert story.numbers[name] == person[name], name
        for name in ("r_score", "f_score", "m_score", "rfm_code", "loyalty_tier"):
            assert story.numbers[name] == person[name], name
        check_review(story, person)
        assert story.segments[-1].name == person["segment_name"] and story.segments[-1].has_won
        assert story.actions[-1].name == person["next_action"] and story.actions[-1].has_won
        assert story.actions[-1].number == person["action_priority"]
        assert not any(each.has_won for each in story.segments[:-1] + story.actions[:-1])
        check_segments(story, person)
        check_actions(story, person)
        mine = orders[orders["customer_unique_id"] == person["customer_unique_id"]]
        assert {each["order_id"]: each["counts"] for each in story.orders} == {
            order["order_id"]: order["counts"] and order["at"] < as_of for order in mine.to_dict("records")
        }
        assert sum(each["value"] for each in story.counted) == person["monetary"]
        assert all(each["why_not"] for each in story.left_out)
        assert not any(each["why_not"] for each in story.counted)
        assert words.notes(story) == ["HubSpot has never acknowledged anything about this person."]
        seen.add((person["segment_name"], person["action_priority"]))
    return seen


def orders_of(data_dir: Path) -> pd.DataFrame:
    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(next(data_dir.glob(f"olist_{name}_dataset.csv*")), dtype=str)

    orders = read("orders").merge(read("customers"), on="customer_id")
    has_item = orders["order_id"].isin(read("order_items")["order_id"])
    orders["counts"] = has_item & ~orders["order_status"].isin(["canceled", "unavailable"])
    orders["at"] = pd.to_datetime(orders["order_purchase_timestamp"])
    return orders


def check_review(story: Story, person: dict) -> None:
    ours, theirs = story.numbers["avg_review_score"], person["avg_review_score"]
    assert (ours is None) == (theirs is None)
    assert ours is None or abs(float(ours) - float(theirs)) < 1e-9


def check_segments(story: Story, person: dict) -> None:
    """Each condition of the default rules, read anew here."""
    r, f, m, n = (person[name] for name in ("r_score", "f_score", "m_score", "frequency"))
    holds = [
        {"r_score": r >= 4, "f_score": f >= 4, "m_score": m >= 4, "frequency": n >= 2},
        {"r_score": r >= 3, "f_score": f >= 4, "frequency": n >= 2},
        {"r_score": r == 5, "frequency": n == 1},
        {"r_score": r >= 3},
        {"f_score": f >= 3},
        {},
    ]
    told = [{each.field: each.holds for each in verdict.tried} for verdict in story.segments]
    assert told == holds[: len(told)]
    for verdict in story.segments[:-1]:
        assert [f"{each.field} is {person[each.field]}" for each in verdict.tried if not each.holds] == [
            each.partition(",")[0] for each in verdict.why.split("; ")
        ]


def check_actions(story: Story, person: dict) -> None:
    tier, review = person["loyalty_tier"], person["avg_review_score"]
    holds = [
        {"avg_review_score": review is not None and review <= 2},
        {
            "loyalty_tier": tier == "Platinum",
            "favorite_category": person["favorite_category"] in TECH_CATEGORIES,
        },
        {"loyalty_tier": tier == "Gold", "frequency": person["frequency"] >= 2},
        {"loyalty_tier": tier == "Silver", "monetary": person["monetary"] < 100},
        {},
    ]
    told = [{each.field: each.holds for each in verdict.tried} for verdict in story.actions]
    assert told == holds[: len(told)]
    if len(told) >= 4 and tier == "Silver" and not holds[3]["monetary"]:
        assert story.actions[3].why == f"monetary is {person['monetary']:.2f}, and the rule asks for < 100"
    if review is None and len(told) > 1:
        assert story.actions[0].why.startswith("avg_review_score is not known, which meets no condition")


def check_everybody(connection: Connection, data_dir: Path) -> None:
    seen = check_against(connection, data_dir)
    there = connection.execute(
        "select distinct segment_name, action_priority from analytics.vw_customer_segments"
    ).fetchall()
    assert {segment for segment, _ in seen} == {segment for segment, _ in there}
    assert {rule for _, rule in seen} == {rule for _, rule in there}


def test_it_agrees_with_the_files(copy_of: Callable[..., str], demo: Path) -> None:
    with opened_copy(copy_of(pipeline.run, demo)) as connection:
        check_everybody(connection, demo)


def test_it_agrees_with_the_files_of_the_real_sample(copy_of: Callable[..., str], sample: Path) -> None:
    with opened_copy(copy_of(pipeline.run, sample)) as connection:
        check_everybody(connection, sample)


def test_every_rule_and_segment_can_win(copy_of: Callable[..., str], demo: Path) -> None:
    """Of the default rules, one reaches nobody. Here each is tried by itself on somebody whom it reaches."""
    strategy = read_strategy()
    with opened_copy(copy_of(pipeline.run, demo)) as connection:
        people = connection.execute(
            "select customer_unique_id, loyalty_tier, frequency from analytics.vw_customer_segments"
            " order by frequency desc limit 1"
        ).fetchall()
        ((person, tier, frequency),) = people
        for number, action in enumerate(strategy.actions, start=1):
            never = [each.model_copy(update={"when": {"frequency": "< 0"}}) for each in strategy.actions]
            never[number - 1] = action.model_copy(
                update={"when": {"loyalty_tier": [tier, "Gold"], "frequency": frequency}}
            )
            verdicts = story_of(connection, person, strategy.model_copy(update={"actions": never})).actions
            assert [each.has_won for each in verdicts] == [False] * (number - 1) + [True]
            assert all(
                each.why == f"frequency is {frequency}, and the rule asks for < 0" for each in verdicts[:-1]
            )
            one_of = ", ".join((tier, "Gold"))
            assert verdicts[-1].why == (
                f"loyalty_tier is {tier}, and the rule asks for one of {one_of};"
                f" frequency is {frequency}, as the rule asks"
            )


def test_the_nearest_centre_is_the_tier_of_everybody(copy_of: Callable[..., str], demo: Path) -> None:
    with opened_copy(copy_of(pipeline.run, demo)) as connection:
        rows = connection.execute(
            "select loyalty_tier, recency_days, frequency, monetary, model_id"
            " from analytics.vw_customer_segments"
        ).fetchall()
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        model = Model(cursor.execute(read_sql("explain/model"), {"model_id": rows[0][4]}).fetchone())
    promises = 0
    for tier, days, orders, money, _ in rows:
        assert model.tier((days, orders, float(money))) == tier
        tiers = model.look_from(tier, days, orders, money)
        assert min(tiers.centres, key=lambda each: each.distance).tier == tier
        rank = model.tiers.index(tier)
        assert tiers.better == (model.tiers[rank - 1] if rank else None)
        if tiers.one_more_order:
            # Worth it to the cent: with two cents less the tier would be no better.
            promises += tiers.one_more_order > CENT
            total = money + tiers.one_more_order
            assert model.tier((0, orders + 1, float(total))) == tiers.would_be
            assert model.tiers.index(tiers.would_be) < rank
            less = total - 2 * CENT
            if less > money:
                assert model.tiers.index(model.tier((0, orders + 1, float(less)))) >= rank
    assert promises or all(model.tier((0, n + 1, float(m))) != t for t, _, n, m, _ in rows if t != "Platinum")


# --- Orders --------------------------------------------------------------------------------------------


def test_every_order_that_does_not_count_says_why(connection: Connection, tmp_path: Path) -> None:
    shop = Shop()
    shop.crowd()
    shop.order("ana", "2018-01-01 10:00:00", order_id="counts")
    shop.order("ana", "2018-01-02 00:00:00", order_id="canceled", status="canceled")
    shop.order("ana", "2018-01-03 00:00:00", order_id="empty", lines=[])
    shop.order("ana", "2018-05-01 00:00:00", order_id="later")
    shop.order("ana", "2018-06-01 00:00:00", order_id="all three", status="unavailable", lines=[])
    shop.order("bob", "2018-01-01 10:00:00", status="canceled")
    pipeline.run(connection, shop.write(tmp_path), AS_OF)
    ana = story_of(connection, "ana")
    assert [each["order_id"] for each in ana.counted] == ["counts"] and len(ana.left_out) == 4
    assert {each["order_id"]: each["why_not"] for each in ana.orders} == {
        "counts": "",
        "canceled": "orders that are canceled do not count",
        "empty": "it has no item",
        "later": "it is not from before 2018-05-01 00:00",
        "all three": "orders that are unavailable do not count; it has no item;"
        " it is not from before 2018-05-01 00:00",
    }
    bob = story_of(connection, "bob")
    assert (bob.numbers, len(bob.orders), bob.months) == (None, 1, [])
    assert words.notes(bob)[0].startswith("No order of this person counts")
    assert "orders that are canceled do not count" in printed(bob)


def test_who_has_left_is_told_by_the_last_month(connection: Connection, tmp_path: Path) -> None:
    shop = Shop()
    shop.crowd()
    shop.order("ana", "2018-01-01 10:00:00", order_id="only")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    pipeline.run(connection, shop.write(tmp_path / "a"), date(2018, 4, 1))
    orders = shop.tables["olist_orders_dataset"]
    orders[-1] = [*orders[-1][:2], "canceled", *orders[-1][3:]]
    pipeline.run(connection, shop.write(tmp_path / "b"), AS_OF, accept=("customers_lost",))
    story = story_of(connection, "ana")
    assert [(f"{each['as_of']:%Y-%m}", each["is_there"]) for each in story.months] == [
        ("2018-05", False),
        ("2018-04", True),
    ]
    gone, files, _ = words.notes(story)
    assert "not in the newest snapshot (2018-05-01) any more" in gone and "2018-04-01" in gone
    assert "counted in the snapshot: 1; that would count in the files of the last published run: 0" in files
    assert "not there" in printed(story)


# --- Rules that are others now -------------------------------------------------------------------------


def test_rules_that_have_changed_since_are_said_to_have(copy_of: Callable[..., str], few: Path) -> None:
    strategy = read_strategy()
    other = strategy.model_copy(
        update={
            "actions": [
                strategy.actions[0].model_copy(
                    update={"when": {"monetary": "> 0"}, "next_action": "100% {off} 'now'", "because": "All."}
                )
            ]
        }
    )
    with opened_copy(copy_of(pipeline.run, few)) as connection:
        person = traces.most_frequent_person(few)
        story = story_of(connection, person, other)
        (note,) = [each for each in words.notes(story) if "rules have changed" in each]
        assert story.numbers["old_action"] in note and "100% {off} 'now' (All.)" in note
        assert story.actions[-1].name == "100% {off} 'now'"
        assert not [each for each in words.notes(story_of(connection, person)) if "rules" in each]
        kept_away = strategy.model_copy(
            update={"deliver": strategy.deliver.model_copy(update={"when": {"monetary": "> 1000000"}})}
        )
        (note, _) = words.notes(story_of(connection, person, kept_away))
        assert note.startswith("May not become a contact (deliver.when of strategy.yaml): monetary is ")


# --- Who is meant --------------------------------------------------------------------------------------

HOSTILE = [
    "' or 1 = 1 --",
    '"; drop table ops.pipeline_runs; --',
    "<script>alert(1)</script>",
    "100% %s %(person)s {person} {0}",
    "\\",
    "x" * 201,
    "x" * 100_000,
    "a\0b",
    "a\nb",
    "\udcff",
    "*",
    "%",
    "_",
]


@pytest.mark.parametrize("wanted", HOSTILE, ids=range(len(HOSTILE)))
def test_nobody_is_found_by_a_hostile_id(copy_of: Callable[..., str], few: Path, wanted: str) -> None:
    with opened_copy(copy_of(pipeline.run, few)) as connection:
        with pytest.raises(OlistError, match=r"^Nobody is known by this id") as refusal:
            story_of(connection, wanted)
        assert wanted not in str(refusal.value) or len(wanted) == 1
        assert connection.execute("select count(*) from ops.pipeline_runs").fetchone() == (1,)


def test_an_id_may_hold_what_means_something_elsewhere(connection: Connection, tmp_path: Path) -> None:
    shop = Shop()
    shop.crowd()
    odd = "o'da %s {x} [bold]"
    shop.order(odd, "2018-01-01 10:00:00")
    pipeline.run(connection, shop.write(tmp_path), AS_OF)
    assert odd in printed(story_of(connection, f"  {odd}\n"))


@pytest.mark.parametrize("wanted", ["", "  \n"])
def test_no_id_is_a_mistake(connection: Connection, wanted: str) -> None:
    with pytest.raises(OlistError, match=r"^Nobody is explained without an id"):
        story_of(connection, wanted)


def test_before_anything_has_run_nobody_is_known(connection: Connection) -> None:
    with pytest.raises(OlistError, match=r"^Nobody is known by this id"):
        story_of(connection, "anybody")


# --- What HubSpot was told, and who was erased ---------------------------------------------------------


def test_what_hubspot_was_told_is_in_it(scene: Scene) -> None:
    connection, person = scene.connection, scene.person
    story = story_of(connection, person)
    logged = connection.execute(
        "select as_of, operation, outcome from ops.hubspot_deliveries where customer_unique_id = %s"
        " order by delivered_at desc",
        (person,),
    ).fetchall()
    assert [(each["as_of"], each["operation"], each["outcome"]) for each in story.deliveries] == logged
    assert len(logged) == 2
    created = words.changes(story.deliveries[-1]["changes"])
    assert f"loyalty_tier: {story.months[-1]['loyalty_tier']}" in created
    ((contact_id,),) = connection.execute(
        "select contact_id from ops.hubspot_contacts where customer_unique_id = %s", (person,)
    ).fetchall()
    assert story_of(connection, contact_id).person == person
    assert contact_id in printed(story)
    newest = story_of(connection, person, most_deliveries=1)
    assert newest.deliveries == story.deliveries[:1] and newest.more_deliveries
    assert not story_of(connection, person, most_deliveries=2).more_deliveries


def test_who_has_opted_out_and_who_is_held_out_is_said_to(scene: Scene) -> None:
    (note,) = [each for each in words.notes(story_of(scene.connection, scene.person)) if "opted out" in each]
    assert "customer_contacts.csv says so, first seen on" in note
    # The file's word of now counts, not that of the file before.
    scene.connection.execute("update personal.customer_contacts_by_file set opted_out = false")
    assert not [each for each in words.notes(story_of(scene.connection, scene.person)) if "opted" in each]
    scene.connection.execute("update personal.hubspot_opt_outs set source = 'hubspot'")
    (note,) = [each for each in words.notes(story_of(scene.connection, scene.person)) if "opted out" in each]
    assert "HubSpot says so, first seen on" in note
    scene.connection.execute("update analytics.customer_snapshots set is_held_out = true")
    assert any("Held out" in each for each in words.notes(story_of(scene.connection, scene.person)))
    assert "(held out)" in printed(story_of(scene.connection, scene.person))


def test_emails_and_names_are_told_to_whoever_asks_for_them_alone(scene: Scene) -> None:
    connection, person = scene.connection, scene.person
    told = printed(story_of(connection, person, with_personal=True))
    assert "ana.souza@example.com" in told and "Anamaria" in told
    for each in (person, "only-here"):
        for text in (printed(story_of(connection, each)), str(story_of(connection, each))):
            assert not [word for word in ("example.com", "Anamaria", "Roberto") if word in text]
    assert "bob@example.com" in printed(story_of(connection, "only-here", with_personal=True))


def test_refusals_and_differences_are_in_hubspots_words(scene: Scene) -> None:
    connection, person = scene.connection, scene.person
    ((portal_id,),) = connection.execute("select distinct portal_id from ops.hubspot_contacts").fetchall()
    connection.execute(
        "insert into ops.hubspot_failures (portal_id, customer_unique_id, category, message, payload)"
        " values (%s, %s, 'VALIDATION_ERROR', 'No [blanks] please', '{}')",
        (portal_id, person),
    )
    connection.execute(
        "insert into ops.hubspot_differences"
        " (portal_id, customer_unique_id, kind, property, ours, theirs, run_id)"
        " values (%(portal)s, %(person)s, 'edited', 'customer_state', 'SP', 'RJ', 1),"
        " (%(portal)s, %(person)s, 'edited', 'email', 'a@example.com', 'b@example.com', 1),"
        " (%(portal)s, 'somebody', 'merged', null, '1', '777', 1),"
        " (%(portal)s, 'other', 'merged', null, '2', '777', 1)",
        {"portal": portal_id, "person": person},
    )
    text = printed(story_of(connection, person))
    assert "VALIDATION_ERROR: No [blanks] please" in text
    assert "customer_state is RJ in HubSpot, and was SP" in text
    assert "b@example.com" not in text
    with pytest.raises(OlistError, match="belongs to 2 people: ask for one of them, other, somebody"):
        story_of(connection, "777")


def test_an_erased_person_was_erased_and_that_is_all(scene: Scene) -> None:
    assert scene.erase()
    with pytest.raises(OlistError, match=r"^This person was erased on \d{4}-\d\d-\d\d\.") as told:
        story_of(scene.connection, scene.person)
    assert not [each for each in scene.ids if each in str(told.value)]
    # Whatever comes back, from a backup say, is told to nobody.
    scene.connection.execute(
        "insert into ops.hubspot_failures (portal_id, customer_unique_id, message, payload)"
        " values (1, %s, 'x', '{}')",
        (scene.person,),
    )
    with pytest.raises(OlistError, match=r"^This person was erased"):
        story_of(scene.connection, scene.person)


def test_it_changes_nothing(scene: Scene) -> None:
    before = traces.dump(scene.uri)
    story_of(scene.connection, scene.person, with_personal=True)
    with one_state(scene.connection, 5) as cursor, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        cursor.execute("delete from ops.hubspot_failures")
    assert traces.dump(scene.uri).splitlines()[10:-3] == before.splitlines()[10:-3]


def test_numbers_are_said_as_rules_compare_them() -> None:
    from olist.explain.rules import shown

    assert shown("monetary", Decimal("100")) == "100.00"
    assert shown("monetary", Decimal("99.999")) == "99.999"
    assert shown("avg_review_score", Decimal("5")) == "5"
    assert shown("avg_review_score", Decimal("4.50")) == "4.5"
    assert shown("avg_review_score", Decimal(7) / 3) == "2.3333"
    assert shown("avg_review_score", None) is None
    assert words.day(datetime(2018, 1, 2)) == "2018-01-02"
