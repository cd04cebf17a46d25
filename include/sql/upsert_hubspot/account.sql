select portal_id from ops.pipeline_runs where run_id = %(run_id)s
