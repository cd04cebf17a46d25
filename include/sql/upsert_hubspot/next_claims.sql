-- The next people of a part to whom a contact without a customer's id belongs, after the last one taken.
select plan.customer_unique_id, match.contact_id, match.email
from ops.hubspot_plan_drafts as plan
inner join personal.hubspot_matches as match using (run_id, customer_unique_id)
where plan.run_id = %(run_id)s
  and plan.part = %(part)s
  and plan.outcome is null
  and match.verdict = 'claim'
  and plan.customer_unique_id > %(after)s
order by plan.customer_unique_id
limit %(people)s
