select coalesce(ceil(extract(epoch from max(not_before) - clock_timestamp())), 0)::integer
from ops.pending_erasures
where erasure_id = %(erasure)s and portal_id in (%(portal_id)s, 0)
