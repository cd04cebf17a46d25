-- The delivery log: ops.hubspot_deliveries.

-- What of somebody's properties is told anew, as {property: [old, new]}. Old is what HubSpot last acknowledged.
create or replace function ops.hubspot_changes(acknowledged jsonb, told jsonb) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_object_agg(key, jsonb_build_array(acknowledged -> key, value)), '{}')
    from jsonb_each(told)
    where value is distinct from acknowledged -> key
);

-- What the log calls an operation of a run's plan: a restore is one, whatever it does to a contact.
create or replace function ops.logged_operation(of_run_id bigint, planned text) returns text
language sql stable
return (
    select case when mode = 'restore' then 'restore' else planned end from ops.hubspot_syncs where run_id = of_run_id
);

-- Makes the log's partitions of this month and the next one, so that no delivery that begins now runs out of them. Takes
-- no lock that anybody who reads the log or writes to it would wait for.
create or replace procedure ops.open_deliveries()
language plpgsql
as $$
declare
    this_month timestamp := date_trunc('month', clock_timestamp() at time zone 'UTC');
    month timestamp;
    part text;
begin
    for month in select this_month + make_interval(months => later) from generate_series(0, 1) as later loop
        part := format('ops.hubspot_deliveries_%s', to_char(month, 'YYYY_MM'));
        if not ops.has_part('ops.hubspot_deliveries', part) then
            -- Two parts of a delivery begin at once.
            lock table ops.hubspot_deliveries in share update exclusive mode;
            if not ops.has_part('ops.hubspot_deliveries', part) then
                execute format('create table %s (like ops.hubspot_deliveries including all)', part);
                execute format(
                    'alter table ops.hubspot_deliveries attach partition %s for values from (%L) to (%L)',
                    part, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC'
                );
            end if;
        end if;
    end loop;
end
$$;

-- Drops the months of the log that are more than `months` older than that of the newest delivery (NULL: none). One that
-- is being read is left to the next run. Commits after each: call it outside a transaction.
create or replace procedure ops.drop_old_deliveries(
    months integer default ops.keep_deliveries_months(), inout dropped integer default null
)
language plpgsql
as $$
declare
    newest timestamp := (
        select max(planned_at) at time zone 'UTC' from ops.hubspot_syncs where ops.is_sending(mode)
    );
    part text;
    is_dropped boolean;
begin
    if months < 1 then
        raise exception 'The newest deliveries must be kept for at least 1 month, not %.', months
            using errcode = 'invalid_parameter_value';
    end if;
    dropped := 0;
    for part in
        select format('ops.%I', child.relname)
        from pg_inherits inner join pg_class as child on child.oid = inhrelid
        where inhparent = 'ops.hubspot_deliveries'::regclass
          and to_date(right(child.relname, 7), 'YYYY_MM') < date_trunc('month', newest) - make_interval(months => months)
        order by child.relname
    loop
        call ops.drop_unless_in_use(part, is_dropped);
        dropped := dropped + is_dropped::integer;
        commit;
    end loop;
end
$$;
