-- An account is without the person. That it once had them stays written, also where it is asked again.
with done as (
    delete from ops.pending_erasures
    where erasure_id = %(erasure)s and portal_id in (%(portal_id)s, 0)
)

update ops.erasures
set hubspot = (hubspot - '0') || jsonb_build_object(
    %(portal_id)s::text,
    case when hubspot ->> %(portal_id)s::text = 'deleted' then 'deleted' else %(outcome)s::text end
)
where erasure_id = %(erasure)s
