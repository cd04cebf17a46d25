"""`python -m olist.explain <id>`: one person's story, for those with an Airflow of their own.

It uses the connection olist_warehouse as Airflow finds it. `make explain` is the same beside `make run`.
"""

import argparse

from rich.console import Console

from olist.explain.command import explain
from olist.orchestration.command_line import one_sentence


def main() -> None:
    """Reads the command line; a mistake, or nothing to tell, is one sentence and exit status 2."""
    parser = argparse.ArgumentParser(prog="olist.explain", description="Tells one person's story.")
    parser.add_argument("person", metavar="id", help="a customer_unique_id, or the id of a HubSpot contact")
    person = parser.parse_args().person
    with one_sentence("explain"):
        explain(person, Console(highlight=False))


if __name__ == "__main__":
    main()
