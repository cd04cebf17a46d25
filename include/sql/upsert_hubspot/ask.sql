-- A plan that was not approved waits again where its question was cleared.
update ops.hubspot_syncs
set
    status = 'waiting', message = null, asked_at = clock_timestamp(),
    is_approved = null, decided_by = null, decided_at = null, finished_at = null
where run_id = %(run_id)s and status in ('waiting', 'not approved')
