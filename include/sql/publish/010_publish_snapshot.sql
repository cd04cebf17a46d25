-- Puts the run's snapshot in the place of the one of the same as_of, in one transaction: a reader sees the old
-- snapshot or the new one, and never waits. So a partition that is there is not exchanged for another one, which would
-- have to wait for whoever reads any snapshot.
create or replace procedure analytics.publish_snapshot(of_run_id bigint, inout customers bigint default null)
language plpgsql
as $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
    part text := format('analytics.%I', 'customer_snapshots_' || to_char(run_as_of, 'YYYYMMDD"t"HH24MISS'));
begin
    perform pg_advisory_xact_lock_shared(hashtext('ops.erasure'));
    perform pg_advisory_xact_lock(hashtext('analytics.publish_snapshot'), hashtext(to_char(run_as_of, 'YYYY-MM-DD HH24:MI:SS')));
    select count(*) into customers from ops.snapshot_drafts where run_id = of_run_id;
    if customers = 0 then
        raise exception 'Run % has no snapshot to publish: clear it from build_features on.', of_run_id
            using errcode = 'data_exception';
    end if;

    call ops.plan_for_whole_tables();
    if not ops.has_part('analytics.customer_snapshots', part) then
        call ops.add_snapshot(of_run_id, run_as_of, part);
    else
        call ops.replace_snapshot(of_run_id, part, customers);
    end if;

    update ops.pipeline_runs
    set status = 'published', published_at = clock_timestamp()
    where run_id = of_run_id;
    call ops.begin_experiment(of_run_id, by_delivery => false);
end
$$;

create or replace function ops.snapshot_columns(of_table text) returns text
language sql stable
return (
    select string_agg(format('%s.%I', of_table, attname), ', ' order by attnum)
    from pg_attribute
    where attrelid = 'analytics.customer_snapshots'::regclass and attnum > 0 and not attisdropped
);

-- The first snapshot of an as_of is a new partition. Its key is built from all rows at once, which takes a fraction
-- of adding them one by one, and it is attached last, so that other runs wait for it as short as possible.
create or replace procedure ops.add_snapshot(of_run_id bigint, run_as_of timestamp, part text)
language plpgsql
-- What readers ask for first is here at once; autovacuum looks at more rows soon after.
set default_statistics_target = 10
as $$
begin
    execute format(
        'create table %s (like analytics.customer_snapshots including all excluding indexes, check (as_of = %L))',
        part, run_as_of
    );
    execute format(
        'insert into %s select %s from ops.snapshot_drafts as draft where run_id = $1',
        part, ops.snapshot_columns('draft')
    ) using of_run_id;
    execute format('alter table %s add primary key (as_of, customer_unique_id)', part);
    execute format('analyze %s', part);
    execute format(
        'alter table analytics.customer_snapshots attach partition %s for values in (%L)', part, run_as_of
    );
end
$$;

-- Rows that are the same to the last digit (*=) stay: a run that is done again mostly changes few people.
create or replace procedure ops.replace_snapshot(of_run_id bigint, part text, customers bigint)
language plpgsql
set default_statistics_target = 10
as $$
declare
    kept bigint;
begin
    execute format(
        'delete from %s as old where not exists (
             select from ops.snapshot_drafts as draft
             where draft.run_id = $1
               and draft.customer_unique_id = old.customer_unique_id
               and row(%s)::record *= row(%s)::record
         )',
        part, ops.snapshot_columns('draft'), ops.snapshot_columns('old')
    ) using of_run_id;
    execute format('select count(*) from %s', part) into kept;
    if kept = customers then
        return;
    end if;

    execute format(
        'insert into %s select %s from ops.snapshot_drafts as draft
         where run_id = $1
           and not exists (select from %1$s as old where old.customer_unique_id = draft.customer_unique_id)',
        part, ops.snapshot_columns('draft')
    ) using of_run_id;
    execute format('analyze %s', part);
end
$$;
