select
    array(select portal_id from ops.pending_erasures where erasure_id = %(erasure)s order by portal_id),
    finished_at is not null
from ops.erasures
where erasure_id = %(erasure)s
