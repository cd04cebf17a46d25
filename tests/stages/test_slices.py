"""Working tables in slices, filled side by side: the result is the same however many there are."""

import threading
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection
from support import pipeline

from olist.exceptions import OlistError
from olist.stages import build_features
from olist.stages.results import cores_of_warehouse, make_result

SLICED = ["order_values_drafts", "customer_rfm_drafts", "customer_tiers_drafts", "snapshot_drafts"]
RESULTS = [*SLICED, "customer_segments_drafts", "validation_results"]


def slices(connection: Connection, draft: str, run_id: int) -> list[str]:
    """The tables that a draft of a run is in."""
    rows = connection.execute(
        "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass order by 1",
        (f"ops.{draft}_{run_id}",),
    )
    return [name for (name,) in rows]


def content(connection: Connection, run_id: int) -> dict[str, tuple]:
    """How many rows each result of a run has, and their hash."""
    return {
        table: connection.execute(
            "select count(*), md5(string_agg(content::text, ',' order by content))"
            " from (select to_jsonb(result) - 'run_id' as content"
            f" from ops.{table} as result where run_id = %s) as results",
            (run_id,),
        ).fetchone()
        for table in RESULTS
    }


def run_with(connection: Connection, folder: Path, cores: int) -> int:
    """A run of its own, in a warehouse whose server has so many cores."""
    connection.execute("delete from ops.result_inputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLIST_WAREHOUSE_CORES", str(cores))
        return pipeline.run(connection, folder)


def build_tiers_by(connection: Connection, body: str) -> None:
    """Has something else done for each slice of the tiers."""
    connection.execute(
        "create or replace procedure ops.build_customer_tiers("
        "of_run_id bigint, slice integer default 0, slices integer default 1)"
        f" language plpgsql as $$ begin {body} end $$"
    )


def test_the_result_is_the_same_however_many_slices_there_are(connection: Connection, demo: Path) -> None:
    whole = run_with(connection, demo, 1)
    assert [slices(connection, draft, whole) for draft in SLICED] == [[], [], [], []]
    expected = content(connection, whole)
    for cores, wanted in ((2, 2), (3, 3), (20, 8)):
        run_id = run_with(connection, demo, cores)
        for draft in SLICED:
            tables = slices(connection, draft, run_id)
            assert len(tables) == wanted
            # Everybody is in one of them, and none is left empty.
            assert all(
                connection.execute(f"select exists (select from {table})").fetchone()[0] for table in tables
            )
        assert content(connection, run_id) == expected, cores


def test_a_server_that_may_not_compute_in_parallel_has_one_connection_do_it(
    connection: Connection, demo: Path
) -> None:
    connection.execute("set max_parallel_workers = 0")
    run_id = run_with(connection, demo, 4)
    assert slices(connection, "snapshot_drafts", run_id) == []


@pytest.mark.parametrize("given", ["0", "-1", "two", "2.5", "1e3", "\u0662", "9" * 30])
def test_a_number_of_cores_that_is_none(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLIST_WAREHOUSE_CORES", given)
    with pytest.raises(OlistError, match="OLIST_WAREHOUSE_CORES must be a number of cores, 1 or more, not"):
        cores_of_warehouse()


def test_slices_are_filled_at_once_by_connections_of_their_own(connection: Connection, demo: Path) -> None:
    run_id = run_with(connection, demo, 3)
    # Each has to wait until all are there.
    connection.execute("create table public.fillers (process integer)")
    build_tiers_by(
        connection,
        """
        insert into public.fillers values (pg_backend_pid());
        commit;
        while (select count(*) < slices from public.fillers) loop
            perform pg_sleep(0.01);
            commit;
        end loop;
        """,
    )
    connection.execute("set statement_timeout = '20s'")
    connection.execute("delete from ops.result_inputs")
    make_result(connection, run_id, "customer_tiers")
    processes = connection.execute("select process from public.fillers").fetchall()
    assert len(set(processes)) == 3
    assert (connection.info.backend_pid,) in processes


def test_where_there_is_no_further_connection_one_fills_all(
    server: str, connection: Connection, demo: Path
) -> None:
    run_id = run_with(connection, demo, 3)
    expected = content(connection, run_id)
    connection.execute("delete from ops.result_inputs")
    connection.execute("create role guest login password 'only-here' connection limit 1 in role olist")
    place = server.rpartition("@")[2].rpartition("/")[0]
    uri = f"postgresql://guest:only-here@{place}/{connection.info.dbname}"
    with psycopg.connect(uri, autocommit=True) as guest:
        build_features.customer_rfm(guest, run_id)
    connection.execute("drop role guest")
    assert content(connection, run_id) == expected


def test_a_try_that_ended_between_two_slices_counts_for_nothing(connection: Connection, demo: Path) -> None:
    run_id = run_with(connection, demo, 3)
    expected = content(connection, run_id)
    connection.execute("delete from ops.result_inputs")
    connection.execute("truncate ops.customer_rfm_drafts")
    connection.execute("call ops.build_customer_rfm(%s, 1, 3)", (run_id,))
    # Another run does not take it for a result.
    other = pipeline.begin(connection, demo)
    pipeline.load_all(connection, other)
    build_features.order_values(connection, other)
    assert connection.execute("select ops.copy_draft('customer_rfm_drafts', %s)", (other,)).fetchone() == (
        False,
    )
    build_features.customer_rfm(connection, run_id)
    assert content(connection, run_id) == expected


def test_where_one_slice_fails_the_others_end_and_nothing_is_recorded(
    connection: Connection, demo: Path
) -> None:
    run_id = run_with(connection, demo, 3)
    connection.execute("delete from ops.result_inputs")
    connection.execute("create table public.went_on (slice integer)")
    build_tiers_by(
        connection,
        """
        if slice = 1 then
            raise exception 'The disk is full.';
        end if;
        perform pg_sleep(30);
        insert into public.went_on values (slice);
        """,
    )
    with pytest.raises(psycopg.Error, match="The disk is full"):
        make_result(connection, run_id, "customer_tiers")
    made = connection.execute("select result from ops.result_inputs where run_id = %s", (run_id,)).fetchall()
    assert made == []
    assert connection.execute("select * from public.went_on").fetchall() == []
    # The connection of the stage is as it was.
    assert connection.execute("select 1").fetchone() == (1,)


def test_two_tries_at_once_leave_the_whole_result(server: str, connection: Connection, demo: Path) -> None:
    run_id = run_with(connection, demo, 3)
    expected = content(connection, run_id)
    connection.execute("delete from ops.result_inputs")

    def again() -> None:
        uri = f"{server.rpartition('/')[0]}/{connection.info.dbname}"
        with psycopg.connect(uri, autocommit=True) as other:
            build_features.customer_rfm(other, run_id)

    tries = [threading.Thread(target=again) for _ in range(3)]
    for each in tries:
        each.start()
    for each in tries:
        each.join()
    assert content(connection, run_id) == expected


def test_a_run_that_is_made_anew_is_copied_no_further(connection: Connection, demo: Path) -> None:
    first, second = run_with(connection, demo, 2), pipeline.run(connection, demo)
    copy = "select ops.copy_slice('customer_rfm_drafts', %s, %s, 0, 1)"
    assert connection.execute(copy, (second, first)).fetchone() == (True,)
    expected = content(connection, second)
    connection.execute("delete from ops.result_inputs where run_id = %s", (first,))
    connection.execute(f"truncate ops.customer_rfm_drafts_{first}")
    assert connection.execute(copy, (second, first)).fetchone() == (False,)
    assert content(connection, second) == expected
