-- When the person of an id was erased, and whether HubSpot still has to be told; no row where nobody was.
select
    erasures.erased_at,
    exists (select from ops.pending_erasures where pending_erasures.erasure_id = erasures.erasure_id) as is_pending
from ops.erasure_salt
inner join ops.erased_people on erased_people.id_hash = ops.salted(%(wanted)s, erasure_salt.salt)
inner join ops.erasures using (erasure_id)
