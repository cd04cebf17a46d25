select ops.is_sent(%(run_id)s)
