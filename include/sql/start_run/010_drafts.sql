-- Whether there is already this part of a table of ours. A table of its name that is none of its parts is somebody
-- else's and stays as it is.
create or replace function ops.has_part(of_table text, part text) returns boolean
language plpgsql stable
as $$
begin
    if to_regclass(part) is null then
        return false;
    end if;
    if not exists (
        select from pg_inherits where inhrelid = to_regclass(part) and inhparent = to_regclass(of_table)
    ) then
        raise exception 'The table % of somebody else''s has a name that the pipeline needs for one of its own: rename it.',
            part using errcode = 'data_exception';
    end if;
    return true;
end
$$;

-- The slice that an order or a person is in. Working tables are partitioned by it, so it must stay as it is; and
-- wherever a query asks for one slice in these words, PostgreSQL reads no other.
create or replace function ops.slice_of(id text, slices integer) returns integer
language sql immutable parallel safe
return (hashtext(id) & 2147483647) % slices;

-- The working tables, and the column that says in which slice a row of a large one is.
create or replace function ops.drafts()
returns table (name text, sliced_by text)
language sql immutable
begin atomic
    values
    ('order_values_drafts', 'order_id'), ('customer_rfm_drafts', 'customer_unique_id'),
    ('customer_segments_drafts', null), ('customer_tiers_drafts', 'customer_unique_id'),
    ('snapshot_drafts', 'customer_unique_id'), ('hubspot_plan_drafts', null);
end;

-- The draft partitions of a run, made in one short transaction, since attaching one waits for no reader but
-- does wait for another run that attaches. PostgreSQL writes with one process, so the large ones are in slices, which as
-- many connections fill at once: one for each core, no more than the server may compute with, and no more than eight.
create or replace procedure ops.open_drafts(of_run_id bigint, cores integer default 1)
language plpgsql
as $$
declare
    draft text;
    sliced_by text;
    part text;
    slices constant integer := greatest(least(cores, current_setting('max_parallel_workers')::integer, 8), 1);
begin
    perform pg_advisory_xact_lock(hashtext('ops.open_drafts'));
    for draft, sliced_by in select * from ops.drafts() loop
        part := format('ops.%I', draft || '_' || of_run_id);
        continue when ops.has_part(format('ops.%I', draft), part);
        if sliced_by is null or slices = 1 then
            execute format('create table %s (like ops.%I including all)', part, draft);
        else
            execute format(
                'create table %s (like ops.%I including all) partition by list (ops.slice_of(%I, %s))',
                part, draft, sliced_by, slices
            );
            for number in 0 .. slices - 1 loop
                perform ops.has_part(part, ops.slice_name(draft, of_run_id, number, slices));
                execute format(
                    'create table %s partition of %s for values in (%s)',
                    ops.slice_name(draft, of_run_id, number, slices), part, number
                );
            end loop;
        end if;
        execute format('alter table ops.%I attach partition %s for values in (%s)', draft, part, of_run_id);
    end loop;
end
$$;

-- The table of one slice, or of the whole draft where that is in one.
create or replace function ops.slice_name(draft text, of_run_id bigint, slice integer, slices integer) returns text
language sql immutable
return format('ops.%I', draft || '_' || of_run_id || case when slices > 1 then '_slice_' || slice else '' end);

-- How many slices a draft is in; 1 where it is one table.
create or replace function ops.slices_of(draft text, of_run_id bigint) returns integer
language sql stable
return (
    select greatest(count(*), 1)::integer from pg_inherits
    where inhparent = to_regclass(format('ops.%I', draft || '_' || of_run_id))
);

create or replace procedure ops.find_draft(draft text, of_run_id bigint)
language plpgsql
as $$
begin
    -- What fills it must not have read somebody who is being erased meanwhile.
    perform pg_advisory_xact_lock_shared(hashtext('ops.erasure'));
    if not ops.has_part(format('ops.%I', draft), format('ops.%I', draft || '_' || of_run_id)) then
        raise exception 'The working tables of run % were cleaned up after it ended: clear it from start_run on.',
            of_run_id using errcode = 'data_exception';
    end if;
end
$$;

-- Two tries of one task at once, of which one was thought to be dead, leave each slice as one of them has filled it, and
-- both fill it with the same.
create or replace procedure ops.empty_draft(
    draft text, of_run_id bigint, slice integer default 0, slices integer default 1
)
language plpgsql
as $$
begin
    call ops.find_draft(draft, of_run_id);
    execute format('truncate %s', ops.slice_name(draft, of_run_id, slice, slices));
end
$$;

-- Tells the planner what the next stage will find: how many rows and how many different values. A sample of 3,000
-- rows says it as well as the usual 30,000, whose sorting takes longer than writing the draft did.
create or replace procedure ops.analyze_draft(
    draft text, of_run_id bigint, slice integer default 0, slices integer default 1
)
language plpgsql
set default_statistics_target = 10
as $$
begin
    execute format('analyze %s', ops.slice_name(draft, of_run_id, slice, slices));
end
$$;

-- For statements that read whole tables and no single row, until the end of the transaction. The planner has
-- statistics of the partitions but asks for those of the tables they are in, which there are none of; on its guesses
-- it would look up a hundred thousand rows one by one, or sort them first. Hash joins need no guess: what does not
-- fit into memory goes to disk in parts.
create or replace procedure ops.plan_for_whole_tables()
language plpgsql
as $$
begin
    perform set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true);
    if pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('32MB') then
        perform set_config('work_mem', '32MB', true);
    end if;
end
$$;
