"""`python -m olist.erasure <customer_unique_id>`: erases a person, for those with an Airflow of their own.

It uses the connections olist_warehouse and hubspot_default as Airflow finds them: in the environment, a
secrets backend, or Airflow's own database. `make erase` is the same beside `make run` and `make ui`.
"""

import argparse
import os
import sys

import psycopg

from olist.erasure.erase import erase_with_connections
from olist.exceptions import OlistError, OutageError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.orchestration.outages import final_sentence_about, sentence_about


def main() -> None:
    """Reads the command line; a mistake is one sentence and exit status 2."""
    parser = argparse.ArgumentParser(prog="olist.erasure", description="Erases a person for good.")
    parser.add_argument("person", metavar="customer_unique_id")
    person = parser.parse_args().person
    # Outside of tasks, Airflow looks into its own database only for what says that it is one of its servers.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        sys.exit(erase_with_connections(person, print))
    except (OlistError, OutageError, HubSpotUnavailableError) as error:
        print(error, file=sys.stderr)
    except psycopg.Error as error:
        sentence = final_sentence_about(error, "erase") or sentence_about(error, "erase")
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
