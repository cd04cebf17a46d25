-- Every table of the pipeline's with a row for a person or an order, found by its columns: a table that somebody adds
-- is erased from without being named anywhere.
create or replace view ops.tables_of_people as
select
    format('%I.%I', pg_namespace.nspname, pg_class.relname) as table_name,
    bool_or(pg_attribute.attname = 'customer_unique_id') as has_person,
    bool_or(pg_attribute.attname = 'customer_id') as has_customer,
    bool_or(pg_attribute.attname = 'order_id') as has_order,
    bool_or(pg_attribute.attname = 'file_id') as is_by_file
from ops.objects
inner join pg_namespace on pg_namespace.nspname = split_part(objects.name, '.', 1)
inner join pg_class
    on pg_class.relnamespace = pg_namespace.oid
    and pg_class.relname = split_part(objects.name, '.', 2)
    and pg_class.relkind in ('r', 'p')
    and not pg_class.relispartition
inner join pg_attribute
    on pg_attribute.attrelid = pg_class.oid
    and pg_attribute.attname in ('customer_unique_id', 'customer_id', 'order_id', 'file_id')
group by pg_namespace.nspname, pg_class.relname
having bool_or(pg_attribute.attname <> 'file_id');
comment on view ops.tables_of_people is 'Every table with a row for a person or an order: what an erasure goes through.';
comment on column ops.tables_of_people.table_name is 'The table, as SQL names it.';
comment on column ops.tables_of_people.has_person is 'It has a customer_unique_id.';
comment on column ops.tables_of_people.has_customer is 'It has a customer_id.';
comment on column ops.tables_of_people.has_order is 'It has an order_id.';
comment on column ops.tables_of_people.is_by_file is 'It has the file (ops.source_files) that each row is from.';

-- Ids of a kind that stand beside an id of another one, in all tables and among the rows that were set aside.
create or replace function ops.pairs_of(known text, other text) returns text
language sql stable
return (
    select string_agg(
        format('select %I as known, %I as other from %s', known, other, table_name), ' union all ' order by table_name
    )
    from ops.tables_of_people
    where case known when 'customer_unique_id' then has_person else has_customer end
      and case other when 'customer_id' then has_customer else has_order end
) || format(
    ' union all select row_content ->> %1$L, row_content ->> %2$L from ops.file_rejects where row_content ? %1$L',
    known, other
);

-- The ids that belong to nobody but these: a customer_id or an order that a file has given to somebody else stays.
create or replace function ops.theirs_alone(known text, other text, ids text[]) returns text[]
language plpgsql stable
as $$
declare
    pairs text := ops.pairs_of(known, other);
    found_ids text[];
begin
    execute format('select array_agg(distinct other) from (%s) as pairs where known = any ($1)', pairs)
    into found_ids using ids;
    execute format(
        'select coalesce(array_agg(id), ''{}'') from unnest($1) as mine (id)
         where not exists (select from (%s) as pairs where pairs.other = mine.id and pairs.known <> all ($2))',
        pairs
    ) into found_ids using array_remove(found_ids, null), ids;
    return found_ids;
end
$$;
