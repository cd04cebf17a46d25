"""keep_months: old snapshots go, whole and by partition, without anybody having to wait for it."""

import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.stages import write_outputs
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.strategy.sql import functions

MONTHS = [date(2017, 9, 1), date(2017, 12, 1), date(2018, 3, 1), date(2018, 6, 1)]


def four_runs(connection: Connection, data_dir: Path) -> None:
    for month in MONTHS:
        run_id = pipeline.run(connection, data_dir, month)
        pipeline.finish(connection, run_id)


@pytest.fixture
def warehouse(copy_of: Callable[..., str], demo: Path) -> str:
    """A warehouse with four snapshots, three months apart, whose runs have ended."""
    return copy_of(four_runs, demo)


@pytest.fixture
def history(connection: Connection) -> Connection:
    return connection


def kept(connection: Connection) -> list[date]:
    found = connection.execute("select as_of from ops.snapshot_dates order by as_of").fetchall()
    return [as_of.date() for (as_of,) in found]


def partitions(connection: Connection) -> int:
    (count,) = connection.execute(
        "select count(*) from pg_inherits where inhparent = 'analytics.customer_snapshots'::regclass"
    ).fetchone()
    return count


@pytest.mark.parametrize(("months", "expected"), [(None, 4), (9, 4), (8, 3), (3, 2), (1, 1)])
def test_age_is_measured_from_the_newest_snapshot(
    history: Connection, months: int | None, expected: int
) -> None:
    newest = pipeline.snapshot(history)
    runs = history.execute("select * from ops.pipeline_runs order by run_id").fetchall()
    assert history.execute("call ops.drop_old_snapshots(%s)", (months,)).fetchone() == (4 - expected,)
    assert kept(history) == MONTHS[4 - expected :]
    assert partitions(history) == expected
    assert pipeline.snapshot(history) == newest
    assert history.execute("select * from ops.pipeline_runs order by run_id").fetchall() == runs
    assert history.execute("select count(distinct as_of) from analytics.vw_score_ties").fetchone() == (
        expected,
    )


def test_keeping_nothing_is_refused(history: Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="at least 1 month"):
        history.execute("call ops.drop_old_snapshots(0)")
    assert kept(history) == MONTHS


def test_a_dropped_month_can_be_made_again(history: Connection, demo: Path) -> None:
    before = pipeline.snapshot(history, datetime(2017, 9, 1))
    history.execute("call ops.drop_old_snapshots(3)")
    pipeline.run(history, demo, MONTHS[0])
    assert pipeline.snapshot(history, datetime(2017, 9, 1)) == before


def test_a_snapshot_being_read_is_left_to_the_next_run(history: Connection, warehouse: str) -> None:
    with psycopg.connect(warehouse) as reader, psycopg.connect(warehouse, autocommit=True) as another:
        reader.execute("select count(*) from analytics.customer_snapshots")
        began = time.monotonic()
        assert history.execute("call ops.drop_old_snapshots(3)").fetchone() == (0,)
        assert another.execute("select count(*) > 0 from analytics.vw_customer_rfm").fetchone() == (True,)
        assert time.monotonic() - began < 5
        assert kept(history) == MONTHS
        reader.rollback()
    assert history.execute("call ops.drop_old_snapshots(3)").fetchone() == (2,)


def test_a_run_under_way_keeps_its_snapshot_until_it_has_ended(history: Connection, demo: Path) -> None:
    run_id = pipeline.run(history, demo, MONTHS[0])
    assert history.execute("call ops.drop_old_snapshots(3)").fetchone() == (1,)
    assert kept(history) == [MONTHS[0], *MONTHS[2:]]
    pipeline.finish(history, run_id)
    history.execute("call ops.drop_old_snapshots(3)")
    assert kept(history) == MONTHS[2:]


def strategy_with(tmp_path: Path, keep_months: str) -> Path:
    path = tmp_path / "strategy.yaml"
    path.write_text(STRATEGY_FILE.read_text().replace("\nkeep_months:\n", f"\nkeep_months: {keep_months}\n"))
    return path


def test_the_setting_is_what_a_run_applies(history: Connection, tmp_path: Path) -> None:
    assert read_strategy().keep_months is None
    history.execute("call ops.drop_old_snapshots()")
    assert kept(history) == MONTHS
    history.execute(functions(read_strategy(strategy_with(tmp_path, "6"))))
    history.execute("call ops.drop_old_snapshots()")
    assert kept(history) == MONTHS[1:]


@pytest.mark.parametrize("value", ["0", "-3", "yes", "1.5", "'12'"])
def test_a_wrong_setting_is_named_with_its_line(tmp_path: Path, value: str) -> None:
    with pytest.raises(OlistError, match=r"strategy.yaml line \d+: keep_months"):
        read_strategy(strategy_with(tmp_path, value))


def test_the_end_of_a_run_applies_it(history: Connection, demo: Path, tmp_path: Path) -> None:
    history.execute(functions(read_strategy(strategy_with(tmp_path, "6"))))
    run_id = history.execute("select max(run_id) from ops.pipeline_runs").fetchone()[0]
    written = write_outputs.write_outputs(history, run_id, tmp_path)
    assert written["snapshots_dropped"] == 1
    assert kept(history) == MONTHS[1:]


def test_rejects_and_campaign_lists_go_after_their_months(
    connection: Connection, data_dir: Path, sandbox: str, tmp_path: Path
) -> None:
    """Months are counted from the newest snapshot. Without the settings, nothing goes."""
    outputs = tmp_path / "outputs"

    def month(as_of: date, *, broken: int) -> None:
        with (data_dir / "olist_orders_dataset.csv").open("a") as file:
            file.write(f"broken-{broken},somebody,delivered,never,,,,\n")
        run_id = pipeline.run(connection, data_dir, as_of)
        pipeline.deliver(connection, run_id, sandbox)
        write_outputs.write_outputs(connection, run_id, outputs)

    def left() -> tuple[int, list[str], int]:
        rejects = connection.execute("select count(*) from ops.file_rejects").fetchone()[0]
        plans = connection.execute("select count(distinct run_id) from ops.hubspot_plan_drafts").fetchone()[0]
        return rejects, sorted(path.parent.name for path in outputs.glob("*/campaign_list.csv")), plans

    for number, as_of in enumerate(MONTHS):
        month(as_of, broken=number)
    assert left() == (1 + 2 + 3 + 4, [f"{as_of}" for as_of in MONTHS], 4)
    text = STRATEGY_FILE.read_text()
    for name in ("keep_rejects_months", "keep_campaign_lists_months"):
        assert getattr(read_strategy(), name) is None
        text = text.replace(f"\n{name}:\n", f"\n{name}: 4\n")
    path = tmp_path / "strategy.yaml"
    path.write_text(text)
    connection.execute(functions(read_strategy(path)))
    (outputs / "mine").mkdir()
    (outputs / "mine" / "campaign_list.csv").touch()
    write_outputs.write_outputs(connection, pipeline.last_run(connection), outputs)
    rejects, lists, plans = left()
    assert (rejects, lists) == (3 + 4, [f"{as_of}" for as_of in MONTHS[2:]] + ["mine"])
    # What the last three runs work with stays until they are old.
    assert plans == 3
    counted = connection.execute("select sum(rows_rejected) from ops.source_files").fetchone()
    assert counted == (10,), "what was counted stays"
