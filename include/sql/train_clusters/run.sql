select as_of, retrain from ops.pipeline_runs where run_id = %(run_id)s
