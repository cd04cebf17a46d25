-- A part that begins while the delivery is stopped ends at once. One that has ended so before and begins again was
-- cleared by a person who has mended the cause: with it the delivery goes on.
update ops.hubspot_syncs
set
    status = case when %(part)s = any (told_parts) then 'planned' else status end,
    message = case when %(part)s = any (told_parts) then null else message end,
    told_parts = case when %(part)s = any (told_parts) then '{}' else told_parts || %(part)s end
where run_id = %(run_id)s and status = 'stopped'
