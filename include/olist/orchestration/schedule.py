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

# So long may Airflow be down at the end of its first month without missing it.
GRACE = timedelta(days=3)


class Monthly(CronDataIntervalTimetable):
    """Whole months in UTC. The first one is the month under way.

    Airflow's own would run the month before as well, as soon as the DAG is unpaused. Its form *Trigger*
    unpauses, so a click for one run, dry or not, would begin with another one that sends.
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
        following = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        is_first = last_automated_data_interval is None and not restriction.catchup
        if following and is_first and following.run_after < timezone.utcnow() - GRACE:
            return super().next_dagrun_info(
                last_automated_data_interval=following.data_interval, restriction=restriction
            )
        return following


class Schedule(AirflowPlugin):
    name = "olist_schedule"
    timetables = [Monthly]  # noqa: RUF012
