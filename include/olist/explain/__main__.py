"""`python -m olist.explain <id>`: one person's story, for those with an Airflow of their own.

It uses the connection olist_warehouse as Airflow finds it. `make explain` is the same beside `make run`.
"""

import argparse
import os
import sys

import psycopg
from rich.console import Console

from olist.exceptions import OlistError, OutageError
from olist.explain.command import explain
from olist.orchestration.outages import final_sentence_about, sentence_about


def main() -> None:
    """Reads the command line; a mistake, or nothing to tell, is one sentence and exit status 2."""
    parser = argparse.ArgumentParser(prog="olist.explain", description="Tells one person's story.")
    parser.add_argument("person", metavar="id", help="a customer_unique_id, or the id of a HubSpot contact")
    person = parser.parse_args().person
    # Outside of tasks, Airflow looks into its own database only for what says that it is one of its servers.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        explain(person, Console(highlight=False))
        return
    except (OlistError, OutageError) as error:
        print(error, file=sys.stderr)
    except psycopg.Error as error:
        sentence = final_sentence_about(error, "explain") or sentence_about(error, "explain")
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
