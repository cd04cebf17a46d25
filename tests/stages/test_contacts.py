"""The optional file customer_contacts.csv: who can be written to, and that nobody reads it elsewhere."""

from pathlib import Path

from psycopg import Connection
from support import pipeline

from olist.stages.load import load

FILE = "customer_contacts.csv"
HEADER = "customer_unique_id,email,first_name,last_name,opted_out"


def people(connection: Connection, run_id: int) -> list[tuple]:
    query = "select * from personal.contacts_of_run(%s) order by customer_unique_id"
    return connection.execute(query, (run_id,)).fetchall()


def test_people_come_with_what_the_file_says_of_them(connection: Connection, data_dir: Path) -> None:
    (data_dir / FILE).write_text(
        f"{HEADER}\n"
        "p1, Ana.Silva@Example.COM ,Ana,Silva,false\n"
        'p2,bia@example.com," Bia\nMaria ",,TRUE\n'
        "p3,not an address,Caio,Lima,\n"
        "p4,,,,\n"
    )
    run_id = pipeline.begin(connection, data_dir)
    counts = load(connection, run_id, "customer_contacts")
    assert counts == {
        "file": FILE,
        "rows_read": 4,
        "rows_accepted": 4,
        "rows_rejected": 0,
        "was_loaded_before": False,
        "emails": 3,
        "emails_unusable": 1,
    }
    assert people(connection, run_id) == [
        ("p1", "ana.silva@example.com", "Ana", "Silva", False),
        ("p2", "bia@example.com", "Bia Maria", None, True),
        ("p3", None, "Caio", "Lima", False),
        ("p4", None, None, None, False),
    ]
