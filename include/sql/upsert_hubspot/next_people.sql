-- The next people of a part whom HubSpot has not answered for, after the last one taken. Those because of whom
-- HubSpot refused a whole batch before come apart from the others.
select plan.customer_unique_id, plan.payload
from ops.hubspot_plan_drafts as plan
left join ops.hubspot_failures as failures
    on failures.customer_unique_id = plan.customer_unique_id and failures.was_sent_alone
where plan.run_id = %(run_id)s
  and plan.part = %(part)s
  and plan.outcome is null
  and plan.customer_unique_id > %(after)s
  and (failures.customer_unique_id is not null) = %(known_to_fail)s
order by plan.customer_unique_id
limit %(people)s
