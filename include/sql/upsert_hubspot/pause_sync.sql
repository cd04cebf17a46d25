update ops.hubspot_syncs
set status = 'paused', message = 'HubSpot''s daily limit is used up: a later run sends the rest.'
where run_id = %(run_id)s and status = 'planned'
