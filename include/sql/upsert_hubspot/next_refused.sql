-- The next people of a part because of whom HubSpot refused a whole batch in an earlier delivery. Who has waited
-- longest comes first, so that everybody has a turn.
select plan.customer_unique_id, plan.payload - plan.kept, failures.last_attempt_at
from ops.hubspot_plan_drafts as plan
inner join ops.hubspot_failures as failures
    on failures.portal_id = %(portal_id)s
    and failures.customer_unique_id = plan.customer_unique_id
    and failures.was_sent_alone
where plan.run_id = %(run_id)s
  and plan.part = %(part)s
  and plan.outcome is null
  and (failures.last_attempt_at, plan.customer_unique_id) > (%(after_attempt_at)s, %(after)s)
order by failures.last_attempt_at, plan.customer_unique_id
limit %(people)s
