-- While a file is loaded: its rows of erased people are entered in the temporary table `rejected` without a problem, so
-- that they reach no other table. Orders that are new are noted, to be searched for in all tables once every file of
-- the run is there (ops.settle_erased). Returns how many rows it entered.
create or replace function ops.mark_erased(landed text) returns bigint
language plpgsql
as $$
declare
    salt bytea := (select erasure_salt.salt from ops.erasure_salt);
    has_person boolean;
    has_customer boolean;
    has_order boolean;
    marked bigint;
begin
    select
        coalesce(bool_or(attname = 'customer_unique_id'), false),
        coalesce(bool_or(attname = 'customer_id'), false),
        coalesce(bool_or(attname = 'order_id'), false)
    into has_person, has_customer, has_order
    from pg_attribute
    where attrelid = landed::regclass;
    if not (has_person or has_customer or has_order) or not exists (select from ops.erased_people) then
        return 0;
    end if;

    execute format(
        'insert into rejected (position) select ctid from %s where %s',
        landed,
        case
            when has_person then 'ops.salted(customer_unique_id, $1) in (select id_hash from ops.erased_people)'
            when has_customer
            then 'ops.salted(customer_id, $1) in (select id_hash from ops.erased_keys where kind = ''customer_id'')'
            else 'ops.salted(order_id, $1) in (select id_hash from ops.erased_keys where kind = ''order_id'')'
        end
    ) using salt;
    get diagnostics marked = row_count;
    if marked > 0 and (has_person or has_order) and has_customer then
        execute format(
            'insert into ops.erased_keys (kind, id_hash, is_settled)
             select distinct %1$L, ops.salted(%1$I, $1), false
             from %2$s as landed
             inner join rejected on rejected.position = landed.ctid
             where %1$I is not null
             on conflict (kind, id_hash) do nothing',
            case when has_person then 'customer_id' else 'order_id' end, landed
        ) using salt;
    end if;
    return marked;
end
$$;

-- Of the rows that are about to be set aside, those that name an erased person are not.
create or replace procedure ops.mark_erased_rejects(landed text)
language plpgsql
as $$
begin
    if exists (select from ops.erased_people) then
        execute format(
            'update rejected set problem = null from %s as raw_row
             where raw_row.ctid = rejected.position and rejected.problem is not null
               and ops.names_erased(to_jsonb(raw_row) - ''file_line'')',
            landed
        );
    end if;
end
$$;

-- At the end of a load: the marked rows go from the table that they are in, and are counted. Of an order that goes, the
-- file keeps the moment, since the latest purchase decides about as_of.
create or replace procedure ops.leave_out_erased(landed text, of_file_id bigint)
language plpgsql
as $$
declare
    orders text := case
        when landed = 'raw.orders' then 'select * from staging.typed_orders where problem is null'
        when landed = 'staging.orders_file_' || of_file_id then 'select ctid as position, * from ' || landed
    end;
    gone bigint;
begin
    if exists (select from rejected where problem is null) then
        if orders is not null then
            execute format(
                'update ops.source_files
                 set erased_purchase = (
                     select max(order_purchase_timestamp)
                     from (%s) as orders
                     inner join rejected using (position)
                     where rejected.problem is null and order_status <> all (ops.excluded_statuses())
                 )
                 where file_id = $1',
                orders
            ) using of_file_id;
        end if;
        execute format(
            'delete from %s as raw_row using rejected where rejected.position = raw_row.ctid and rejected.problem is null',
            landed
        );
        get diagnostics gone = row_count;
        update ops.source_files
        set rows_accepted = rows_accepted - gone, rows_erased = rows_erased + gone
        where file_id = of_file_id;
    end if;
end
$$;

-- Where a file was read into raw for people to look at: rows of erased people go again, broken ones that name them too.
create or replace procedure ops.leave_erased_out_of_raw(source_table text)
language plpgsql
as $$
declare
    landed text := format('raw.%I', source_table);
begin
    create temporary table rejected (position tid primary key, problem text) on commit drop;
    if exists (select from ops.erased_people) then
        perform ops.mark_erased(landed);
        execute format(
            'insert into rejected
             select position, problem from staging.%I where problem is not null
             on conflict do nothing',
            'typed_' || source_table
        );
        call ops.mark_erased_rejects(landed);
        call ops.leave_out_erased(landed, null);
    end if;
    drop table rejected;
end
$$;
