update ops.pipeline_runs
set status = 'succeeded', finished_at = clock_timestamp()
where run_id = %(run_id)s
