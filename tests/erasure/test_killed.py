"""An erasure that is killed (SIGKILL) at any step and repeated leaves what an undisturbed one leaves."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from support import pipeline
from support.forgotten import Scene

from olist.erasure import erase
from olist.hubspot import erasure
from olist.hubspot.client import HubSpot
from olist.stages import write_outputs

pytestmark = pytest.mark.crash

# What is about to be called when the process is killed: in which object, by which name, with what in it.
STEPS = {
    "in the transaction": (erase, "one_row", ""),
    "before the files": (erase, "take_out_of_files", ""),
    "before a file takes its place": (write_outputs.os, "replace", "final_customer_segments"),
    "before the last file takes its place": (write_outputs.os, "replace", "campaign_list"),
    "before the files are noted": (erase, "read_sql", "files_done"),
    "before HubSpot is asked": (erase, "read_sql", "ask_account"),
    "before HubSpot deletes": (HubSpot, "delete_for_good", ""),
    "before that is noted": (erasure, "read_sql", "told"),
    "at the end": (erase, "read_sql", "state"),
}


def kill_before(call: Callable[..., Any], word: str, *arguments: object) -> Any:
    if any(word in str(each) for each in arguments):
        os.kill(os.getpid(), signal.SIGKILL)
    return call(*arguments)


def erase_and_die(scene: Scene, step: str) -> None:
    owner, name, word = STEPS[step]
    setattr(owner, name, partial(kill_before, getattr(owner, name), word))
    with psycopg.connect(scene.uri, autocommit=True) as connection:
        scene.connection = connection
        scene.erase()


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_erasure_ends_the_same_when_it_is_repeated(scene: Scene, step: str) -> None:
    contacts = pipeline.contacts(scene.url)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=erase_and_die, args=(scene, step))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert scene.erase()
    assert scene.traces() == {}
    assert pipeline.contacts(scene.url) == {k: v for k, v in contacts.items() if k != scene.person}
    removed, hubspot, is_finished, people = scene.connection.execute(
        "select rows_removed, hubspot, finished_at is not null, (select count(*) from ops.erased_people)"
        " from ops.erasures"
    ).fetchone()
    assert removed["analytics.customer_snapshots"] == 1 and removed["ops.file_rejects"] == 6
    # A request that was carried out, and could not be noted, is asked for again.
    assert hubspot in ({"12345678": "deleted"}, {"12345678": "not there"})
    assert (is_finished, people) == (True, 1)
    assert scene.connection.execute("select count(*) from ops.pending_erasures").fetchone() == (0,)
    assert not list(scene.outputs.rglob("*/.*")), "nothing half-written is left"
