"""When the DAG runs by itself: from the month under way on, whole months, none missed."""

from datetime import UTC, datetime

import pendulum
import pytest

from olist.orchestration import schedule
from olist.orchestration.schedule import Monthly

pytestmark = pytest.mark.airflow


def next_month(last: str | None = None, catchup: bool = False, earliest: str = "2016-09-01") -> str:
    """The month of the next run, by its first day, with the last month that ran by itself."""
    from airflow.timetables.base import DataInterval, TimeRestriction

    before = pendulum.parse(last) if last else None
    restriction = TimeRestriction(pendulum.parse(earliest), None, catchup)
    run = Monthly().next_dagrun_info(
        last_automated_data_interval=before and DataInterval(before, before.add(months=1)),
        restriction=restriction,
    )
    assert run.data_interval.end == run.data_interval.start.add(months=1) == run.run_after
    return f"{run.data_interval.start:%Y-%m-%d}"


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch):
    def is_(moment: str) -> None:
        now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        monkeypatch.setattr("airflow.timetables.interval.utcnow", lambda: now)
        monkeypatch.setattr(schedule.timezone, "utcnow", lambda: now)

    return is_


def test_the_first_month_is_the_one_under_way(today) -> None:
    today("2026-11-26 17:00")
    assert next_month() == "2026-11-01"


@pytest.mark.parametrize("moment", ["2026-12-01 00:00:01", "2026-12-01 00:05", "2026-12-03 23:00"])
def test_the_first_month_is_not_missed_by_an_airflow_that_was_down(moment: str, today) -> None:
    today(moment)
    assert next_month() == "2026-11-01"


def test_a_first_month_that_ended_long_ago_does_not_run_by_itself(today) -> None:
    today("2026-12-04 00:01")
    assert next_month() == "2026-12-01"


def test_later_months_run_one_after_another_however_late(today) -> None:
    today("2026-12-20 09:00")
    assert next_month(last="2026-10-01") == "2026-11-01"
    assert next_month(last="2026-11-01") == "2026-12-01"


@pytest.mark.parametrize("last", ["2026-06-01", "2026-09-01", "2018-07-01"])
def test_after_a_long_pause_or_a_backfill_it_begins_anew(last: str, today) -> None:
    today("2026-12-20 09:00")
    assert next_month(last=last) == "2026-12-01"
    today("2026-12-02 09:00")
    assert next_month(last=last) == "2026-11-01"


def test_a_backfill_has_every_month(today) -> None:
    today("2026-12-20 09:00")
    assert next_month(catchup=True, earliest="2018-01-01") == "2018-01-01"
    assert next_month(last="2018-01-01", catchup=True, earliest="2018-01-01") == "2018-02-01"


def test_airflow_keeps_it_by_name() -> None:
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable

    assert type(decode_timetable(encode_timetable(Monthly()))) is Monthly
