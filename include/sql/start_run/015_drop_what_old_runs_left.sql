-- Whose working tables and staged files are still needed: every run under way, the last three that ended, the
-- last published one, whose orders people read, and those that failed today, whose task may be tried again.
create or replace view ops.kept_runs as
(select run_id from ops.pipeline_runs where status in ('running', 'published'))
union
(
    select run_id from ops.pipeline_runs
    where published_at is not null order by published_at desc, run_id desc limit 1
)
union
(
    select run_id from ops.pipeline_runs
    where status in ('succeeded', 'failed') order by finished_at desc limit 3
)
union
(
    select run_id from ops.pipeline_runs
    where status = 'failed' and finished_at > clock_timestamp() - interval '1 day'
);

-- Runs that told a HubSpot account something. Their plans are the list of whom their month told, and stay as long as its
-- snapshot.
create or replace view ops.runs_that_told as
select syncs.run_id, syncs.as_of, run.portal_id
from ops.hubspot_syncs as syncs
inner join ops.pipeline_runs as run using (run_id)
inner join ops.snapshot_dates on snapshot_dates.as_of = syncs.as_of
where syncs.status not in ('dry_run', 'skipped', 'waiting', 'not approved')
  and exists (
      select from jsonb_each(syncs.plan)
      where key in ('create', 'update', 'clear') and value > '0'
  );

-- Drops a partition, unless somebody is using its table right now: whoever comes next would have to wait behind
-- us for as long as we wait. One session drops at a time, since two that drop one partition trip over each other.
create or replace procedure ops.drop_unless_in_use(part text, inout is_dropped boolean default null)
language plpgsql
as $$
begin
    if not pg_try_advisory_xact_lock(hashtext('ops.drop_unless_in_use')) then
        is_dropped := false;
        return;
    end if;
    set local lock_timeout = '200ms';
    -- What is no part of a table is none of ours, though it may have the name of one.
    if exists (select from pg_class where oid = to_regclass(part) and relispartition) then
        execute format('drop table %s', part);
    end if;
    is_dropped := true;
exception
    when lock_not_available or deadlock_detected then
        raise notice '% is in use and is kept for now.', part;
        is_dropped := false;
end
$$;

-- Drops the working tables and the staged files that no kept run needs. What is in use is left to the next run.
-- Commits after each, so that it never holds one lock while it waits for another: call it outside a transaction.
create or replace procedure ops.drop_what_old_runs_left()
language plpgsql
as $$
declare
    part record;
    is_dropped boolean;
begin
    for part in
        select format('ops.%I', child.relname) as name
        from pg_inherits
        inner join pg_class as child on child.oid = inhrelid
        inner join pg_class as parent on parent.oid = inhparent
        -- Tables of somebody else's may have such names, too.
        inner join ops.objects on objects.name = 'ops.' || parent.relname
        where child.relnamespace = 'ops'::regnamespace
          and parent.relnamespace = 'ops'::regnamespace
          and child.relname ~ ('^' || parent.relname || '_\d+$')
          and parent.relname ~ '_drafts$'
          and substring(child.relname from '\d+$')::bigint not in (select run_id from ops.kept_runs)
          and not (
              child.relname like 'hubspot\_plan\_drafts\_%'
              and substring(child.relname from '\d+$')::bigint in (select run_id from ops.runs_that_told)
          )
    loop
        call ops.drop_unless_in_use(part.name, is_dropped);
        commit;
    end loop;
    delete from ops.result_inputs where run_id not in (select run_id from ops.kept_runs);
    commit;

    for part in
        select file_id, format('%I.%I', schema_name, table_name || '_file_' || file_id) as name
        from ops.source_files
        where content_hash is not null
    loop
        -- A load that has found the file by its content holds its row until its run is pinned to it.
        perform from ops.source_files where file_id = part.file_id for update skip locked;
        if found and not exists (
            select from ops.run_files inner join ops.kept_runs using (run_id) where file_id = part.file_id
        ) then
            call ops.drop_unless_in_use(part.name, is_dropped);
            if is_dropped then
                update ops.source_files set content_hash = null where file_id = part.file_id;
            end if;
        end if;
        commit;
    end loop;
end
$$;
