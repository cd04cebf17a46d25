-- Compares people with the contacts that HubSpot gave back for them (in `found`, by our names for properties), and keeps
-- what differs in the place of what was known. Whom a delivery has told something meanwhile is passed over.
with looked_at as materialized (
    select
        contacts.portal_id, contacts.customer_unique_id, contacts.contact_id,
        contacts.payload - %(left_out)s::text[] as payload
    from ops.hubspot_contacts as contacts
    inner join ops.pipeline_runs as run on run.run_id = %(run_id)s and run.portal_id = contacts.portal_id
    where contacts.customer_unique_id = any (%(people)s)
      and contacts.acknowledged_at < %(asked_at)s
      and (
          %(with_doubts)s
          or not exists (
              select from ops.hubspot_in_flight as in_flight
              where in_flight.portal_id = contacts.portal_id
                and in_flight.customer_unique_id = contacts.customer_unique_id
          )
      )
),

answered as (
    select
        looked_at.*, found.record_id, found.held,
        nullif(found.held ->> %(id_property)s, '') as borne_id
    from looked_at
    left join jsonb_to_recordset(%(found)s) as found (customer_unique_id text, record_id text, held jsonb)
        using (customer_unique_id)
),

-- Without our id, another record than the one we knew is what it was merged into. So is one that bears another person's.
judged as (
    select
        answered.*,
        case
            when record_id is null then 'missing'
            when borne_id is not distinct from customer_unique_id then 'there'
            when record_id is distinct from contact_id then 'merged'
            when exists (
                select from ops.hubspot_contacts as others
                where others.portal_id = answered.portal_id and others.customer_unique_id = answered.borne_id
            ) then 'merged'
            else 'there'
        end as state
    from answered
),

differences as materialized (
    select portal_id, customer_unique_id, 'missing' as kind, null as property, contact_id as ours, null as theirs, null as borne_id
    from judged
    where state = 'missing'
    union all
    select
        portal_id, customer_unique_id, 'merged', null, contact_id, record_id,
        -- That person's contact may have lost our id as well.
        coalesce(
            borne_id,
            (
                select min(others.customer_unique_id) from ops.hubspot_contacts as others
                where others.portal_id = judged.portal_id and others.contact_id = judged.record_id
            )
        )
    from judged
    where state = 'merged'
    union all
    select portal_id, customer_unique_id, 'edited', property, ours, coalesce(held ->> property, ''), null
    from judged
    cross join jsonb_each_text(payload) as sent (property, ours)
    where state = 'there' and not ops.is_same_in_hubspot(ours, held ->> property, %(kinds)s::jsonb ->> property)
),

settled as (
    delete from ops.hubspot_differences as known using looked_at
    where known.portal_id = looked_at.portal_id and known.customer_unique_id = looked_at.customer_unique_id
      and not exists (
          select from differences
          where differences.customer_unique_id = known.customer_unique_id
            and differences.property is not distinct from known.property
      )
),

-- A merge that our id has survived gives the contact another record.
followed as (
    update ops.hubspot_contacts as contacts set contact_id = answered.record_id
    from answered
    where contacts.portal_id = answered.portal_id and contacts.customer_unique_id = answered.customer_unique_id
      and answered.borne_id = answered.customer_unique_id and contacts.contact_id is distinct from answered.record_id
),

kept as (
    insert into ops.hubspot_differences (portal_id, customer_unique_id, kind, property, ours, theirs, borne_id, run_id)
    select differences.*, %(run_id)s from differences
    on conflict (portal_id, customer_unique_id, property) do update set
        kind = excluded.kind, ours = excluded.ours, theirs = excluded.theirs, borne_id = excluded.borne_id,
        run_id = excluded.run_id, found_at = clock_timestamp()
)

update ops.hubspot_verifications
set reached = %(reached)s, looked_at = looked_at + (select count(*) from looked_at)
where run_id = %(run_id)s
