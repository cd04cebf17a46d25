-- Plans that wait for a person, of one run of the DAG or of all.
select syncs.run_id, run.dag_run_id, syncs.as_of, syncs.plan, syncs.asking, syncs.asked_at
from ops.hubspot_syncs as syncs
inner join ops.pipeline_runs as run using (run_id)
where syncs.status = 'waiting' and syncs.asked_at is not null
  and (%(dag_run_id)s::text is null or run.dag_run_id = %(dag_run_id)s)
order by syncs.asked_at
