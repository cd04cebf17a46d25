-- HubSpot has these payloads: the ledger says so from here on, the log what is new in them, and what is known to have
-- failed is mended. That an e-mail is taken is judged by plans.
with accepted as (
    select * from unnest(%(people)s::text[], %(contact_ids)s::text[]) as answer (customer_unique_id, contact_id)
),

planned as (
    update ops.hubspot_plan_drafts as plan
    set outcome = 'accepted'
    from accepted
    where plan.run_id = %(run_id)s and plan.part = %(part)s
      and plan.customer_unique_id = accepted.customer_unique_id
    returning plan.customer_unique_id, plan.operation, plan.kept, accepted.contact_id, plan.payload, plan.payload_hash
),

logged as (
    insert into ops.hubspot_deliveries (
        run_id, as_of, portal_id, customer_unique_id, operation, changes, outcome, contact_id, correlation_id
    )
    select
        run.run_id, run.as_of, %(portal_id)s, planned.customer_unique_id, ops.logged_operation(run.run_id, planned.operation),
        ops.hubspot_changes(before.payload, planned.payload), 'accepted',
        coalesce(planned.contact_id, before.contact_id), %(correlation_id)s
    from planned
    inner join ops.pipeline_runs as run on run.run_id = %(run_id)s
    left join ops.hubspot_contacts as before
        on before.portal_id = %(portal_id)s and before.customer_unique_id = planned.customer_unique_id
),

mended as (
    delete from ops.hubspot_failures using accepted
    where hubspot_failures.portal_id = %(portal_id)s
      and hubspot_failures.customer_unique_id = accepted.customer_unique_id
      and hubspot_failures.category is distinct from 'EMAIL_TAKEN'
),

settled as (
    delete from ops.hubspot_differences as differences using planned
    where differences.portal_id = %(portal_id)s
      and differences.customer_unique_id = planned.customer_unique_id
      and (differences.property is null or differences.property <> all (planned.kept))
),

landed as (
    delete from ops.hubspot_in_flight using accepted
    where hubspot_in_flight.portal_id = %(portal_id)s
      and hubspot_in_flight.customer_unique_id = accepted.customer_unique_id
)

insert into ops.hubspot_contacts (portal_id, customer_unique_id, payload_hash, payload, contact_id, as_of)
select %(portal_id)s, planned.customer_unique_id, planned.payload_hash, planned.payload, planned.contact_id, run.as_of
from planned
inner join ops.pipeline_runs as run on run.run_id = %(run_id)s
on conflict (portal_id, customer_unique_id) do update set
    payload_hash = excluded.payload_hash,
    payload = excluded.payload,
    contact_id = coalesce(excluded.contact_id, hubspot_contacts.contact_id),
    as_of = excluded.as_of,
    acknowledged_at = clock_timestamp()
