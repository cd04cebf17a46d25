"""The files of a run: a rerun keeps the list of its month, numbers are short, a closed folder is said."""

import csv
import shutil
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.stages.write_outputs import write_outputs


def month(connection: Connection, data_dir: Path, outputs: Path, url: str | None, **more: object) -> Path:
    """A whole run. Returns the folder of its files."""
    mode = more.pop("mode", "upsert")
    run_id = pipeline.run(connection, data_dir, **more)
    pipeline.deliver(connection, run_id, url, mode)
    return Path(write_outputs(connection, run_id, outputs)["folder"])


def campaign(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "campaign_list.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    people = {row["olist_customer_id"]: row for row in rows}
    assert list(people) == sorted(people) and len(people) == len(rows)
    return people


@pytest.mark.slow
def test_a_rerun_that_sends_nothing_leaves_the_list_of_the_month(
    connection: Connection, few: Path, tmp_path: Path, sandbox: str
) -> None:
    first = campaign(month(connection, few, tmp_path, sandbox))
    assert len(first) > 500 and {row["outcome"] for row in first.values()} == {"accepted"}
    # More runs than keep their working tables, of all kinds.
    for more in ({}, {"mode": "dry_run"}, {"mode": "skip"}, {}, {}, {}):
        assert campaign(month(connection, few, tmp_path, sandbox, **more)) == first


@pytest.mark.slow
def test_the_list_of_a_month_has_what_each_of_its_deliveries_told(
    connection: Connection, few: Path, tmp_path: Path, sandbox: str
) -> None:
    outputs, data_dir = tmp_path / "outputs", Path(shutil.copytree(few, tmp_path / "files"))
    faults = {"rejected_people_share": 0.02, "seed": 3}
    httpx.put(f"{sandbox}/sandbox/faults", json=faults).raise_for_status()
    first = campaign(month(connection, data_dir, outputs, sandbox))
    refused = {each for each, row in first.items() if row["outcome"] == "rejected"}
    assert 0 < len(refused) < 50
    httpx.put(f"{sandbox}/sandbox/faults", json={}).raise_for_status()
    path = data_dir / "olist_order_items_dataset.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *(f"{row.rpartition(',')[0]},0.01" for row in rows[:40]), *rows[40:]]))
    second = campaign(month(connection, data_dir, outputs, sandbox))
    assert second.keys() == first.keys()
    changed = {each for each, row in second.items() if row != first[each]}
    assert refused < changed and len(changed) < len(first) / 2
    assert {row["outcome"] for row in second.values()} == {"accepted"}
    assert {second[each]["operation"] for each in changed - refused} == {"update"}

    # Another month has a list of its own, and a rerun of the older one, which sends nothing, keeps its list.
    as_of = connection.execute("select max(as_of)::date from ops.pipeline_runs").fetchone()[0]
    later = campaign(month(connection, data_dir, outputs, sandbox, as_of=as_of + timedelta(days=60)))
    assert 0 < len(later) < len(first)
    older = month(connection, data_dir, outputs, sandbox)
    assert older.name == f"{as_of}" and campaign(older) == second


def test_a_dry_run_names_whom_it_would_tell(connection: Connection, few: Path, tmp_path: Path) -> None:
    run = {"as_of": date(2018, 6, 1), "mode": "dry_run"}
    first = campaign(month(connection, few, tmp_path, None, **run))
    assert {(row["operation"], row["outcome"]) for row in first.values()} == {("create", "not sent")}
    assert campaign(month(connection, few, tmp_path, None, **run)) == first


@pytest.mark.slow
def test_plans_go_with_the_snapshot_of_their_month(
    connection: Connection, few: Path, tmp_path: Path, sandbox: str
) -> None:
    for as_of in (date(2018, 3, 1), date(2018, 6, 1)):
        month(connection, few, tmp_path, sandbox, as_of=as_of)
        for _ in range(3):
            month(connection, few, tmp_path, sandbox, as_of=as_of)
    plans = "select count(*) from pg_class where relname ~ '^hubspot_plan_drafts_[0-9]+$'"
    connection.execute("call ops.drop_what_old_runs_left()")
    assert connection.execute(plans).fetchone() == (2 + 3,), "two that told, and three that ended last"
    connection.execute("delete from analytics.customer_snapshots where as_of = '2018-03-01'")
    connection.execute("call ops.drop_what_old_runs_left()")
    assert connection.execute(plans).fetchone() == (1 + 3,)


def test_numbers_have_no_needless_zeros_and_the_files_no_mark(
    connection: Connection, few: Path, tmp_path: Path
) -> None:
    folder = month(connection, few, tmp_path, None)
    scores = connection.execute(
        "select customer_unique_id, avg_review_score from analytics.customer_segments"
        " inner join analytics.vw_customer_rfm using (customer_unique_id)"
    )
    wanted = dict(scores.fetchall())
    for name in ("final_customer_segments", "bi_view_customer_segments"):
        content = (folder / f"{name}.csv").read_bytes()
        assert not content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(content.decode().splitlines()))
        shown = {row["customer_unique_id"]: row["avg_review_score"] for row in rows}
        assert {"4.5", "5", "1"} < set(shown.values())
        assert not any(score.endswith("0") for score in shown.values())
        for each, score in shown.items():
            assert (None if score == "" else float(score)) == (wanted[each] and float(wanted[each]))


@pytest.mark.parametrize("where", ["folder", "file"])
def test_outputs_that_cannot_be_written_are_one_sentence(
    connection: Connection, few: Path, tmp_path: Path, where: str
) -> None:
    folder = month(connection, few, tmp_path, None)
    run_id = connection.execute("select max(run_id) from ops.pipeline_runs").fetchone()[0]
    wrong = folder if where == "folder" else folder / "campaign_list.csv"
    shutil.rmtree(folder) if where == "folder" else wrong.unlink()
    wrong.touch() if where == "folder" else wrong.mkdir()
    with pytest.raises(OlistError, match=f"{wrong} cannot be written: (File exists|Is a directory)"):
        write_outputs(connection, run_id, tmp_path)
