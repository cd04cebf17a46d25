-- The draft partitions of a run, made in one short transaction, since attaching one waits for no reader but
-- does wait for another run that attaches.
create or replace procedure ops.open_drafts(of_run_id bigint)
language plpgsql
as $$
declare
    draft text;
    part text;
begin
    perform pg_advisory_xact_lock(hashtext('ops.open_drafts'));
    foreach draft in array array[
        'order_values_drafts', 'customer_rfm_drafts', 'customer_segments_drafts',
        'customer_tiers_drafts', 'snapshot_drafts', 'hubspot_plan_drafts'
    ] loop
        part := format('ops.%I', draft || '_' || of_run_id);
        if to_regclass(part) is null then
            execute format('create table %s (like ops.%I including all)', part, draft);
            execute format('alter table ops.%I attach partition %s for values in (%s)', draft, part, of_run_id);
        end if;
    end loop;
end
$$;

create or replace procedure ops.empty_draft(draft text, of_run_id bigint)
language plpgsql
as $$
declare
    part text := format('ops.%I', draft || '_' || of_run_id);
begin
    if to_regclass(part) is null then
        raise exception 'The working tables of run % were cleaned up after it ended: clear it from start_run on.',
            of_run_id using errcode = 'data_exception';
    end if;
    execute format('truncate %s', part);
end
$$;

-- Tells the planner what the next stage will find.
create or replace procedure ops.analyze_draft(draft text, of_run_id bigint)
language plpgsql
as $$
begin
    execute format('analyze ops.%I', draft || '_' || of_run_id);
end
$$;

-- Drops the working tables and the staged files that no recent run uses: the last three runs that ended, the
-- last published one (people read its orders) and every run under way keep theirs. Gives up at once where
-- somebody is reading; the next run tries again.
create or replace procedure ops.drop_what_old_runs_left()
language plpgsql
as $$
declare
    part record;
begin
    set local lock_timeout = '1s';
    create temporary table kept_runs on commit drop as
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
    );

    for part in
        select child.oid::regclass as name
        from pg_inherits
        inner join pg_class as child on child.oid = inhrelid
        where child.relnamespace = 'ops'::regnamespace
          and child.relname ~ '_drafts_\d+$'
          and substring(child.relname from '\d+$')::bigint not in (select run_id from kept_runs)
    loop
        execute format('drop table %s', part.name);
    end loop;

    for part in
        select file_id, format('staging.%I', table_name || '_file_' || file_id) as name
        from ops.source_files
        where content_hash is not null
          and file_id not in (select file_id from ops.run_files inner join kept_runs using (run_id))
    loop
        execute format('drop table %s', part.name);
        update ops.source_files set content_hash = null where file_id = part.file_id;
    end loop;
    drop table kept_runs;
exception
    when lock_not_available then
        raise notice 'What old runs left is being read and is kept for now.';
end
$$;
