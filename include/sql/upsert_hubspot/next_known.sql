-- The next people of an account's ledger, after the last one taken.
select customer_unique_id
from ops.hubspot_contacts
where portal_id = %(portal_id)s and customer_unique_id > %(after)s
order by customer_unique_id
limit %(people)s
