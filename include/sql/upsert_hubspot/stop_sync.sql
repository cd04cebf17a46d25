update ops.hubspot_syncs
set status = 'stopped', message = %(message)s
where run_id = %(run_id)s and status = 'planned'
