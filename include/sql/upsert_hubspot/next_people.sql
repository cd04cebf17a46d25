-- The next people of a part whom HubSpot has not answered for, after the last one taken.
select customer_unique_id, payload, payload_hash
from ops.hubspot_plan_drafts
where run_id = %(run_id)s and part = %(part)s and outcome is null and customer_unique_id > %(after)s
order by customer_unique_id
limit %(people)s
