"""The invented files: their form, their oddities, and that the same seed makes the same bytes."""

import csv
import re
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from olist.local.demo_data import generate, main

Rows = list[dict[str, str]]

ORDERS = 2000
HEADERS = {
    "olist_customers_dataset.csv": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,"
    "customer_state",
    "olist_geolocation_dataset.csv": "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,"
    "geolocation_city,geolocation_state",
    "olist_order_items_dataset.csv": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,"
    "freight_value",
    "olist_order_payments_dataset.csv": "order_id,payment_sequential,payment_type,payment_installments,"
    "payment_value",
    "olist_order_reviews_dataset.csv": "review_id,order_id,review_score,review_comment_title,"
    "review_comment_message,review_creation_date,review_answer_timestamp",
    "olist_orders_dataset.csv": "order_id,customer_id,order_status,order_purchase_timestamp,"
    "order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    "olist_products_dataset.csv": "product_id,product_category_name,product_name_lenght,"
    "product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,"
    "product_width_cm",
    "olist_sellers_dataset.csv": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "product_category_name_translation.csv": "product_category_name,product_category_name_english",
}
TECH = {
    "computers",
    "computers_accessories",
    "electronics",
    "telephony",
    "fixed_telephony",
    "tablets_printing_image",
    "consoles_games",
    "audio",
    "dvds_blu_ray",
    "cine_photo",
}


class Files:
    """The files of one run, read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows_written = generate(folder, ORDERS)
        for name in HEADERS:
            short = name.removeprefix("olist_").removesuffix(".csv").removesuffix("_dataset")
            setattr(self, short, self.read(name))

    def read(self, name: str) -> Rows:
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("demo") / "data")


def column(rows: Rows, name: str) -> list[str]:
    return [row[name] for row in rows]


def money(rows: Rows, *names: str) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row["order_id"]] += sum(Decimal(row[name]) for name in names)
    return totals


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- The run -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2018])
def test_the_same_seed_makes_the_same_bytes(tmp_path: Path, seed: int) -> None:
    generate(tmp_path / "a", 1000, seed)
    generate(tmp_path / "b", 1000, seed)
    generate(tmp_path / "c", 1000, seed + 1)
    first, again, other = (contents(tmp_path / name) for name in "abc")
    assert first == again
    same = {name for name in first if first[name] == other[name]}
    assert same == {"product_category_name_translation.csv"}


def test_says_what_it_wrote_and_when_it_begins_a_table(files: Files, tmp_path: Path) -> None:
    assert set(files.rows_written) == set(HEADERS) == {path.name for path in files.folder.iterdir()}
    for name, count in files.rows_written.items():
        assert count == len(files.read(name)), name
    begun: list[str] = []
    generate(tmp_path / "data", 10, progress=begun.append)
    assert sorted(begun) == sorted(
        name.removeprefix("olist_").removesuffix(".csv").removesuffix("_dataset") for name in HEADERS
    )


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(table: str) -> None:
        if table == "order_payments":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "data", 100, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_never_touches_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "olist_orders_dataset.csv").write_text("the real one")
    with pytest.raises(FileExistsError, match="is not empty"):
        generate(tmp_path, 10)
    assert (tmp_path / "olist_orders_dataset.csv").read_text() == "the real one"


@pytest.mark.parametrize("orders", [1, 2, 10])
def test_few_orders_fill_an_empty_folder(tmp_path: Path, orders: int) -> None:
    assert generate(tmp_path / "new" / "data", orders)["olist_orders_dataset.csv"] == orders
    (tmp_path / "empty").mkdir()
    generate(tmp_path / "empty", orders)
    assert len(contents(tmp_path / "empty")) == 9


def test_no_orders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one order"):
        generate(tmp_path / "data", 0)


def test_the_command_prints_a_line_for_each_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path / "data"), "--orders", "1200", "--seed", "3"])
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(HEADERS)
    assert any(line.split() == ["olist_orders_dataset.csv", "1,200", "rows"] for line in lines)
    with pytest.raises(SystemExit):
        main([str(tmp_path / "data")])
    assert "is not empty" in capsys.readouterr().err


# --- The form of the files -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_headers_quotes_and_line_ends_are_the_originals(files: Files, name: str) -> None:
    text = files.text(name)
    if name == "product_category_name_translation.csv":
        assert text.startswith("\ufeff" + HEADERS[name] + "\r\n")
        assert text.count("\n") == text.count("\r\n") == 71
        assert not text.endswith("\n")
        assert '"' not in text
    else:
        header, first = text.split("\n")[:2]
        assert header == ",".join(f'"{part}"' for part in HEADERS[name].split(","))
        assert text.endswith("\n")
        assert re.match(r'"\d{5}",' if "geolocation" in name else r'"[0-9a-f]{32}",', first)
        if "reviews" not in name:
            assert "\r" not in text


def test_ids_times_and_money_are_written_as_in_the_originals(files: Files) -> None:
    for rows in (files.customers, files.orders, files.order_items, files.order_reviews, files.products):
        for name in (name for name in rows[0] if name.endswith("_id") and name != "order_item_id"):
            assert all(re.fullmatch("[0-9a-f]{32}", value) for value in column(rows, name)), name
    for name in list(files.orders[0])[3:]:
        assert all(
            re.fullmatch(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)?", value) for value in column(files.orders, name)
        )
    for rows, name in (
        (files.order_items, "price"),
        (files.order_items, "freight_value"),
        (files.order_payments, "payment_value"),
    ):
        assert all(re.fullmatch(r"\d+\.\d\d", value) for value in column(rows, name)), name


# --- References ----------------------------------------------------------------------------------------


def test_keys_are_unique(files: Files) -> None:
    for rows, *key in (
        (files.customers, "customer_id"),
        (files.orders, "order_id"),
        (files.orders, "customer_id"),
        (files.products, "product_id"),
        (files.sellers, "seller_id"),
        (files.order_items, "order_id", "order_item_id"),
        (files.order_payments, "order_id", "payment_sequential"),
        (files.order_reviews, "review_id", "order_id"),
        (files.product_category_name_translation, "product_category_name"),
    ):
        assert len({tuple(row[name] for name in key) for row in rows}) == len(rows), key


def test_nothing_dangles(files: Files) -> None:
    orders = set(column(files.orders, "order_id"))
    assert set(column(files.orders, "customer_id")) == set(column(files.customers, "customer_id"))
    assert set(column(files.order_items, "product_id")) <= set(column(files.products, "product_id"))
    assert set(column(files.order_items, "seller_id")) <= set(column(files.sellers, "seller_id"))
    for rows in (files.order_items, files.order_payments, files.order_reviews):
        assert set(column(rows, "order_id")) <= orders


# --- People and places ---------------------------------------------------------------------------------


def test_most_people_buy_once_and_a_few_often(files: Files) -> None:
    orders_of = Counter(column(files.customers, "customer_unique_id")).values()
    assert 0.955 <= sum(count == 1 for count in orders_of) / len(orders_of) <= 0.98
    assert max(orders_of) == 15


def test_zip_prefixes_are_text_with_leading_zeros(files: Files) -> None:
    prefixes = column(files.customers, "customer_zip_code_prefix")
    of_sellers = column(files.sellers, "seller_zip_code_prefix")
    assert all(re.fullmatch(r"\d{5}", prefix) for prefix in prefixes + of_sellers)
    assert 0.2 <= sum(prefix.startswith("0") for prefix in prefixes) / len(prefixes) <= 0.3


def test_some_customers_have_no_coordinates(files: Files) -> None:
    known = set(column(files.geolocation, "geolocation_zip_code_prefix"))
    without = [row for row in files.customers if row["customer_zip_code_prefix"] not in known]
    assert 0 < len(without) / len(files.customers) < 0.03
    assert len(files.geolocation) == 3 * ORDERS
    assert 8 <= len(files.geolocation) / len(known) <= 12


def test_few_points_lie_outside_brazil(files: Files) -> None:
    inside = [
        -34 < float(row["geolocation_lat"]) < 5.3 and -74 < float(row["geolocation_lng"]) < -34.7
        for row in files.geolocation
    ]
    assert 0 < inside.count(False) / len(inside) < 0.01


def test_cities_are_lower_case_and_accented_only_in_geolocation(files: Files) -> None:
    cities = set(column(files.customers, "customer_city")) | set(column(files.sellers, "seller_city"))
    assert all(city == city.lower() and city.isascii() for city in cities)
    assert {"sao paulo", "são paulo"} <= set(column(files.geolocation, "geolocation_city"))


def test_states_have_their_real_weights(files: Files) -> None:
    states = Counter(column(files.customers, "customer_state"))
    assert 0.38 <= states["SP"] / ORDERS <= 0.46
    assert states.most_common(3)[0][0] == "SP"
    assert len(set(column(files.geolocation, "geolocation_state"))) == 27


# --- Orders and items ----------------------------------------------------------------------------------


def test_purchases_grow_from_2016_09_to_2018_08_with_a_black_friday(files: Files) -> None:
    days = Counter(value[:10] for value in column(files.orders, "order_purchase_timestamp"))
    assert (min(days)[:7], max(days)[:7]) == ("2016-09", "2018-08")
    assert days.most_common(1)[0][0] == "2017-11-24"
    years = Counter(day[:4] for day in days.elements())
    assert years["2016"] < years["2017"] / 10
    first_halves = [
        sum(days[day] for day in days if f"{year}-01" <= day < f"{year}-07") for year in (2017, 2018)
    ]
    assert first_halves[0] * 2 < first_halves[1]


def test_statuses_have_their_real_shares_and_times(files: Files) -> None:
    statuses = Counter(column(files.orders, "order_status"))
    assert 0.96 <= statuses["delivered"] / ORDERS <= 0.98
    others = {"shipped", "canceled", "unavailable", "invoiced", "processing", "created", "approved"}
    assert set(statuses) == others | {"delivered"}
    for row in files.orders:
        times = [row[name] for name in list(row)[3:7]]
        given = [time for time in times if time]
        assert given == sorted(given) == times[: len(given)]
        assert row["order_estimated_delivery_date"] > row["order_purchase_timestamp"]
        if row["order_status"] != "delivered":
            assert not row["order_delivered_customer_date"]
    undated = [row for row in files.orders if not row["order_delivered_customer_date"]]
    assert any(row["order_status"] == "delivered" for row in undated)


def test_unavailable_and_canceled_orders_often_have_no_items(files: Files) -> None:
    with_items = set(column(files.order_items, "order_id"))
    without = Counter(row["order_status"] for row in files.orders if row["order_id"] not in with_items)
    statuses = Counter(column(files.orders, "order_status"))
    assert without["unavailable"] >= 0.8 * statuses["unavailable"]
    assert 0 < without["canceled"] < statuses["canceled"]
    assert without["delivered"] == 0


def test_orders_have_1_to_21_items_numbered_from_1(files: Files) -> None:
    numbers = defaultdict(list)
    for row in files.order_items:
        numbers[row["order_id"]].append(int(row["order_item_id"]))
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())
    sizes = Counter(map(len, numbers.values()))
    assert max(sizes) == 21
    assert 0.87 <= sizes[1] / len(numbers) <= 0.93


def test_people_spend_as_much_as_in_the_originals(files: Files) -> None:
    delivered = {row["customer_id"] for row in files.orders if row["order_status"] == "delivered"}
    person_of_customer = {row["customer_id"]: row["customer_unique_id"] for row in files.customers}
    person_of_order = {
        row["order_id"]: person_of_customer[row["customer_id"]]
        for row in files.orders
        if row["customer_id"] in delivered
    }
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for order_id, total in money(files.order_items, "price", "freight_value").items():
        if order_id in person_of_order:
            spent[person_of_order[order_id]] += total
    amounts = sorted(spent.values())
    quintiles = [float(amounts[len(amounts) * part // 5]) for part in (1, 2, 3, 4)]
    assert quintiles == pytest.approx([55, 87, 133, 209], rel=0.2)


# --- Payments ------------------------------------------------------------------------------------------


def test_nearly_all_payments_add_up_to_the_items(files: Files) -> None:
    costs = money(files.order_items, "price", "freight_value")
    paid = money(files.order_payments, "payment_value")
    equal = sum(paid.get(order_id) == cost for order_id, cost in costs.items())
    assert 0.99 <= equal / len(costs) < 1
    assert len(set(column(files.orders, "order_id")) - set(paid)) == 1


def test_payments_have_parts_that_need_not_begin_at_1(files: Files) -> None:
    parts = defaultdict(list)
    for row in files.order_payments:
        parts[row["order_id"]].append(row)
    assert any(rows[0]["payment_sequential"] == "2" for rows in parts.values())
    several = [rows for rows in parts.values() if len(rows) > 1]
    assert 0.02 <= len(several) / len(parts) <= 0.04
    assert all(row["payment_type"] == "voucher" for rows in several for row in rows[1:])


def test_payments_of_nothing_and_of_no_type_and_in_no_instalments(files: Files) -> None:
    undefined = [row for row in files.order_payments if row["payment_type"] == "not_defined"]
    assert [row["payment_value"] for row in undefined] == ["0.00"] * 3
    assert any(
        row["payment_value"] == "0.00" and row["payment_type"] == "voucher" for row in files.order_payments
    )
    assert Counter(column(files.order_payments, "payment_installments"))["0"] == 2
    types = Counter(column(files.order_payments, "payment_type"))
    assert types.most_common(2)[0][0] == "credit_card"
    assert set(types) == {"credit_card", "boleto", "voucher", "debit_card", "not_defined"}


# --- Reviews -------------------------------------------------------------------------------------------


def test_nearly_every_order_has_a_review_and_some_two_or_three(files: Files) -> None:
    reviews_of = Counter(column(files.order_reviews, "order_id"))
    assert 0.98 <= len(reviews_of) / ORDERS < 1
    assert 0.004 <= sum(count > 1 for count in reviews_of.values()) / ORDERS <= 0.02
    assert max(reviews_of.values()) <= 3


def test_a_few_reviews_belong_to_two_orders(files: Files) -> None:
    orders_of = defaultdict(list)
    for row in files.order_reviews:
        orders_of[row["review_id"]].append(row)
    shared = [rows for rows in orders_of.values() if len(rows) > 1]
    assert 0 < len(shared) / len(orders_of) < 0.03
    for first, *others in shared:
        assert all(row | {"order_id": ""} == first | {"order_id": ""} for row in others)


def test_scores_are_like_the_originals_and_worse_when_late(files: Files) -> None:
    scores = Counter(column(files.order_reviews, "review_score"))
    assert set(scores) == set("12345")
    assert scores["5"] / len(files.order_reviews) == pytest.approx(0.57, abs=0.04)
    assert scores["1"] / len(files.order_reviews) == pytest.approx(0.11, abs=0.03)
    late = {
        row["order_id"]: row["order_delivered_customer_date"] > row["order_estimated_delivery_date"]
        for row in files.orders
    }
    found: dict[bool, list[int]] = {True: [], False: []}
    for row in files.order_reviews:
        found[late[row["order_id"]]].append(int(row["review_score"]))
    assert sum(found[True]) / len(found[True]) + 1 < sum(found[False]) / len(found[False])


def test_comments_have_commas_quotes_and_line_breaks(files: Files) -> None:
    messages = column(files.order_reviews, "review_comment_message")
    assert 0.3 <= sum(map(bool, messages)) / len(messages) <= 0.5
    for part in (",", '"', "\n", "\r\n", "não", "ç"):
        assert any(part in message for message in messages), part
    assert '""' in files.text("olist_order_reviews_dataset.csv")
    assert any(column(files.order_reviews, "review_comment_title"))
    for row in files.order_reviews:
        assert row["review_creation_date"] <= row["review_answer_timestamp"]


# --- Products ------------------------------------------------------------------------------------------


def test_a_few_products_have_no_category_and_no_description(files: Files) -> None:
    without = [row for row in files.products if not row["product_category_name"]]
    assert 0 < len(without) / len(files.products) < 0.05
    assert all(not row["product_name_lenght"] and not row["product_photos_qty"] for row in without)
    assert sum(not row["product_weight_g"] for row in files.products) == 2


def test_two_categories_that_are_bought_have_no_translation(files: Files) -> None:
    translated = set(column(files.product_category_name_translation, "product_category_name"))
    category = {row["product_id"]: row["product_category_name"] for row in files.products}
    bought = {category[row["product_id"]] for row in files.order_items}
    assert bought - translated - {""} == {"pc_gamer", "portateis_cozinha_e_preparadores_de_alimentos"}


def test_all_the_tech_categories_can_be_translated(files: Files) -> None:
    translation = files.product_category_name_translation
    assert len(translation) == 71
    assert set(column(translation, "product_category_name_english")) >= TECH
    assert {"beleza_saude", "informatica_acessorios"} <= set(column(translation, "product_category_name"))
