select as_of from ops.pipeline_runs where run_id = %(run_id)s
