select run_id from ops.pipeline_runs where dag_run_id = %(dag_run_id)s
