"""Alerts: who is told what and when, over a real mail server and a real chat."""

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.chat_server import ChatServer, running_chat_server
from support.mail_server import MailServer, running_mail_server
from support.places import PROJECT

from olist.exceptions import OlistError, OutageError
from olist.orchestration import alerts, channels

ADDRESSES = ["night@example.com", "day@example.com"]
TOKEN = "pat-na1-unmistakable"
RUN = """
import sys
from pathlib import Path
from rich.console import Console
from olist.local.dag_run import run_dag
run_dag({}, Path(sys.argv[1]), Console())
"""


@pytest.fixture(scope="module", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where Airflow makes its files when a test imports it, so that none come into the user's home."""
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home / 'airflow.db'}")
        yield


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server, and the settings of somebody who wants alerts through it."""
    with running_mail_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection)
        monkeypatch.setenv("OLIST_ALERT_EMAIL", ", ".join(ADDRESSES))
        yield server


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A chat, and the settings of somebody who wants alerts in it and by no mail."""
    with running_chat_server() as server:
        monkeypatch.delenv("OLIST_ALERT_EMAIL", raising=False)
        monkeypatch.setenv("OLIST_ALERT_URLS", server.url())
        yield server


class FakeTask(SimpleNamespace):
    """A task instance as Airflow hands it to callbacks, with the one XCom that matters."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            **{"dag_id": "d", "run_id": "r", "task_id": "load", "map_index": 3, "log_url": "http://log/1"}
            | more
        )
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def xcom_pull(self, task_ids: str, key: str = "return_value", map_indexes: int = -1) -> Any:
        if task_ids == "validate":
            return {"as_of": "2018-02-01 00:00:00"}
        return self.pushed.get(key) if (task_ids, map_indexes) == (self.task_id, self.map_index) else None


def failed_with(error: Any, **more: Any) -> dict[str, Any]:
    return {"ti": FakeTask(**more), "params": {"as_of": None}, "exception": error}


def late(state: str = "running", run_type: str = "scheduled") -> dict[str, Any]:
    run = {
        "dag_id": "d",
        "dag_run_id": "a+b",
        "state": state,
        "run_type": run_type,
        "conf": {"as_of": "2018-02-01"},
    }
    return {"dag_run": run}


@pytest.mark.airflow
def test_a_run_that_fails_sends_one_mail_without_secrets_or_headers_of_its_own(
    mail_server: MailServer, chat: ChatServer, warehouse: str, data_dir: Path, tmp_path: Path
) -> None:
    hubspot = {
        "conn_type": "hubspot",
        "password": TOKEN,
        "host": f"http://[{TOKEN}\nBcc: evil@example.com\n<b>",
    }
    settings = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'airflow.db'}",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_OLIST_WAREHOUSE": warehouse,
        "AIRFLOW_CONN_HUBSPOT_DEFAULT": json.dumps(hubspot),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "OLIST_ALERT_EMAIL": ", ".join(ADDRESSES),
        # The first can be nobody's.
        "OLIST_ALERT_URLS": f"slack://undisclosed {chat.url('undisclosed')}",
        "OLIST_DATA_DIR": str(data_dir),
        "COLUMNS": "400",
    }
    done = subprocess.run(
        [sys.executable, "-c", RUN, tmp_path],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "is not a base URL" in done.stdout, done.stdout + done.stderr
    (mail,) = mail_server.mails
    assert mail.recipients == ADDRESSES
    assert mail.message.keys() == ["Content-Type", "MIME-Version", "Subject", "From", "To", "Date"]
    assert mail.message["Subject"].startswith("customer_segmentation: start_run has failed: The host of the")
    sentence = (
        "The host of the HubSpot connection, http://[*** Bcc: evil@example.com &lt;b&gt;, is not a base URL:"
    )
    assert f"<b>{sentence}" in mail.text
    assert "/tasks/start_run?try_number=1" in mail.text
    assert "docs/runbook.md, “The HubSpot connection points elsewhere”" in mail.text
    (post,) = chat.posts
    assert post["title"] == mail.message["Subject"] and post["type"] == "failure"
    assert "docs/runbook.md, “The HubSpot connection points elsewhere”" in post["message"]
    told = mail.raw.decode() + mail.text + json.dumps(post)
    assert "unmistakable" not in told and "undisclosed" not in told
    assert warehouse.partition("@")[0].rpartition(":")[2] not in told
    logs = [path.read_text(errors="replace") for path in tmp_path.rglob("*.log")]
    assert "undisclosed" not in "".join([done.stdout, done.stderr, *logs])
    assert "URL 1 of OLIST_ALERT_URLS is none that Apprise can use" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OlistError("orders.csv is empty."), "orders.csv is empty."),
        (OutageError("The warehouse's disk is full."), "The warehouse&#x27;s disk is full."),
        (KeyError("a"), "KeyError: &#x27;a&#x27;"),
        (ValueError("two\r\nlines\x00 {{ 1/0 }} <img>"), "ValueError: two lines  {{ 1/0 }} &lt;img&gt;"),
    ],
)
def test_the_mail_has_the_sentence(mail_server: MailServer, error: Exception, sentence: str) -> None:
    alerts.task_failed(failed_with(error, rendered_map_index="orders"))
    (mail,) = mail_server.mails
    assert f"<b>{sentence}</b>" in mail.text
    for fact in ("<td>d</td>", "<td>r</td>", "load [orders]", "2018-02-01", 'href="http://log/1"'):
        assert fact in mail.text


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\x00"])
def test_no_error_adds_a_header(mail_server: MailServer, end: str) -> None:
    alerts.task_failed(
        failed_with(OlistError(f"a{end}Bcc: evil@example.com"), task_id=f"t{end}To: evil@example.com")
    )
    (mail,) = mail_server.mails
    assert mail.recipients == ADDRESSES
    assert mail.message.keys() == ["Content-Type", "MIME-Version", "Subject", "From", "To", "Date"]
    assert mail.message["To"] == ", ".join(ADDRESSES)


def test_a_killed_task_is_told_about_when_its_run_has_failed(mail_server: MailServer) -> None:
    context = failed_with(None)
    alerts.task_failed(context)
    assert mail_server.mails == []
    alerts.run_failed(context)
    assert "was killed" in mail_server.mails[0].text


def test_a_run_that_airflow_has_ended_for_its_time_is_told_about(mail_server: MailServer) -> None:
    # Airflow says so when it calls `on_failure_callback` over a dagrun_timeout.
    alerts.run_failed(failed_with(None) | {"reason": "timed_out"})
    assert alerts.TIMED_OUT in mail_server.mails[0].text


def test_a_run_says_nothing_that_its_task_has_said(mail_server: MailServer) -> None:
    context = failed_with(OlistError("orders.csv is empty."))
    alerts.task_failed(context)
    alerts.run_failed(context)
    assert len(mail_server.mails) == 1


def test_a_late_run(mail_server: MailServer) -> None:
    asyncio.run(alerts.run_is_late(context=late(), hours=2.0))
    (mail,) = mail_server.mails
    assert mail.recipients == ADDRESSES
    assert mail.message["Subject"] == "d: a+b is late: The run has not ended 2 hours after it was queued."
    assert "/dags/d/runs/a%2Bb" in mail.text
    assert "docs/runbook.md, “A run is late”" in mail.text


@pytest.mark.parametrize("context", [late("failed"), late("success"), late("queued", "backfill")])
def test_a_run_that_has_ended_or_waits_for_its_turn_is_not_late(
    mail_server: MailServer, context: dict[str, Any]
) -> None:
    asyncio.run(alerts.run_is_late(context=context, hours=2.0))
    assert mail_server.mails == []


def test_a_chat_is_told_what_a_mail_says(chat: ChatServer) -> None:
    alerts.task_failed(failed_with(OlistError("orders.csv is <empty>."), rendered_map_index="orders"))
    (post,) = chat.posts
    assert post["title"] == "d: load [orders] has failed: orders.csv is <empty>."
    assert post["type"] == "failure"
    assert post["message"].splitlines()[:2] == ["orders.csv is <empty>.", ""]
    for line in (
        "DAG: d",
        "Run: r",
        "As of: 2018-02-01 00:00:00",
        "Task: load [orders]",
        "Log: http://log/1",
    ):
        assert line in post["message"].splitlines()


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: alerts.run_failed(failed_with(None)), "failure"),
        (lambda: alerts.run_failed(failed_with(None) | {"reason": "timed_out"}), "failure"),
        (lambda: asyncio.run(alerts.run_is_late(context=late(), hours=2.0)), "warning"),
    ],
    ids=["killed", "timed out", "late"],
)
def test_a_chat_is_told_of_whatever_a_mail_is(chat: ChatServer, call: Callable[[], None], kind: str) -> None:
    call()
    (post,) = chat.posts
    assert post["type"] == kind and "docs/runbook.md" in post["message"]
    assert alerts.deadline() is not None


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("json://a json://b", ["json://a", "json://b"]),
        ("json://a,json://b", ["json://a", "json://b"]),
        (" json://a ,\n\tjson://b,, ", ["json://a", "json://b"]),
        (
            "mailto://u:p@a.com?to=x@a.com,y@a.com, json://b",
            ["mailto://u:p@a.com?to=x@a.com,y@a.com", "json://b"],
        ),
        ("slack://a/b/c/#one,#two", ["slack://a/b/c/#one,#two"]),
        ("nonsense json://b", ["nonsense", "json://b"]),
        (" , ", []),
        ("", []),
    ],
)
def test_what_stands_between_urls(monkeypatch: pytest.MonkeyPatch, setting: str, expected: list[str]) -> None:
    monkeypatch.setenv("OLIST_ALERT_URLS", setting)
    assert channels.urls() == expected
    assert channels.is_anybody_told() == bool(expected)


def test_a_channel_that_fails_hinders_no_other_and_its_url_is_in_no_log(
    mail_server: MailServer,
    chat: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture,
) -> None:
    monkeypatch.setenv("OLIST_ALERT_EMAIL", "night@example.com")
    with running_chat_server() as refusing, running_chat_server() as slow, caplog.at_level(logging.DEBUG):
        refusing.status, slow.seconds = 403, 3.0
        monkeypatch.setattr(channels, "SECONDS_FOR_A_CHANNEL", 1)
        away = "json://unmistakable:unmistakable@127.0.0.1:1/unmistakable"
        bad = ["unmistakable", "unmistakable://a", "slack://unmistakable", "https://127.0.0.1/unmistakable"]
        urls = [away, refusing.url(), slow.url(), *bad, chat.url()]
        monkeypatch.setenv("OLIST_ALERT_URLS", " ".join(urls))
        alerts.task_failed(failed_with(OlistError("orders.csv is empty.")))
    assert len(mail_server.mails) == len(chat.posts) == 1
    said = [record.getMessage() for record in caplog.records if record.name == channels.__name__]
    assert said[:3] == [
        "The alert could not be sent through URL 1 of OLIST_ALERT_URLS (json): it could not be reached, or"
        " refused.",
        "The alert could not be sent through URL 2 of OLIST_ALERT_URLS (json): it answered 403.",
        "The alert could not be sent through URL 3 of OLIST_ALERT_URLS (json): it has not answered within 1"
        " seconds.",
    ]
    assert said[3:] == [
        f"URL {place} of OLIST_ALERT_URLS is none that Apprise can use: nobody was told through it."
        for place in (4, 5, 6, 7)
    ]
    assert all(record.exc_info is None for record in caplog.records)
    output, errors = capfd.readouterr()
    assert "unmistakable" not in caplog.text + output + errors


def test_what_others_log_meanwhile_is_logged(chat: ChatServer, caplog: pytest.LogCaptureFixture) -> None:
    chat.seconds = 0.5
    failure = failed_with(OlistError("orders.csv is empty."))
    # Airflow, once imported, sets up logging anew.
    alerts.task_failed(failure)
    others = logging.getLogger("others")
    others.setLevel(logging.DEBUG)
    logging.root.addHandler(caplog.handler)
    try:
        other = threading.Timer(0.2, others.debug, ["somebody else's"])
        other.start()
        alerts.task_failed(failure)
        other.join()
        others.debug("afterwards")
    finally:
        logging.root.removeHandler(caplog.handler)
    assert {"somebody else's", "afterwards"} <= {record.getMessage() for record in caplog.records}


def test_without_apprise_mails_are_sent(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OLIST_ALERT_URLS", "json://127.0.0.1/unmistakable")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with caplog.at_level(logging.ERROR, "olist"):
        alerts.task_failed(failed_with(OlistError("orders.csv is empty.")))
    assert len(mail_server.mails) == 1
    assert caplog.messages == [
        "The alert could not be sent through URL 1 of OLIST_ALERT_URLS: ModuleNotFoundError."
    ]


@pytest.mark.parametrize("wanted", ["", "0", "False", "no", " off "])
def test_good_news_are_told_where_they_are_wanted_only(
    chat: ChatServer, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv("OLIST_ALERT_GOOD_NEWS", wanted)
    alerts.run_succeeded({"ti": FakeTask()})
    assert chat.posts == []


def test_good_news_that_cannot_be_read_hinder_nothing(
    chat: ChatServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OLIST_ALERT_GOOD_NEWS", "true")
    monkeypatch.setenv("AIRFLOW_CONN_OLIST_WAREHOUSE", "postgres://nobody:nothing@127.0.0.1:1/olist")
    with caplog.at_level(logging.ERROR, "olist"):
        alerts.run_succeeded({"ti": FakeTask()})
    assert chat.posts == []
    assert caplog.messages[-1].startswith("The good news could not be told: ")


def test_without_addresses_nobody_is_told(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLIST_ALERT_EMAIL", " , ")
    monkeypatch.setenv("OLIST_ALERT_URLS", " ")
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    assert alerts.deadline() is None
    alerts.task_failed(failed_with(OlistError("orders.csv is empty.")))
    alerts.run_failed(failed_with(None))
    asyncio.run(alerts.run_is_late(context=late(), hours=2.0))
    assert mail_server.mails == []


def test_a_mail_server_that_is_away_is_one_sentence(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", "smtp://127.0.0.1:1/?from_email=olist%40example.com")
    with caplog.at_level(logging.ERROR, "olist"):
        alerts.task_failed(failed_with(OlistError("orders.csv is empty.")))
    (record,) = caplog.records
    assert record.getMessage().startswith(
        "The alert could not be sent to night@example.com, day@example.com: "
    )
    assert record.exc_info is None


def test_the_deadline(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert alerts.deadline().interval == timedelta(hours=2)
    monkeypatch.setenv("OLIST_ALERT_AFTER_HOURS", "0.5")
    deadline = alerts.deadline()
    assert deadline.interval == timedelta(minutes=30)
    assert deadline.callback.path == "olist.orchestration.alerts.run_is_late"
    assert deadline.callback.kwargs == {"hours": 0.5}


@pytest.mark.parametrize("hours", ["two", "0", "-1", "nan", "inf"])
def test_a_deadline_that_is_none(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, hours: str
) -> None:
    monkeypatch.setenv("OLIST_ALERT_AFTER_HOURS", hours)
    with pytest.raises(OlistError, match=f"must be a number of hours above 0, not {hours}"):
        alerts.deadline()
