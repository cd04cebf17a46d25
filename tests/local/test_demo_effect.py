"""Demo data with a planted effect: what is planted, and what stays as it is."""

import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from support import lift
from support.places import PROJECT
from support.reference import PERSON, qualifying_orders, read_items, read_table
from support.strategies import NO_HOLDOUT
from support.user import User

from olist.exceptions import OlistError
from olist.local import demo_data, environment
from olist.local.demo_effect import Effect, is_held_out
from olist.strategy.reading import STRATEGY_FILE

BEGIN = datetime(2018, 1, 1)


def lift_from(data_dir: Path, share: float, salt: str, *months: datetime) -> dict:
    """What is found where everybody who has bought before a month is in its snapshot, with one action."""
    orders = qualifying_orders(data_dir, read_items(data_dir))
    first = orders.groupby(PERSON)["purchased_at"].min()
    snapshots = [(month, person, "action") for month in months for person in first[first < month].index]
    return lift.action_lift(data_dir, snapshots, salt, share, months[0])[None]


def test_the_files_of_before_are_the_beginning_of_the_new_ones(tmp_path: Path) -> None:
    plain = demo_data.generate(tmp_path / "plain", 1_500)
    planted = demo_data.generate(tmp_path / "planted", 1_500, effect=Effect(0.1, 0.3, "a"))
    demo_data.generate(tmp_path / "again", 1_500, effect=Effect(0.1, 0.3, "a"))
    for name in plain:
        content = (tmp_path / "planted" / name).read_bytes()
        assert content.startswith((tmp_path / "plain" / name).read_bytes())
        assert content == (tmp_path / "again" / name).read_bytes()
    more = {name.split("_")[1] for name in plain if planted[name] > plain[name]}
    assert more == {"customers", "orders", "order"}


def test_additional_orders_are_whole(tmp_path: Path) -> None:
    plain = demo_data.generate(tmp_path / "plain", 1_500)["olist_orders_dataset.csv"]
    planted = tmp_path / "planted"
    demo_data.generate(planted, 1_500, effect=Effect(0.2, 0.3, "a"))
    columns = [
        "order_id",
        "customer_id",
        "order_status",
        "order_purchase_timestamp",
        "order_delivered_customer_date",
    ]
    orders = read_table(planted, "olist_orders_dataset", columns)
    customers = read_table(planted, "olist_customers_dataset", ["customer_id", PERSON])
    assert orders["order_id"].is_unique and orders["customer_id"].is_unique
    new = orders[plain:].merge(customers, validate="one_to_one")
    assert len(new) > 100 and not set(new["order_status"]) & {"canceled", "unavailable"}
    assert new["order_purchase_timestamp"].between("2018-01-01", "2018-08-30").all()
    assert not any(is_held_out("a", 0.3, person) for person in new[PERSON])
    first = orders[:plain].merge(customers).groupby(PERSON)["order_purchase_timestamp"].min()
    bought = new.groupby(PERSON)["order_purchase_timestamp"].min()
    assert (bought.str[:7] > first[bought.index].str[:7]).all()
    for table in ("order_items", "order_payments"):
        ids = read_table(planted, f"olist_{table}_dataset", ["order_id"])["order_id"]
        assert set(new["order_id"]) <= set(ids)
    reviews = read_table(planted, "olist_order_reviews_dataset", ["order_id", "review_creation_date"])
    reviews = reviews[reviews["order_id"].isin(new["order_id"])]
    assert len(reviews) > 0.9 * len(new) and reviews["review_creation_date"].str.endswith(" 00:00:00").all()


@pytest.mark.parametrize("effect", [0.03, 0.08, 0.2])
def test_the_planted_effect_is_there(tmp_path: Path, effect: float) -> None:
    folder = tmp_path / "files"
    demo_data.generate(folder, 8_000, effect=Effect(effect, 0.4, "spring"))
    months = (BEGIN, datetime(2018, 2, 1), datetime(2018, 3, 1))
    found = lift_from(folder, 0.4, "spring", *months)
    assert found["lift_low"] < effect < found["lift_high"]
    assert found["verdict"] == "worked"
    # Other groups, among whom it is spread evenly, show nothing.
    other = lift_from(folder, 0.4, "winter", *months)
    assert other["lift_low"] < 0 < other["lift_high"]
    # Whoever looks later finds it as well.
    later = lift_from(folder, 0.4, "spring", datetime(2018, 5, 1))
    assert later["lift_low"] < effect < later["lift_high"]


def test_the_rule_is_that_of_the_warehouse() -> None:
    people = [f"{number:032x}" for number in range(300)]
    assert [is_held_out("ö", 0.3, each) for each in people] == [
        lift.is_held_out("ö", 0.3, each) for each in people
    ]


@pytest.mark.parametrize("given", ["-0.1", "0.9", "five", "nan"])
def test_an_effect_is_a_share(given: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OLIST_DEMO_EFFECT", given)
    with pytest.raises(OlistError, match="OLIST_DEMO_EFFECT must be a number from 0"):
        environment._demo_data(tmp_path, print)


def test_an_effect_needs_somebody_who_is_held_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OLIST_DEMO_EFFECT", "0.05")
    with pytest.raises(OlistError, match="nobody is held out to see it by"):
        environment._demo_data(tmp_path, print)


def test_each_effect_has_files_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "DEMO_ORDERS", 300)
    text = STRATEGY_FILE.read_text(encoding="utf-8")
    folders = []
    for salt, effect in (("a", ""), ("a", "0"), ("a", "0.1"), ("b", "0.1"), ("b", "0.2")):
        strategy = tmp_path / "strategy.yaml"
        strategy.write_text(text.replace("{share: 0}", f"{{share: 0.2, salt: {salt}}}"), encoding="utf-8")
        monkeypatch.setenv("OLIST_STRATEGY", str(strategy))
        monkeypatch.setenv("OLIST_DEMO_EFFECT", effect)
        folders.append(environment._demo_data(tmp_path, lambda _: None))
    assert folders[0] == folders[1] == tmp_path / "olist-demo"
    assert len(set(folders)) == 4 and all(each.is_dir() for each in folders)


@pytest.mark.airflow
def test_the_walk_through_of_the_docs(tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "experiments.md").read_text(encoding="utf-8")
    line = re.search(r"`(holdout: \{share: 0.2\})` in\n`strategy.yaml`:", page)[1]
    commands = re.search(r"```bash\n(export OLIST_DEMO_EFFECT.*?)```", page, re.DOTALL)[1].splitlines()
    strategy = tmp_path / "strategy.yaml"
    strategy.write_text(STRATEGY_FILE.read_text(encoding="utf-8").replace(NO_HOLDOUT, line), encoding="utf-8")
    settings = {"OLIST_STRATEGY": str(strategy), "COLUMNS": "240"}
    user = User(tmp_path / "home", "", tmp_path / "outputs")
    try:
        for command in commands:
            *given, last = command.removeprefix("export ").split(" make ")
            if not given and not last.startswith("make "):
                settings |= dict([last.split("=")])
                continue
            more = dict(each.split("=") for each in given)
            done = user.types(last.removeprefix("make "), **settings, **more)
            assert done.returncode == 0, done.stdout + done.stderr
    finally:
        user.leaves()
        shutil.rmtree(tmp_path / "home", ignore_errors=True)
    (all_actions,) = re.findall(r"all actions together.*", done.stdout)
    low, high = map(float, re.search(r"worked: .* \(([\d.]+) to ([\d.]+)\)", all_actions).groups())
    assert low < 5 < high
