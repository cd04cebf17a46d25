-- The columns of ops.installed; NULL without it.
select string_agg(attname || ' ' || format_type(atttypid, null), ', ' order by attnum)
from pg_attribute
where attrelid = to_regclass('ops.installed') and attnum > 0 and not attisdropped
