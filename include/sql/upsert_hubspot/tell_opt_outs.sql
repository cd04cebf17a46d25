update ops.hubspot_syncs set opt_outs_message = %(message)s where run_id = %(run_id)s
