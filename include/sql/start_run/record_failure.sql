update ops.pipeline_runs
set status = 'failed', message = %(message)s, finished_at = clock_timestamp()
where run_id = %(run_id)s
