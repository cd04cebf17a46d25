-- The heart of what people read: every customer at every as_of.
create table analytics.customer_snapshots (
    as_of timestamp not null,
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
    longitude double precision,
    r_score smallint not null,
    f_score smallint not null,
    m_score smallint not null,
    rfm_code text not null,
    segment_name text not null,
    loyalty_tier text,
    next_action text,
    action_priority integer,
    next_action_reason text,
    model_id bigint,
    primary key (as_of, customer_unique_id)
) partition by list (as_of);

comment on table analytics.customer_snapshots is
    'One row per customer and as_of. Nothing dated at or after as_of has influenced it.';
comment on column analytics.customer_snapshots.as_of is 'The moment the customer is looked at from (UTC).';
comment on column analytics.customer_snapshots.customer_unique_id is 'The person; customer_id is one per order.';
comment on column analytics.customer_snapshots.first_purchase_date is 'First qualifying purchase.';
comment on column analytics.customer_snapshots.last_purchase_date is 'Last qualifying purchase before as_of.';
comment on column analytics.customer_snapshots.recency_days is
    'Whole days from the last qualifying purchase to as_of, rounded down.';
comment on column analytics.customer_snapshots.frequency is 'Number of qualifying orders.';
comment on column analytics.customer_snapshots.monetary is 'Price and freight of all items bought, in BRL, exact.';
comment on column analytics.customer_snapshots.avg_review_score is
    'Mean score (1 to 5) of the reviews of qualifying orders; NULL where there is none.';
comment on column analytics.customer_snapshots.favorite_category is
    'English name of the category with most items bought; ties by spend, then by name.';
comment on column analytics.customer_snapshots.customer_city is 'City of the latest qualifying order.';
comment on column analytics.customer_snapshots.customer_state is 'State of the latest qualifying order.';
comment on column analytics.customer_snapshots.latitude is 'Median latitude of the zip prefix, in degrees.';
comment on column analytics.customer_snapshots.longitude is 'Median longitude of the zip prefix, in degrees.';
comment on column analytics.customer_snapshots.r_score is 'Recency quintile, 5 is most recent.';
comment on column analytics.customer_snapshots.f_score is 'Frequency quintile, 5 is most frequent.';
comment on column analytics.customer_snapshots.m_score is 'Monetary quintile, 5 is the highest spend.';
comment on column analytics.customer_snapshots.rfm_code is 'The three scores as digits.';
comment on column analytics.customer_snapshots.segment_name is 'One of the segments of strategy.yaml.';
comment on column analytics.customer_snapshots.loyalty_tier is
    'Platinum, Gold or Silver, from K-Means; NULL only after a CALL before any model was trained.';
comment on column analytics.customer_snapshots.next_action is 'What to do next, from the rules of strategy.yaml.';
comment on column analytics.customer_snapshots.action_priority is 'Number of the rule that chose next_action.';
comment on column analytics.customer_snapshots.next_action_reason is 'One sentence: why this action.';
comment on column analytics.customer_snapshots.model_id is 'The model (ops.cluster_models) that gave the tier.';
