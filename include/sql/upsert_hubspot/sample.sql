-- People of an account's ledger, always the same ones while the ledger is the same.
select customer_unique_id, contact_id
from ops.hubspot_contacts as contacts
where portal_id = %(portal_id)s
  and not exists (
      select from ops.hubspot_in_flight as in_flight
      where in_flight.portal_id = contacts.portal_id
        and in_flight.customer_unique_id = contacts.customer_unique_id
  )
order by md5(customer_unique_id)
limit %(people)s
