-- How many people of the newest snapshot an account has not acknowledged: what a delivery would create at most.
select count(*)
from analytics.customer_snapshots as snapshot
where snapshot.as_of = (select max(as_of) from analytics.customer_snapshots)
  and not exists (
      select from ops.hubspot_contacts as contacts
      where contacts.portal_id = %(portal_id)s
        and contacts.customer_unique_id = snapshot.customer_unique_id
  )
