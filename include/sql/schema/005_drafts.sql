-- What a run works on before anything is published: one partition for each run, so that runs which overlap
-- never share a row. Logged, because a task that is retried after a crash must find what the task before it left.
create table ops.order_values_drafts (
    run_id bigint not null,
    order_id text collate "C" not null,
    customer_id text collate "C" not null,
    customer_unique_id text collate "C",
    zip_code_prefix text collate "C",
    customer_city text,
    customer_state text,
    order_status text not null,
    order_date timestamp not null,
    items_total numeric,
    payments_total numeric,
    is_qualifying boolean not null
) partition by list (run_id);
comment on column ops.order_values_drafts.is_qualifying is
    'The order counts: its status is not excluded, it has an item and a customer. Its date is not looked at.';

create table ops.customer_rfm_drafts (
    run_id bigint not null,
    customer_unique_id text collate "C" not null,
    first_purchase_date timestamp not null,
    last_purchase_date timestamp not null,
    recency_days integer not null,
    frequency integer not null,
    monetary numeric not null,
    avg_review_score numeric,
    favorite_category text not null,
    customer_city text,
    customer_state text,
    latitude double precision,
    longitude double precision
) partition by list (run_id);

create table ops.customer_segments_drafts (
    run_id bigint not null,
    customer_unique_id text collate "C" not null,
    r_score smallint not null,
    f_score smallint not null,
    m_score smallint not null,
    segment_name text not null
) partition by list (run_id);

create table ops.customer_tiers_drafts (
    run_id bigint not null,
    customer_unique_id text collate "C" not null,
    loyalty_tier text not null
) partition by list (run_id);

create table ops.snapshot_drafts (
    run_id bigint not null,
    like analytics.customer_snapshots
) partition by list (run_id);

create table ops.hubspot_plan_drafts (
    run_id bigint not null,
    customer_unique_id text collate "C" not null,
    operation text not null check (operation in ('create', 'update', 'clear')),
    part integer not null,
    changed_properties text[] not null,
    payload jsonb not null,
    payload_hash text not null,
    outcome text check (outcome in ('accepted', 'rejected', 'absent')),
    primary key (run_id, part, customer_unique_id)
) partition by list (run_id);
comment on table ops.hubspot_plan_drafts is
    'Who a run has to tell HubSpot about: payloads that differ from what HubSpot last acknowledged.';
comment on column ops.hubspot_plan_drafts.part is 'Which of the parallel tasks sends it, from 0.';
comment on column ops.hubspot_plan_drafts.outcome is
    'What HubSpot answered; NULL until it has. absent: sync=update, and HubSpot has no such contact.';
