select property_prefix from ops.hubspot_syncs where run_id = %(run_id)s
