-- The tiers that a model gives to the customers of a run (its draft) or of a published snapshot: that of the
-- nearest centre, measured on standardised ln(1 + x), the space the model was trained in. The same rule as
-- sklearn.cluster.KMeans.predict. Nobody has a tier where there is no such model.
create or replace function ops.tiers_by_model(
    of_model_id bigint, of_run_id bigint default null, of_as_of timestamp default null
)
returns table (customer_unique_id text, loyalty_tier text)
language sql stable
as $$
    with scaler as materialized (
        select
            array(select value::double precision from jsonb_array_elements_text(scaler -> 'mean')) as mean,
            array(select value::double precision from jsonb_array_elements_text(scaler -> 'scale')) as scale
        from ops.cluster_models
        where model_id = of_model_id
    ),

    centres as materialized (
        select
            element ->> 'loyalty_tier' as loyalty_tier,
            (element -> 'centre' ->> 0)::double precision as recency,
            (element -> 'centre' ->> 1)::double precision as frequency,
            (element -> 'centre' ->> 2)::double precision as monetary
        from ops.cluster_models
        cross join lateral jsonb_array_elements(centres) as element
        where model_id = of_model_id
    ),

    customers as (
        select customer_unique_id, recency_days, frequency, monetary
        from ops.customer_rfm_drafts
        where run_id = of_run_id
        union all
        select customer_unique_id, recency_days, frequency, monetary
        from analytics.customer_snapshots
        where as_of = of_as_of
    ),

    -- OFFSET 0: standardise each customer once, not once for every centre. MATERIALIZED above: read the model once.
    standardised as (
        select
            customer_unique_id,
            (ln(1 + recency_days::double precision) - mean[1]) / scale[1] as recency,
            (ln(1 + frequency::double precision) - mean[2]) / scale[2] as frequency,
            (ln(1 + monetary::double precision) - mean[3]) / scale[3] as monetary
        from customers
        cross join scaler
        offset 0
    )

    select standardised.customer_unique_id, nearest.loyalty_tier
    from standardised
    cross join lateral (
        select centres.loyalty_tier
        from centres
        order by
            (standardised.recency - centres.recency) ^ 2
            + (standardised.frequency - centres.frequency) ^ 2
            + (standardised.monetary - centres.monetary) ^ 2
        limit 1
    ) as nearest
$$;

-- The tiers of a past snapshot, made again from the model it was scored with.
create or replace function ops.reassigned_tiers(of_as_of timestamp)
returns table (customer_unique_id text, loyalty_tier text)
language sql stable
as $$
    select tiers.customer_unique_id, tiers.loyalty_tier
    from (select model_id from analytics.customer_snapshots where as_of = of_as_of limit 1) as snapshot
    cross join lateral ops.tiers_by_model(snapshot.model_id, of_as_of => reassigned_tiers.of_as_of) as tiers
$$;
