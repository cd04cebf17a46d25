-- The as_of of the newest delivery that was begun.
create or replace function ops.newest_sent() returns timestamp
language sql stable
return (
    select max(as_of) from ops.hubspot_syncs where mode in ('upsert', 'update') and status <> 'superseded'
);

create or replace function ops.is_older_than_sent(of_run_id bigint) returns boolean
language sql stable
return coalesce((select as_of < ops.newest_sent() from ops.pipeline_runs where run_id = of_run_id), false);
