-- Whether an account has people of ours, and its property that tells them apart is not noted as ours yet.
select
    exists (select from ops.hubspot_contacts where portal_id = %(portal_id)s)
    and not exists (
        select from ops.hubspot_properties where portal_id = %(portal_id)s and property = %(property)s
    )
