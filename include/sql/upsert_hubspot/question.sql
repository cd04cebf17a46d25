-- What a person has to be asked about, and the parts to send where nobody has to be.
select
    syncs.status,
    syncs.as_of,
    syncs.plan,
    run.portal_id,
    syncs.fingerprint,
    syncs.asked ->> %(task)s as asked_before,
    case
        when syncs.status in ('dry_run', 'skipped', 'superseded', 'waiting', 'not approved') then '{}'
        else array(select distinct part from ops.hubspot_plan_drafts where run_id = %(run_id)s order by part)
    end as parts
from ops.hubspot_syncs as syncs
inner join ops.pipeline_runs as run using (run_id)
where syncs.run_id = %(run_id)s
