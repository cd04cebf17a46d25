-- A run that looks at the same files from the same moment, by the same rules, comes to the same results as the run
-- before: it copies them, which takes a fraction of the time. To have them computed again: DELETE FROM ops.result_inputs.

-- Everything that decides about a result; whom one can write to decides about none. Rules and SQL are in it as the fingerprint they were installed with.
create or replace function ops.inputs_of(result text, of_run_id bigint) returns jsonb
language sql stable
return (
    select jsonb_build_object(
        'files', (
            select jsonb_object_agg(run_files.table_name, file_id)
            from ops.run_files inner join ops.source_files using (file_id)
            where run_id = of_run_id and schema_name = 'staging'
        ),
        'rules', (select name from ops.installed where name like 'routines %'),
        'excluded_statuses', run.excluded_statuses,
        'as_of', case when result <> 'order_values_drafts' then run.as_of end,
        'model_id', case when result in ('customer_tiers_drafts', 'snapshot_drafts') then run.model_id end,
        'as_of_asked_for', case when result = 'validation_results' then run.requested_as_of end,
        'interval_end', case when result = 'validation_results' then run.interval_end end
    )
    from ops.pipeline_runs as run
    where run.run_id = of_run_id
);

-- Call it in the transaction that makes the result, once it is made.
create or replace procedure ops.record_inputs(made_result text, of_run_id bigint, from_run_id bigint default null)
language sql
begin atomic
    insert into ops.result_inputs (run_id, result, inputs, copied_from_run_id)
    values (of_run_id, made_result, ops.inputs_of(made_result, of_run_id), from_run_id)
    on conflict (run_id, result) do update
    set inputs = excluded.inputs, copied_from_run_id = excluded.copied_from_run_id;
end;

create or replace function ops.runs_with_same(wanted_result text, of_run_id bigint) returns setof bigint
language sql stable
begin atomic
    select run_id
    from ops.result_inputs
    where result = wanted_result and inputs = ops.inputs_of(wanted_result, of_run_id)
    order by run_id desc;
end;

-- The run that a draft can be copied from; NULL where there is none, and the draft has to be made. Until its inputs are
-- recorded nobody copies this one.
create or replace function ops.find_copy(draft text, of_run_id bigint) returns bigint
language plpgsql
as $$
begin
    call ops.find_draft(draft, of_run_id);
    delete from ops.result_inputs where run_id = of_run_id and result = draft;
    return (select * from ops.runs_with_same(draft, of_run_id) limit 1);
end
$$;

-- Fills a slice of a draft from that run. Returns false, with nothing changed, where its draft is being made again or
-- dropped: nobody waits here.
create or replace function ops.copy_slice(
    draft text, of_run_id bigint, from_run_id bigint, slice integer default 0, slices integer default 1
)
returns boolean
language plpgsql
as $$
declare
    sliced_by text := (select drafts.sliced_by from ops.drafts() as drafts where name = draft);
    column_names text;
begin
    begin
        execute format('lock table ops.%I in access share mode nowait', draft || '_' || from_run_id);
    exception when lock_not_available or undefined_table then
        return false;
    end;
    if from_run_id not in (select * from ops.runs_with_same(draft, of_run_id)) then
        return false;
    end if;

    call ops.empty_draft(draft, of_run_id, slice, slices);
    select string_agg(quote_ident(attname), ', ' order by attnum) into column_names
    from pg_attribute
    where attrelid = format('ops.%I', draft)::regclass and attnum > 0 and not attisdropped and attname <> 'run_id';
    execute format(
        'insert into %1$s (run_id, %2$s) select %3$s, %2$s from ops.%4$I where run_id = %5$s%6$s',
        ops.slice_name(draft, of_run_id, slice, slices), column_names, of_run_id, draft, from_run_id,
        case when slices > 1 then format(' and ops.slice_of(%I, %s) = %s', sliced_by, slices, slice) end
    );
    call ops.analyze_draft(draft, of_run_id, slice, slices);
    return true;
end
$$;

-- The same in one piece. Returns whether there was a run to copy from.
create or replace function ops.copy_draft(draft text, of_run_id bigint) returns boolean
language plpgsql
as $$
declare
    from_run_id bigint := ops.find_copy(draft, of_run_id);
begin
    if from_run_id is null or not ops.copy_slice(draft, of_run_id, from_run_id) then
        return false;
    end if;
    call ops.record_inputs(draft, of_run_id, from_run_id);
    return true;
end
$$;

-- A result in one piece, for analytics.refresh_customer_segments; stages fill its slices side by side
-- (olist.stages.results).
create or replace procedure ops.make_result(result text, of_run_id bigint)
language plpgsql
as $$
begin
    if not ops.copy_draft(result || '_drafts', of_run_id) then
        execute format('call ops.%I($1)', 'build_' || result) using of_run_id;
        call ops.record_inputs(result || '_drafts', of_run_id);
    end if;
end
$$;
