-- Ids in clear that are known again by the hashes of a kind which no search was made for yet.
create or replace function ops.found_again(of_kind text) returns text[]
language plpgsql stable
as $$
declare
    salt bytea := (select erasure_salt.salt from ops.erasure_salt);
    places text := (
        select string_agg(format('select %I as id from %s', of_kind, table_name), ' union all ')
        from ops.tables_of_people
        where case of_kind when 'customer_id' then has_customer else has_order end
    );
    found_ids text[];
begin
    execute format(
        'select coalesce(array_agg(distinct id), ''{}'') from (%s) as places
         where ops.salted(id, $1) in (select id_hash from ops.erased_keys where kind = $2 and not is_settled)',
        places
    ) into found_ids using salt, of_kind;
    return found_ids;
end
$$;

-- A file may bring a new order of an erased person, and the orders may be loaded before the customers who say whose they
-- are. Once every file of a run is loaded, and before anything reads them, such orders go from all tables.
create or replace procedure ops.settle_erased()
language plpgsql
as $$
declare
    customers text[];
    orders text[];
    removed jsonb;
begin
    if not exists (select from ops.erased_keys where not is_settled) then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('ops.erasure'));
    customers := ops.found_again('customer_id');
    orders := ops.found_again('order_id') || ops.theirs_alone('customer_id', 'order_id', customers);
    insert into ops.erased_keys (kind, id_hash, is_settled)
    select distinct 'order_id', ops.salted(id, salt), true from unnest(orders) as each (id) cross join ops.erasure_salt
    on conflict (kind, id_hash) do nothing;
    call ops.remove_rows('{}', customers, orders, removed);
    if removed <> '{}' then
        delete from ops.result_inputs;
    end if;
    update ops.erased_keys set is_settled = true where not is_settled;
end
$$;

-- Before a run: what has come back from a backup, such as a snapshot that was restored, goes again. Returns how many
-- people that were.
create or replace procedure ops.remove_what_came_back(inout people_found bigint default null)
language plpgsql
as $$
declare
    salt bytea := (select erasure_salt.salt from ops.erasure_salt);
    places text;
    people text[];
    removed jsonb;
begin
    people_found := 0;
    if not exists (select from ops.erased_people) then
        return;
    end if;
    -- Working tables are made from the others, and files are looked through when they are loaded. UNION: one hash for
    -- each person, not one for each month.
    select string_agg(format('select customer_unique_id from %s', table_name), ' union ') into places
    from ops.tables_of_people
    where has_person and not is_by_file and table_name !~ '^raw|_drafts$';
    execute format(
        'select coalesce(array_agg(customer_unique_id), ''{}'') from (%s) as places
         where ops.salted(customer_unique_id, $1) in (select id_hash from ops.erased_people)',
        places
    ) into people using salt;
    people_found := cardinality(people);
    if people_found > 0 then
        perform pg_advisory_xact_lock(hashtext('ops.erasure'));
        call ops.let_go_of(people, removed);
    end if;
end
$$;
