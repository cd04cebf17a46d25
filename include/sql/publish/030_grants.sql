-- BI users read what is published and nothing else.
do $$
begin
    if exists (select from pg_roles where rolname = 'olist_bi') then
        grant usage on schema analytics to olist_bi;
        grant select on all tables in schema analytics to olist_bi;
    end if;
end
$$;
