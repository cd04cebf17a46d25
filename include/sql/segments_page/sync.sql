-- The newest delivery, and what HubSpot has acknowledged in all.
select
    syncs.run_id,
    syncs.as_of,
    syncs.mode,
    syncs.status,
    syncs.message,
    syncs.plan,
    syncs.planned_at,
    syncs.finished_at,
    (select count(*) from ops.hubspot_contacts) as contacts,
    (select max(acknowledged_at) from ops.hubspot_contacts) as acknowledged_at,
    (select count(*) from ops.hubspot_in_flight) as in_doubt
from ops.hubspot_syncs as syncs
order by syncs.planned_at desc
limit 1
