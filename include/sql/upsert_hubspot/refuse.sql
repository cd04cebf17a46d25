-- HubSpot refused these people, and the log says why; a later run plans them again, since the ledger does not have their
-- payload.
with refused as (
    select *
    from unnest(
        %(people)s::text[], %(categories)s::text[], %(messages)s::text[], %(correlation_ids)s::text[], %(alone)s::boolean[]
    ) as answer (customer_unique_id, category, message, correlation_id, was_sent_alone)
),

planned as (
    update ops.hubspot_plan_drafts as plan
    set outcome = case when refused.category = 'OBJECT_NOT_FOUND' then 'absent' else 'rejected' end
    from refused
    where plan.run_id = %(run_id)s and plan.part = %(part)s
      and plan.customer_unique_id = refused.customer_unique_id
    returning
        plan.customer_unique_id, plan.operation, plan.outcome, plan.payload,
        refused.category, refused.message, refused.correlation_id, refused.was_sent_alone
),

logged as (
    insert into ops.hubspot_deliveries (
        run_id, as_of, portal_id, customer_unique_id, operation, changes, outcome, contact_id, category, message,
        correlation_id
    )
    select
        run.run_id, run.as_of, %(portal_id)s, planned.customer_unique_id, ops.logged_operation(run.run_id, planned.operation),
        ops.hubspot_changes(before.payload, planned.payload), planned.outcome,
        before.contact_id, planned.category, planned.message, planned.correlation_id
    from planned
    inner join ops.pipeline_runs as run on run.run_id = %(run_id)s
    left join ops.hubspot_contacts as before
        on before.portal_id = %(portal_id)s and before.customer_unique_id = planned.customer_unique_id
),

landed as (
    delete from ops.hubspot_in_flight using refused
    where hubspot_in_flight.portal_id = %(portal_id)s
      and hubspot_in_flight.customer_unique_id = refused.customer_unique_id
)

insert into ops.hubspot_failures (portal_id, customer_unique_id, category, message, was_sent_alone, payload)
select %(portal_id)s, customer_unique_id, category, message, was_sent_alone, payload from planned where outcome = 'rejected'
on conflict (portal_id, customer_unique_id) do update set
    category = excluded.category,
    message = excluded.message,
    was_sent_alone = excluded.was_sent_alone,
    payload = excluded.payload,
    attempts = hubspot_failures.attempts + 1,
    last_attempt_at = clock_timestamp()
