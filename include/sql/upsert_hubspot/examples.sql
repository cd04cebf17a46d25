-- Ten people of a plan, always the same ones: of each kind of change as many as there is room for.
select
    plan.customer_unique_id,
    plan.operation,
    contacts.payload as before,
    plan.payload as after
from (
    select
        *,
        row_number() over (partition by operation, payload ->> 'next_action' order by md5(customer_unique_id)) as place
    from ops.hubspot_plan_drafts
    where run_id = %(run_id)s
) as plan
inner join ops.pipeline_runs as run using (run_id)
left join ops.hubspot_contacts as contacts
    on contacts.portal_id = run.portal_id and contacts.customer_unique_id = plan.customer_unique_id
order by plan.place, plan.operation, md5(plan.customer_unique_id)
limit 10
