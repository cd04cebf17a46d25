-- A run that ended without saying why itself. One that was stopped, or has failed, keeps its own words.
update ops.pipeline_runs
set status = 'failed', message = %(message)s, finished_at = clock_timestamp()
where dag_run_id = %(dag_run_id)s and status in ('running', 'published')
