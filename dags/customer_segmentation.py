"""Customer segmentation: from Olist's files to segments in PostgreSQL and next actions in HubSpot.

Only wiring is here. A task's name is the name of its module in `include/olist` and of its folder in
`include/sql`.
"""

from datetime import datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task, task_group
from airflow.timetables.interval import CronDataIntervalTimetable

from olist.gates import GATES
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
        description="Tier model: that of the quarter, always a new one, or never a new one.",
    ),
    "sync": Param(
        "upsert",
        enum=["upsert", "update", "dry_run", "skip"],
        description="What HubSpot gets: everybody, known contacts only, a plan without sending, nothing.",
    ),
    "accept": Param(
        [],
        type="array",
        items={"enum": list(GATES)},
        examples=list(GATES),
        description="Gates that may be passed whatever they measure, by somebody who knows that it is right.",
    ),
}


@task
def start_run() -> int:
    from olist import tasks

    return tasks.start(get_current_context())


@task(map_index_template="{{ task.op_kwargs['table'] }}")
def load(table: str, run: int):
    from olist import load, tasks

    return tasks.run_stage("load", load.load, run, table, part=table)


@task
def validate(run: int):
    from olist import tasks, validate

    return tasks.run_stage("validate", validate.validate, run)


@task
def order_values(run: int):
    from olist import build_features, tasks

    return tasks.run_stage("build_features", build_features.order_values, run, part="order_values")


@task
def customer_rfm(run: int):
    from olist import build_features, tasks

    return tasks.run_stage("build_features", build_features.customer_rfm, run, part="customer_rfm")


@task
def customer_segments(run: int):
    from olist import build_features, tasks

    return tasks.run_stage("build_features", build_features.customer_segments, run, part="customer_segments")


@task_group
def build_features(run: int):
    order_values(run) >> customer_rfm(run) >> customer_segments(run)


@task
def train_clusters(run: int):
    from olist import tasks, train_clusters

    return tasks.run_stage("train_clusters", train_clusters.train_clusters, run)


@task
def assign_clusters(run: int):
    from olist import assign_clusters, tasks

    return tasks.run_stage("assign_clusters", assign_clusters.assign_clusters, run)


@task
def compute_actions(run: int):
    from olist import compute_actions, tasks

    return tasks.run_stage("compute_actions", compute_actions.compute_actions, run)


@task
def publish(run: int):
    from olist import publish, tasks

    return tasks.run_stage("publish", publish.publish, run)


@task
def plan(run: int) -> list[int]:
    from olist import tasks, upsert_hubspot

    mode = get_current_context()["params"]["sync"]
    settings = tasks.hubspot_settings()
    planned = tasks.run_stage("upsert_hubspot", upsert_hubspot.plan, run, mode, settings, part="plan")
    return planned["parts"]


# The pool bounds parallel tasks; the pace of requests is shared through the warehouse (olist.rate_limit).
@task(pool="hubspot")
def send(part: int, run: int):
    from olist import tasks, upsert_hubspot

    mode = get_current_context()["params"]["sync"]
    settings = tasks.hubspot_settings()
    return tasks.run_stage(
        "upsert_hubspot", upsert_hubspot.send, run, part, mode, settings, part=f"send {part}"
    )


@task(trigger_rule="none_failed")
def finish(run: int):
    from olist import tasks, upsert_hubspot

    return tasks.run_stage("upsert_hubspot", upsert_hubspot.finish, run, part="finish")


@task_group
def upsert_hubspot(run: int):
    send.partial(run=run).expand(part=plan(run)) >> finish(run)


@task
def write_outputs(run: int):
    from olist import tasks, write_outputs

    return tasks.run_stage("write_outputs", write_outputs.write_outputs, run, tasks.output_folder())


@dag(
    # A plain "@monthly" has intervals of no length in Airflow 3; a month's run needs the month it is for.
    schedule=CronDataIntervalTimetable("@monthly", timezone="UTC"),
    start_date=datetime(2016, 9, 1),
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    # Together seven and a half minutes: longer than a PostgreSQL takes to fail over.
    default_args={
        "owner": "olist",
        "retries": 4,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2,
    },
    tags=["customers", "hubspot"],
    doc_md=__doc__,
)
def customer_segmentation():
    run = start_run()
    (
        load.partial(run=run).expand(table=list(TABLES))
        >> validate(run)
        >> build_features(run)
        >> train_clusters(run)
        >> assign_clusters(run)
        >> compute_actions(run)
        >> publish(run)
        >> upsert_hubspot(run)
        >> write_outputs(run)
    )


customer_segmentation()
