-- Whom an account has to delete, but for those whom HubSpot may still be at work on.
select erasure_id, person, contact_id
from ops.pending_erasures
where portal_id = %(portal_id)s
  and (%(erasure)s::bigint is null or erasure_id = %(erasure)s)
  and coalesce(not_before < clock_timestamp(), true)
order by erasure_id
