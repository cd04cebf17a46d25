-- A plan is asked about by a task. One that was not approved waits again.
update ops.hubspot_syncs
set
    status = 'waiting', message = null, is_approved = null, decided_by = null, decided_at = null, finished_at = null,
    asking = %(task)s, asked = asked || jsonb_build_object(%(task)s::text, fingerprint), asked_at = clock_timestamp()
where run_id = %(run_id)s
