-- The next people of a run whose e-mail is to be looked for in HubSpot, after the last one taken.
select customer_unique_id, email
from personal.hubspot_matches
where run_id = %(run_id)s and customer_unique_id > %(after)s and not is_shared
order by customer_unique_id
limit %(people)s
