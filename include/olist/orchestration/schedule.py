"""When the DAG runs by itself: monthly, from the month on in which somebody unpaused it.

Airflow keeps the DAG in its database, so it has to know this timetable by name: pyproject.toml tells it
(`airflow.plugins`).
"""

from datetime import timedelta
from typing import Any, Self

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import timezone
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable

# So long may Airflow be down at the end of the first month without missing it.
GRACE = timedelta(days=3)


class Monthly(CronDataIntervalTimetable):
    """Whole months in UTC, beginning with the month under way.

    Airflow's own would begin with the month before, as soon as the DAG is unpaused. Its form *Trigger*
    unpauses, so a click for one run, dry or not, would start another one that sends. This one begins anew
    where the month before the last has not run by itself: after a long pause, or a backfill of old months.
    """

    def __init__(self) -> None:
        super().__init__("@monthly", "UTC")

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:
        return cls()

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        last = last_automated_data_interval
        following = super().next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if following is None or restriction.catchup:
            return following
        begins = last is None or last.end < following.data_interval.start
        if begins and following.run_after < timezone.utcnow() - GRACE:
            last = following.data_interval
            return super().next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        return following


class Schedule(AirflowPlugin):
    name = "olist_schedule"
    timetables = [Monthly]  # noqa: RUF012
