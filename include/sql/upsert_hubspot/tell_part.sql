-- A part that was under way when the delivery was stopped has ended.
update ops.hubspot_syncs
set told_parts = told_parts || %(part)s
where run_id = %(run_id)s and status = 'stopped' and %(part)s <> all (told_parts)
