"""Customer segmentation: from Olist's files to segments in PostgreSQL and next actions in HubSpot.

Only wiring is here. A task's name is the name of its module in `include/olist` and of its folder in
`include/sql`.
"""

from datetime import datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task, task_group
from airflow.timetables.interval import CronDataIntervalTimetable

from olist.sources import TABLES

PARAMS = {
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date",
        description="Look at the customers as of this date; empty: the end of the month, or of the data.",
    ),
    "data_dir": Param(
        None,
        type=["null", "string"],
        description="Folder with the nine CSV files; empty: OLIST_DATA_DIR.",
    ),
    "retrain": Param(
        "auto",
        enum=["auto", "always", "never"],
        description="Train a new tier model, or take the newest stored one.",
    ),
    "sync": Param(
        "upsert",
        enum=["upsert", "update", "dry_run", "skip"],
        description="What HubSpot gets: everybody, known contacts only, a plan without sending, nothing.",
    ),
}


@dag(
    # A plain "@monthly" has intervals of no length in Airflow 3; a month's run needs the month it is for.
    schedule=CronDataIntervalTimetable("@monthly", timezone="UTC"),
    start_date=datetime(2016, 9, 1),
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    default_args={"owner": "olist", "retries": 2, "retry_delay": timedelta(seconds=30)},
    tags=["customers", "hubspot"],
    doc_md=__doc__,
)
def customer_segmentation():
    @task
    def start_run() -> int:
        from olist import tasks

        return tasks.start(get_current_context())

    @task(map_index_template="{{ task.op_kwargs['table'] }}")
    def load(table: str, run_id: int):
        from olist import load, tasks

        return tasks.run_stage("load", load.load, run_id, table, part=table)

    @task
    def validate(run_id: int):
        from olist import tasks, validate

        return tasks.run_stage("validate", validate.validate, run_id)

    @task_group
    def build_features(run_id: int):
        @task
        def order_values(run_id: int):
            from olist import build_features, tasks

            return tasks.run_stage("build_features", build_features.order_values, run_id, part="order_values")

        @task
        def customer_rfm(run_id: int):
            from olist import build_features, tasks

            return tasks.run_stage("build_features", build_features.customer_rfm, run_id, part="customer_rfm")

        @task
        def customer_segments(run_id: int):
            from olist import build_features, tasks

            return tasks.run_stage(
                "build_features", build_features.customer_segments, run_id, part="customer_segments"
            )

        order_values(run_id) >> customer_rfm(run_id) >> customer_segments(run_id)

    @task
    def train_clusters(run_id: int):
        from olist import tasks, train_clusters

        return tasks.run_stage("train_clusters", train_clusters.train_clusters, run_id)

    @task
    def assign_clusters(run_id: int):
        from olist import assign_clusters, tasks

        return tasks.run_stage("assign_clusters", assign_clusters.assign_clusters, run_id)

    @task
    def compute_actions(run_id: int):
        from olist import compute_actions, tasks

        return tasks.run_stage("compute_actions", compute_actions.compute_actions, run_id)

    @task
    def publish(run_id: int):
        from olist import publish, tasks

        return tasks.run_stage("publish", publish.publish, run_id)

    @task_group
    def upsert_hubspot(run_id: int):
        @task
        def plan(run_id: int) -> list[int]:
            from olist import tasks, upsert_hubspot

            mode = get_current_context()["params"]["sync"]
            settings = tasks.hubspot_settings()
            planned = tasks.run_stage(
                "upsert_hubspot", upsert_hubspot.plan, run_id, mode, settings, part="plan"
            )
            return planned["parts"]

        @task
        def send(part: int, run_id: int):
            from olist import tasks, upsert_hubspot

            mode = get_current_context()["params"]["sync"]
            settings = tasks.hubspot_settings()
            return tasks.run_stage(
                "upsert_hubspot", upsert_hubspot.send, run_id, part, mode, settings, part=f"send {part}"
            )

        @task(trigger_rule="none_failed")
        def finish(run_id: int):
            from olist import tasks, upsert_hubspot

            return tasks.run_stage("upsert_hubspot", upsert_hubspot.finish, run_id, part="finish")

        send.partial(run_id=run_id).expand(part=plan(run_id)) >> finish(run_id)

    @task
    def write_outputs(run_id: int):
        from olist import tasks, write_outputs

        return tasks.run_stage("write_outputs", write_outputs.write_outputs, run_id, tasks.output_folder())

    run_id = start_run()
    (
        load.partial(run_id=run_id).expand(table=list(TABLES))
        >> validate(run_id)
        >> build_features(run_id)
        >> train_clusters(run_id)
        >> assign_clusters(run_id)
        >> compute_actions(run_id)
        >> publish(run_id)
        >> upsert_hubspot(run_id)
        >> write_outputs(run_id)
    )


customer_segmentation()
