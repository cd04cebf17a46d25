update ops.pipeline_runs
set portal_id = coalesce(%(portal_id)s, ops.last_portal())
where run_id = %(run_id)s
