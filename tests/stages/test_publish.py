"""Publishing again: readers get the rows of the run, and rows that are as they were are not written again."""

from pathlib import Path

from psycopg import Connection
from support import pipeline

DRAFT = (
    "select (to_jsonb(draft) - 'run_id')::text from ops.snapshot_drafts as draft where run_id = %s order by 1"
)
SNAPSHOT = "select to_jsonb(snapshot)::text from analytics.customer_snapshots as snapshot order by 1"
WRITTEN_BY = "select customer_unique_id, xmin::text from analytics.customer_snapshots"
# By the first character of the customer. 1.5 and 1.50 are equal numbers, but not what people read.
CHANGES = {
    "0": "delete from ops.snapshot_drafts",
    "1": "update ops.snapshot_drafts set monetary = (monetary || '0')::numeric",
    "2": "update ops.snapshot_drafts set customer_city = null",
    "3": "update ops.snapshot_drafts set customer_unique_id = 'new ' || customer_unique_id",
}


def test_only_rows_that_differ_are_written_when_a_snapshot_is_published_again(
    connection: Connection, few: Path
) -> None:
    def rows(query: str, *parameters: object) -> list[tuple]:
        return connection.execute(query, parameters).fetchall()

    run_id = pipeline.run(connection, few)
    before = dict(rows(WRITTEN_BY))
    assert rows(SNAPSHOT) == rows(DRAFT, run_id)
    assert rows("call analytics.publish_snapshot(%s)", run_id) == [(len(before),)]
    assert dict(rows(WRITTEN_BY)) == before

    for first, change in CHANGES.items():
        done = connection.execute(
            f"{change} where run_id = %s and customer_unique_id like %s", (run_id, f"{first}%")
        )
        assert done.rowcount > 0
    assert rows("call analytics.publish_snapshot(%s)", run_id) == rows(
        "select count(*) from ops.snapshot_drafts where run_id = %s", run_id
    )
    assert rows(SNAPSHOT) == rows(DRAFT, run_id)
    kept = {person for person, written_by in rows(WRITTEN_BY) if before.get(person) == written_by}
    assert kept == {person for person in before if person[0] not in CHANGES}
