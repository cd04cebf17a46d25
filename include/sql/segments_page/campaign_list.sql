select as_of from ops.hubspot_syncs where run_id = %(run_id)s and status = 'waiting'
