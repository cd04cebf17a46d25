select ops.damaged_files(%(run_id)s)
