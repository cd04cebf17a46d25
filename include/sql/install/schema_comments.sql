select nspname, obj_description(oid, 'pg_namespace')
from pg_namespace
where nspname in ('raw', 'staging', 'analytics', 'ops', 'personal')
