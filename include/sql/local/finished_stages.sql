select run_id, stage, part, extract(epoch from finished_at - started_at)::float8, metrics
from ops.stage_runs
where run_id > %(last_run)s
order by finished_at
