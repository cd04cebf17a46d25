-- Whom the deliveries of this as_of told the account, each person as the newest of them did, and before all the run's
-- own plan: a run that finds nothing more to send must not empty the list of its month. Whoever has opted out is not in it,
-- also where the account was told of the person before.
with told as (
    select distinct on (plan.customer_unique_id) plan.*
    from ops.hubspot_plan_drafts as plan
    where plan.run_id = any ({runs_that_told}::bigint[])
      and (plan.run_id = {run_id} or plan.outcome is not null)
      and not exists (
          select from personal.opt_outs_of_run({run_id}) as opt_outs
          where opt_outs.customer_unique_id = plan.customer_unique_id
      )
    order by plan.customer_unique_id, plan.run_id = {run_id} desc, plan.run_id desc
)

select
    ops.spreadsheet_text(customer_unique_id) as olist_customer_id,
    operation,
    coalesce(outcome, 'not sent') as outcome,
    array_to_string(changed_properties, ' ') as changed_properties,
    ops.spreadsheet_text(payload ->> 'loyalty_tier') as loyalty_tier,
    ops.spreadsheet_text(payload ->> 'next_action') as next_action,
    ops.spreadsheet_text(payload ->> 'next_action_reason') as next_action_reason,
    ops.spreadsheet_text(payload ->> 'rfm_segment') as rfm_segment,
    payload ->> 'lifetime_value' as lifetime_value,
    payload ->> 'order_count' as order_count,
    payload ->> 'last_purchase_date' as last_purchase_date,
    ops.spreadsheet_text(payload ->> 'favorite_category') as favorite_category,
    payload ->> 'avg_review_score' as avg_review_score,
    ops.spreadsheet_text(payload ->> 'customer_state') as customer_state{campaign_group}{addresses}
from told
order by customer_unique_id
