"""Customer segmentation: from Olist's files to segments in PostgreSQL and next actions in HubSpot.

Only wiring is here. A task's name is the name of its module in `include/olist/stages` and of its folder in
`include/sql`. The docstring of a task is what Airflow shows as its documentation.
"""

from datetime import datetime, timedelta

from airflow.sdk import Param, TaskGroup, chain, cross_downstream, dag, get_current_context, task, task_group

from olist.files.sources import OPTIONAL_TABLES, TABLES
from olist.orchestration import addresses, alerts
from olist.orchestration.approval import QUESTIONS, AskForApproval
from olist.orchestration.schedule import Monthly
from olist.strategy.limits import GATES, MAX_APPROVAL_HOURS

ABOUT = """
Turns Olist's nine CSV files into customer segments, loyalty tiers and next actions, keeps them in
PostgreSQL month by month, and tells HubSpot what has changed.

**To start**, press *Trigger*. The form unpauses the DAG unless you say otherwise; a run of a paused DAG waits
until somebody unpauses it. From then on the DAG also runs by itself, at the end of each month for that month.

**A run** is for one month. Its params: `as_of` (the day to look from; empty: the end of the month, or of
the data), `data_dir` (the folder with the files), `retrain` (which tier model), `sync` (what HubSpot gets;
`skip` for old months, `dry_run` to only see the plan, `verify` to compare HubSpot with what it was told,
`repair` to mend what differs, `restore` to go back to the month of `as_of`) and `accept` (gates
it may pass).

**Results** are in `analytics.vw_customer_segments` of the warehouse, in HubSpot's contacts, and in
`outputs/<as_of>/` with `report.html`. How each run went is in `ops.pipeline_runs` and `ops.stage_runs`.
Other DAGs can be scheduled on the asset `olist_customer_snapshots`.

**If a task fails**, the last line of its log is one sentence. `docs/runbook.md` of the project says what it
means and what to do. Every task can be run again: clear it *with its downstream tasks*. What was published
stays until the run publishes again, and HubSpot is sent nothing twice. Clear an old run from `start_run`
on, since working tables are kept only for the last three runs, and for a day where a run has failed.
"""
MAY_BE_LOADED = [*TABLES, *OPTIONAL_TABLES]
STAGING = [addresses.table(f"staging.{table}") for table in TABLES]
SNAPSHOT_TABLE = addresses.table("analytics.customer_snapshots")
PARAMS = {
    "as_of": Param(
        None,
        type=["null", "string"],
        format="date",
        title="As of",
        description="Look at the customers as of this day. Empty: the end of the month that the run is for;"
        " without a month, the day after the last purchase in the files.",
    ),
    "data_dir": Param(
        None,
        type=["null", "string"],
        title="Data folder",
        description="Folder or zip with the nine CSV files. Empty: the one that was set up (OLIST_DATA_DIR).",
    ),
    "retrain": Param(
        "auto",
        enum=["auto", "always", "never"],
        values_display={
            "auto": "auto: the one in force, until another is clearly better",
            "always": "always: a new model, from this month's customers",
            "never": "never: the newest model there is",
        },
        title="Tier model",
        description="What decides who is Platinum, Gold or Silver.",
    ),
    "sync": Param(
        "upsert",
        enum=["upsert", "approve", "update", "verify", "repair", "restore", "dry_run", "skip"],
        values_display={
            "upsert": "upsert: everybody who has changed",
            "approve": "approve: the same, once a person has said yes to the plan",
            "update": "update: who has changed and is a contact already",
            "verify": "verify: nothing, but find out what differs there",
            "repair": "repair: who has changed, and what differs there",
            "restore": "restore: what it held after the month of As of, once a person has said yes",
            "dry_run": "dry_run: nothing, but show what would be sent",
            "skip": "skip: nothing (for old months)",
        },
        title="What HubSpot gets",
        description="If in doubt, begin with dry_run: the report says who would be created and changed.",
    ),
    "accept": Param(
        [],
        type="array",
        items={"enum": list(GATES)},
        examples=list(GATES),
        title="Accept",
        description="Leave it empty. A run that a gate has stopped names the gate; choose it here and trigger"
        " again, if you know that what it found is right.",
    ),
}


@task
def start_run() -> int:
    """Checks `strategy.yaml`, `campaigns.yaml` and whether the HubSpot account can be delivered to, brings
    the warehouse's tables up to date and gives the run its number and its working tables. Clear it, with
    everything downstream, to run a whole month again: the run keeps its number."""
    from olist.orchestration import tasks

    return tasks.start(get_current_context())


@task(
    map_index_template="{{ task.op_kwargs['table'] }}",
    inlets=addresses.files(),
    outlets=[addresses.LOADED],
)
def load(table: str, run: int):
    """Loads one file, typed and keyed; rows that cannot be are set aside in `ops.rejected_rows`. A file
    whose content was loaded before is not loaded again. `customer_contacts` need not be there. After
    correcting a file, clear its load with everything downstream."""
    from olist.files.sources import source_of
    from olist.orchestration import tasks
    from olist.stages import load

    loaded = tasks.run_stage("load", load.load, run, table, part=table)
    if loaded["file"]:
        filled = addresses.table(f"{source_of(table).schema}.{table}")
        get_current_context()["outlet_events"][addresses.LOADED].add(filled)
    return loaded


@task(inlets=STAGING)
def validate(run: int):
    """Checks the loaded tables and the order values, and measures the gates of the files. What it found is in
    `ops.validation_results` and `ops.gate_results`. It changes nothing that people read."""
    from olist.orchestration import tasks
    from olist.stages import validate

    return tasks.run_stage("validate", validate.validate, run)


@task
def order_values(run: int):
    """Computes what each order was worth, and whether it counts; the latest that does settles the date the
    run looks from (`as_of`). Clear it with everything downstream; it writes working tables of this run
    alone."""
    from olist.orchestration import tasks
    from olist.stages import build_features

    return tasks.run_stage("build_features", build_features.order_values, run, part="order_values")


@task
def customer_rfm(run: int):
    """Computes recency, frequency and monetary value of each customer before `as_of`. Clear it with
    everything downstream; it writes working tables of this run alone."""
    from olist.orchestration import tasks
    from olist.stages import build_features

    return tasks.run_stage("build_features", build_features.customer_rfm, run, part="customer_rfm")


@task
def customer_segments(run: int):
    """Computes quintile scores and, by the rules of `strategy.yaml`, segments. Clear it with everything
    downstream; it writes working tables of this run alone."""
    from olist.orchestration import tasks
    from olist.stages import build_features

    return tasks.run_stage("build_features", build_features.customer_segments, run, part="customer_segments")


@task
def train_clusters(run: int):
    """Keeps the tier model in force, or replaces it where another is clearly better; `ops.model_choices` says
    which and why. Trained again on the same data it is the same model."""
    from olist.orchestration import tasks
    from olist.stages import train_clusters

    return tasks.run_stage("train_clusters", train_clusters.train_clusters, run)


@task
def assign_clusters(run: int):
    """Gives each customer the tier of the nearest cluster, and records how many change tier only because of
    a new model (`ops.tier_changes`). Clear it with everything downstream."""
    from olist.orchestration import tasks
    from olist.stages import assign_clusters

    return tasks.run_stage("assign_clusters", assign_clusters.assign_clusters, run)


@task
def compute_actions(run: int):
    """Gives each customer the first next action of `strategy.yaml` whose conditions hold, with its reason.
    After a change of the rules, clear the run from `start_run` on, which reads them."""
    from olist.orchestration import tasks
    from olist.stages import compute_actions

    return tasks.run_stage("compute_actions", compute_actions.compute_actions, run)


@task(inlets=STAGING, outlets=[addresses.SNAPSHOTS, SNAPSHOT_TABLE])
def publish(run: int):
    """Measures the gates and puts the snapshot in the place of the one of the same `as_of`, in one
    transaction: a gate or a failure leaves readers what they had. Safe to clear. Its asset event
    holds `as_of` and the number of customers."""
    from olist.orchestration import tasks
    from olist.stages import publish

    context = get_current_context()
    published = tasks.run_stage("publish", publish.publish, run)
    as_of = context["ti"].xcom_pull(task_ids="validate")["as_of"]
    for asset in (addresses.SNAPSHOTS, SNAPSHOT_TABLE):
        context["outlet_events"][asset].extra = {"as_of": as_of, **published}
    return published


# Five million contacts are read back in an hour and a half at HubSpot's usual pace; it may be slow.
@task(execution_timeout=timedelta(hours=8), inlets=[SNAPSHOT_TABLE, addresses.CONTACTS])
def plan(run: int) -> list[int]:
    """Finds the ledger of the HubSpot account, reads a sample of it back, measures the gates again, plans who
    has to be told what and measures how many contacts that creates; no contact is sent yet. With `sync` =
    `verify` or `repair` it reads everybody back first, and goes on where it was when it is tried again. Clear
    it with everything downstream to plan anew; whom HubSpot has acknowledged meanwhile is left out."""
    from olist.orchestration import tasks
    from olist.stages import upsert_hubspot

    mode = get_current_context()["params"]["sync"]
    settings = tasks.hubspot_settings()
    planned = tasks.run_stage("upsert_hubspot", upsert_hubspot.plan, run, mode, settings, part="plan")
    return planned["parts"]


# The pool bounds parallel tasks; the pace of requests is shared through the warehouse (olist.hubspot.pace).
# Five million new contacts take an hour and a half at HubSpot's usual pace; it may be slow.
@task(
    pool="hubspot",
    execution_timeout=timedelta(hours=8),
    inlets=[SNAPSHOT_TABLE],
    outlets=[addresses.CONTACTS],
)
def send(part: int, run: int):
    """Sends one part of the plan in batches of 100 and keeps what HubSpot acknowledged. Safe to clear: it
    goes on where it stopped. People who were rejected are in `ops.hubspot_failures`."""
    from olist.orchestration import tasks
    from olist.stages import upsert_hubspot

    mode = get_current_context()["params"]["sync"]
    settings = tasks.hubspot_settings()
    return tasks.run_stage(
        "upsert_hubspot", upsert_hubspot.send, run, part, mode, settings, part=f"send {part}"
    )


@task(trigger_rule="none_failed")
def finish(run: int):
    """Says how the delivery ended (`ops.hubspot_syncs`) and looks after the lists (segments) in HubSpot. It
    fails where people of the plan are still waiting: clear `send`, and this after it."""
    from olist.orchestration import tasks
    from olist.stages import upsert_hubspot

    settings = tasks.hubspot_settings()
    return tasks.run_stage("upsert_hubspot", upsert_hubspot.finish, run, settings, part="finish")


@task_group
def upsert_hubspot(run: int):
    """The delivery to HubSpot: plan it, ask whether it may be sent (`sync` = `approve`, `restore`), send its
    parts side by side, say how it ended."""
    parts = plan(run)
    questions = [AskForApproval(task_id=name, run_number=run, parts=parts) for name in QUESTIONS]
    sends = send.override(doc_md=send.function.__doc__).partial(run=run).expand(part=questions[-1].output)
    chain(*questions)
    sends >> finish(run)


@task(inlets=[SNAPSHOT_TABLE], on_success_callback=alerts.run_succeeded)
def write_outputs(run: int):
    """Writes the CSV files and the report of `outputs/<as_of>/`, each in the place of the old one once it is
    whole, ends the run and drops snapshots older than `keep_months`. Safe to clear alone."""
    from olist.orchestration import tasks
    from olist.stages import write_outputs

    return tasks.run_stage("write_outputs", write_outputs.write_outputs, run, tasks.output_folder())


@dag(
    # A plain "@monthly" has intervals of no length in Airflow 3; a month's run needs the month it is for.
    schedule=Monthly(),
    start_date=datetime(2016, 9, 1),
    catchup=False,
    # One that waits for a person does not hold up the next month. Runs side by side do each other no harm, as
    # in a backfill.
    max_active_runs=4,
    params=PARAMS,
    # A task that hangs may be tried again. All five tries, and the delivery with a second one, fit into a
    # day; a plan may wait for a person besides.
    dagrun_timeout=timedelta(hours=24 + MAX_APPROVAL_HOURS),
    # Together seven and a half minutes: longer than a PostgreSQL takes to fail over.
    default_args={
        "owner": "olist",
        # Five million orders take no task three minutes on two cores (docs/scaling.md).
        "execution_timeout": timedelta(hours=1),
        "retries": 4,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2,
        "on_failure_callback": alerts.task_failed,
    },
    tags=["customers", "hubspot"],
    doc_md=ABOUT,
    on_failure_callback=alerts.run_failed,
    deadline=alerts.deadline(),
)
def customer_segmentation():
    run = start_run()
    # Of a mapped task Airflow does not take the docstring by itself.
    loads = load.override(doc_md=load.function.__doc__).partial(run=run).expand(table=MAY_BE_LOADED)
    validated = validate(run)
    with TaskGroup(
        "build_features", doc_md="Order values, then the numbers, scores and segments of the customers."
    ):
        values, customers, segments = order_values(run), customer_rfm(run), customer_segments(run)
    trained, actions = train_clusters(run), compute_actions(run)

    # The numbers of the customers are worked out while the data are checked, and go no further if they fail.
    loads >> values >> [validated, customers]
    cross_downstream([validated, customers], [segments, trained])
    trained >> assign_clusters(run) >> actions
    segments >> actions >> publish(run) >> upsert_hubspot(run) >> write_outputs(run)


customer_segmentation()
