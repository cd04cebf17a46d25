"""Commands for those with an Airflow of their own, where its connections are found as in a task."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from olist.exceptions import OlistError, OutageError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.orchestration.outages import final_sentence_about, sentence_about


@contextmanager
def one_sentence(command: str) -> Iterator[None]:
    """A mistake in the block is one sentence and exit status 2."""
    # Outside of tasks, Airflow looks into its own database only for what says that it is one of its servers.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        yield
        return
    except (OlistError, OutageError, HubSpotUnavailableError) as error:
        print(error, file=sys.stderr)
    except psycopg.Error as error:
        sentence = final_sentence_about(error, command) or sentence_about(error, command)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
    sys.exit(2)
