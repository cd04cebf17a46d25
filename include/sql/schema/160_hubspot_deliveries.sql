-- What HubSpot was told about whom, and what it said: one row for each of its answers about a person.
create table ops.hubspot_deliveries (
    run_id bigint not null,
    as_of timestamp not null,
    portal_id bigint not null,
    customer_unique_id text collate "C" not null,
    operation text not null check (operation in ('create', 'update', 'clear', 'restore')),
    changes jsonb not null,
    outcome text not null check (outcome in ('accepted', 'rejected', 'absent')),
    contact_id text,
    category text,
    message text,
    correlation_id text,
    delivered_at timestamptz not null default clock_timestamp(),
    primary key (customer_unique_id, delivered_at, run_id)
) partition by range (delivered_at);
-- The rows of a run lie together, so little is enough to find them.
create index on ops.hubspot_deliveries using brin (run_id);
comment on table ops.hubspot_deliveries is
    'The delivery log: what HubSpot was told about each person, when, and what it answered. A partition a month (UTC), kept for keep_deliveries_months.';

-- The same for analysts, without anybody in it.
create view analytics.vw_deliveries as
select
    as_of,
    (delivered_at at time zone 'UTC')::date as delivered_on,
    operation,
    outcome,
    coalesce(category, '') as category,
    count(*) as contacts
from ops.hubspot_deliveries
group by 1, 2, 3, 4, 5;
comment on view analytics.vw_deliveries is
    'How many contacts HubSpot was told about, by day and answer: the delivery log without persons.';

create view analytics.vw_delivered_properties as
select
    as_of,
    (delivered_at at time zone 'UTC')::date as delivered_on,
    operation,
    property,
    count(*) as contacts
from ops.hubspot_deliveries cross join jsonb_object_keys(changes) as property
where outcome = 'accepted'
group by 1, 2, 3, 4;
comment on view analytics.vw_delivered_properties is
    'Of how many contacts each property was changed in HubSpot, by day.';

alter table ops.hubspot_syncs
    add column accepted bigint,
    add column rejected bigint,
    add column absent bigint;
