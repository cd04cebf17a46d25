-- BI users read what is published and nothing else: no table of somebody else's in the same schema.
do $$
declare
    each record;
begin
    if exists (select from pg_roles where rolname = 'olist_bi') then
        grant usage on schema analytics to olist_bi;
        for each in
            select relname from ops.objects
            inner join pg_class on objects.name = 'analytics.' || relname
            where relnamespace = 'analytics'::regnamespace
        loop
            execute format('grant select on analytics.%I to olist_bi', each.relname);
        end loop;
    end if;
end
$$;
