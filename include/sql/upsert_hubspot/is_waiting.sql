-- Whether a run of the DAG waits for a person's yes.
select from ops.hubspot_syncs inner join ops.pipeline_runs using (run_id)
where dag_run_id = %(dag_run_id)s and hubspot_syncs.status = 'waiting'
