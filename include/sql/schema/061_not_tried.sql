-- People who were refused before and were not tried again are not "rejected"; a delivery that HubSpot refuses for a
-- reason that is nobody's is stopped; sync=repair sends everybody again.
alter table ops.hubspot_syncs
    drop constraint hubspot_syncs_mode_check,
    add constraint hubspot_syncs_mode_check check (mode in ('upsert', 'update', 'repair', 'dry_run', 'skip')),
    drop constraint hubspot_syncs_status_check,
    add constraint hubspot_syncs_status_check check (
        status in ('planned', 'delivered', 'superseded', 'dry_run', 'skipped', 'paused', 'stopped', 'failed')
    );

-- The working tables of runs under way have the constraint as their own, not only as that of the table they are in.
do $$
declare
    part record;
begin
    alter table ops.hubspot_plan_drafts drop constraint hubspot_plan_drafts_outcome_check;
    for part in
        select conrelid::regclass as name from pg_constraint
        where conname = 'hubspot_plan_drafts_outcome_check' and conrelid in (
            select inhrelid from pg_inherits where inhparent = 'ops.hubspot_plan_drafts'::regclass
        )
    loop
        execute format('alter table %s drop constraint hubspot_plan_drafts_outcome_check', part.name);
    end loop;
    alter table ops.hubspot_plan_drafts add constraint hubspot_plan_drafts_outcome_check
        check (outcome in ('accepted', 'rejected', 'absent', 'not tried'));
end
$$;
comment on column ops.hubspot_plan_drafts.outcome is
    'What HubSpot answered; NULL until it has. absent: sync=update, and HubSpot has no such contact. not tried: HubSpot refused the person before, and refused others again.';
