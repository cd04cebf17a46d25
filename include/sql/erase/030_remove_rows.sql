create or replace function ops.added_up(counts jsonb, more jsonb) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_object_agg(key, total), '{}')
    from (
        select key, sum(value::bigint) as total
        from (select * from jsonb_each_text(counts) union all select * from jsonb_each_text(more)) as each
        group by key
    ) as totals
);

-- Removes the rows of people and of orders from every table, and counts them, by table. Rows of a file that go are
-- counted as erased, no longer as accepted.
create or replace procedure ops.remove_rows(
    people text[], customers text[], orders text[], inout removed jsonb default null
)
language plpgsql
as $$
declare
    part record;
    theirs text;
    gone bigint;
begin
    removed := '{}';
    for part in select * from ops.tables_of_people order by table_name loop
        theirs := concat_ws(
            ' or ',
            case when part.has_person then 'customer_unique_id = any ($1)' end,
            case when part.has_customer then 'customer_id = any ($2)' end,
            case when part.has_order then 'order_id = any ($3)' end
        );
        if part.is_by_file then
            execute format(
                'with gone as (
                     delete from %s where %s returning file_id
                 ),

                 by_file as (
                     select file_id, count(*) as gone from gone group by file_id
                 ),

                 counted as (
                     update ops.source_files
                     set rows_accepted = rows_accepted - by_file.gone, rows_erased = rows_erased + by_file.gone
                     from by_file
                     where source_files.file_id = by_file.file_id
                 )

                 select coalesce(sum(gone), 0) from by_file',
                part.table_name, theirs
            ) into gone using people, customers, orders;
        else
            execute format('delete from %s where %s', part.table_name, theirs) using people, customers, orders;
            get diagnostics gone = row_count;
        end if;
        if gone > 0 then
            removed := removed || jsonb_build_object(part.table_name, gone);
        end if;
    end loop;
end
$$;

-- Removes what was set aside of erased people, of one file or of all.
create or replace procedure ops.remove_rejects(of_file_id bigint, inout removed bigint default null)
language sql
begin atomic
    with gone as (
        delete from ops.file_rejects
        where (of_file_id is null or file_id = of_file_id)
          and exists (select from ops.erased_people)
          and ops.names_erased(row_content)
        returning file_id
    ),

    by_file as (
        select file_id, count(*) as gone from gone group by file_id
    ),

    counted as (
        update ops.source_files
        set rows_rejected = rows_rejected - by_file.gone, rows_erased = rows_erased + by_file.gone
        from by_file
        where source_files.file_id = by_file.file_id
    )

    select coalesce(sum(gone), 0) from by_file;
end;

-- A row that was set aside is still in raw, where its columns may have moved as well.
create or replace procedure ops.remove_rejects_from_raw()
language plpgsql
as $$
declare
    source record;
begin
    for source in
        select format('raw.%I', table_name) as landed, array_agg(row_content) as rows
        from ops.file_rejects inner join ops.source_files using (file_id)
        where ops.names_erased(row_content)
        group by table_name
    loop
        if to_regclass(source.landed) is not null then
            execute format(
                'delete from %s as raw_row where to_jsonb(raw_row) - ''file_line'' = any ($1)', source.landed
            ) using source.rows;
        end if;
    end loop;
end
$$;

-- Takes ids out of sentences and records that no column says they are in. A short one could be any number, and stays.
create or replace procedure ops.remove_from_texts(ids text[])
language plpgsql
as $$
declare
    place record;
    pattern text;
begin
    for place in
        select
            format('%I.%I', nspname, relname) as table_name,
            quote_ident(attname) as column_name,
            format_type(atttypid, null) as column_type
        from ops.objects
        inner join pg_namespace on nspname = split_part(objects.name, '.', 1)
        inner join pg_class
            on relnamespace = pg_namespace.oid and relname = split_part(objects.name, '.', 2)
            and relkind in ('r', 'p') and not relispartition
        inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = ''
        where nspname not in ('raw', 'staging')
          and objects.name not in ('ops.pending_erasures', 'ops.file_rejects')
          and format('%I.%I', nspname, relname) not in (select tables_of_people.table_name from ops.tables_of_people)
          and atttypid in ('text'::regtype, 'jsonb'::regtype)
    loop
        -- As few at a time as one pattern can hold.
        for pattern in
            select
                '(?<![[:alnum:]])('
                || string_agg(regexp_replace(id, '([^[:alnum:]])', '\\\1', 'g'), '|')
                || ')(?![[:alnum:]])'
            from unnest(ids) with ordinality as each (id, number)
            where length(id) >= 16
            group by number / 100
        loop
            execute format(
                'update %1$s set %2$s = regexp_replace(%2$s::text, $1, ''(erased)'', ''g'')::%3$s where %2$s::text ~ $1',
                place.table_name, place.column_name, place.column_type
            ) using pattern;
        end loop;
    end loop;
end
$$;

-- Lets go of people whose hashes are noted: of them, of their orders, and of results that were made with them.
create or replace procedure ops.let_go_of(people text[], inout removed jsonb default null)
language plpgsql
as $$
declare
    salt bytea := (select erasure_salt.salt from ops.erasure_salt);
    customers text[] := ops.theirs_alone('customer_unique_id', 'customer_id', people);
    orders text[] := ops.theirs_alone('customer_id', 'order_id', customers);
    rejects bigint;
begin
    insert into ops.erased_keys (kind, id_hash, is_settled)
    select 'customer_id', ops.salted(id, salt), true from unnest(customers) as each (id)
    union
    select 'order_id', ops.salted(id, salt), true from unnest(orders) as each (id)
    on conflict (kind, id_hash) do nothing;

    update ops.source_files
    set erased_purchase = greatest(erased_purchase, latest_purchase)
    from (
        select file_id, max(order_purchase_timestamp) as latest_purchase
        from staging.orders_by_file
        where order_id = any (orders)
          and order_status <> all (ops.excluded_statuses())
          and order_id in (select order_id from staging.order_items_by_file where order_id = any (orders))
        group by file_id
    ) as gone
    where source_files.file_id = gone.file_id;
    call ops.remove_rows(people, customers, orders, removed);
    call ops.remove_rejects_from_raw();
    call ops.remove_rejects(null, rejects);
    if rejects > 0 then
        removed := removed || jsonb_build_object('ops.file_rejects', rejects);
    end if;
    call ops.remove_from_texts(people || customers || orders);
    delete from ops.result_inputs;
end
$$;
