update ops.pipeline_runs set model_id = %(model_id)s where run_id = %(run_id)s
