-- What there is of these names, as ops.objects writes them, and in PostgreSQL's words.
select name, string_agg(described, ', ' order by described) as described
from (
    select
        nspname || '.' || relname as name,
        pg_describe_object('pg_class'::regclass, pg_class.oid, 0) as described
    from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    union all
    select
        nspname || '.' || proname || '()',
        pg_describe_object('pg_proc'::regclass, pg_proc.oid, 0)
    from pg_proc inner join pg_namespace on pg_namespace.oid = pronamespace
) as objects
where name = any (%(names)s)
group by name
order by name
