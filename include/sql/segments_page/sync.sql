-- The newest delivery, and what its HubSpot account has acknowledged in all.
select
    syncs.run_id,
    syncs.as_of,
    syncs.mode,
    syncs.status,
    syncs.message,
    syncs.lists_message,
    syncs.opt_outs_message,
    syncs.plan,
    syncs.planned_at,
    syncs.finished_at,
    (select count(*) from ops.hubspot_contacts where portal_id = run.portal_id) as contacts,
    (select max(acknowledged_at) from ops.hubspot_contacts where portal_id = run.portal_id) as acknowledged_at,
    (select count(*) from ops.hubspot_in_flight where portal_id = run.portal_id) as in_doubt
from ops.hubspot_syncs as syncs
inner join ops.pipeline_runs as run using (run_id)
order by syncs.planned_at desc
limit 1
