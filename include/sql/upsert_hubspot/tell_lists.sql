update ops.hubspot_syncs set lists_message = %(message)s where run_id = %(run_id)s
