with chosen as (
    update ops.pipeline_runs set model_id = %(model_id)s where run_id = %(run_id)s
)

insert into ops.model_choices (run_id, model_id, decision, reason, vintage_as_of, drift, link_fingerprint)
values (
    %(run_id)s, %(model_id)s, %(decision)s, %(reason)s, %(vintage_as_of)s, %(drift)s, %(link_fingerprint)s
)
on conflict (run_id) do update set
    model_id = excluded.model_id,
    decision = excluded.decision,
    reason = excluded.reason,
    vintage_as_of = excluded.vintage_as_of,
    drift = excluded.drift,
    link_fingerprint = excluded.link_fingerprint
