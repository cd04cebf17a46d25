-- The moment that a restore goes back to, and the oldest as_of that the log of its account has.
select
    ops.restore_point(%(run_id)s),
    to_char(run.as_of, 'YYYY-MM-DD'),
    (
        select to_char(min(as_of), 'YYYY-MM-DD')
        from ops.hubspot_deliveries as told
        where told.portal_id = run.portal_id and outcome = 'accepted'
    )
from ops.pipeline_runs as run
where run.run_id = %(run_id)s
