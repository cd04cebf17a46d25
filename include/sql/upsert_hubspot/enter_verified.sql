update ops.hubspot_syncs set message = %(message)s where run_id = %(run_id)s
