select run_id, stage, part, extract(epoch from stage_runs.finished_at - stage_runs.started_at)::float8, metrics
from ops.stage_runs
inner join ops.pipeline_runs using (run_id)
where dag_run_id = %(dag_run_id)s
order by stage_runs.finished_at
