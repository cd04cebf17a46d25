-- A plan of which nothing is sent. It does not hold up another month, unless a try before it has sent something.
update ops.hubspot_syncs as syncs
set
    status = case
        when exists (
            select from ops.hubspot_contacts as contacts
            where contacts.portal_id = run.portal_id and contacts.as_of = syncs.as_of
        ) then 'stopped'
        else 'held back'
    end,
    message = %(message)s
from ops.pipeline_runs as run
where run.run_id = syncs.run_id and syncs.run_id = %(run_id)s
