-- The people of a run who have an e-mail in HubSpot once the plan is sent.
select customer_unique_id, properties ->> 'email'
from personal.people_of_run(%(run_id)s)
where properties ? 'email'
order by customer_unique_id
