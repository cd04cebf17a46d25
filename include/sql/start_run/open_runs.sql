select dag_run_id
from ops.pipeline_runs
where status in ('running', 'published') and dag_run_id is not null and run_id <> %(run_id)s
order by run_id
