-- The next people of a part whom HubSpot has not answered for, after the last one taken, without those because of
-- whom it refused a whole batch before.
select plan.customer_unique_id, plan.payload - plan.kept
from ops.hubspot_plan_drafts as plan
where plan.run_id = %(run_id)s
  and plan.part = %(part)s
  and plan.outcome is null
  and plan.customer_unique_id > %(after)s
  and not exists (
      select from ops.hubspot_failures as failures
      where failures.portal_id = %(portal_id)s
        and failures.customer_unique_id = plan.customer_unique_id
        and failures.was_sent_alone
  )
order by plan.customer_unique_id
limit %(people)s
