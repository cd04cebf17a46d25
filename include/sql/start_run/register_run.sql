insert into ops.pipeline_runs (
    dag_run_id, trigger, requested_as_of, interval_end, data_dir, retrain, sync, accepted_gates, excluded_statuses
)
values (
    %(dag_run_id)s, %(trigger)s, %(requested_as_of)s, %(interval_end)s, %(data_dir)s, %(retrain)s, %(sync)s,
    %(accepted_gates)s,
    ops.excluded_statuses()
)
on conflict (dag_run_id) do update set
    status = 'running',
    message = null,
    requested_as_of = excluded.requested_as_of,
    interval_end = excluded.interval_end,
    data_dir = excluded.data_dir,
    retrain = excluded.retrain,
    sync = excluded.sync,
    accepted_gates = excluded.accepted_gates,
    excluded_statuses = excluded.excluded_statuses,
    started_at = clock_timestamp(),
    finished_at = null
returning run_id
