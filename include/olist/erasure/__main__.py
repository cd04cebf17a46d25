"""`python -m olist.erasure <customer_unique_id>`: erases a person, for those with an Airflow of their own.

It uses the connections olist_warehouse and hubspot_default as Airflow finds them: in the environment, a
secrets backend, or Airflow's own database. `make erase` is the same beside `make run` and `make ui`.
"""

import argparse
import sys

from olist.erasure.erase import erase_with_connections
from olist.orchestration.command_line import one_sentence


def main() -> None:
    """Reads the command line; a mistake is one sentence and exit status 2."""
    parser = argparse.ArgumentParser(prog="olist.erasure", description="Erases a person for good.")
    parser.add_argument("person", metavar="customer_unique_id")
    person = parser.parse_args().person
    with one_sentence("erase"):
        sys.exit(erase_with_connections(person, print))


if __name__ == "__main__":
    main()
