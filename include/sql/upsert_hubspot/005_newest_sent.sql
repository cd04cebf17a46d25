-- The as_of of the newest delivery to an account that was begun.
create or replace function ops.newest_sent(to_portal_id bigint) returns timestamp
language sql stable
return (
    select max(syncs.as_of)
    from ops.hubspot_syncs as syncs
    inner join ops.pipeline_runs as run using (run_id)
    where run.portal_id = to_portal_id
      and ops.has_begun(syncs.mode, syncs.status)
);

create or replace function ops.is_older_than_sent(of_run_id bigint) returns boolean
language sql stable
return coalesce(
    (select as_of < ops.newest_sent(portal_id) from ops.pipeline_runs where run_id = of_run_id), false
);
