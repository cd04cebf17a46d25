-- The tier of each customer: that of the nearest centre of the run's model, measured on standardised
-- ln(1 + x), the space the model was trained in. The same rule as sklearn.cluster.KMeans.predict.
create or replace procedure ops.assign_customer_tiers(of_run_id bigint)
language plpgsql
as $$
declare
    model ops.cluster_models;
begin
    select cluster_models.* into model
    from ops.pipeline_runs inner join ops.cluster_models using (model_id)
    where run_id = of_run_id;

    call ops.empty_draft('customer_tiers_drafts', of_run_id);

    insert into ops.customer_tiers_drafts (run_id, customer_unique_id, loyalty_tier)
    with scaler as (
        select
            array(select value::double precision from jsonb_array_elements_text(model.scaler -> 'mean')) as mean,
            array(select value::double precision from jsonb_array_elements_text(model.scaler -> 'scale')) as scale
    ),

    centres as (
        select
            element ->> 'loyalty_tier' as loyalty_tier,
            (element -> 'centre' ->> 0)::double precision as recency,
            (element -> 'centre' ->> 1)::double precision as frequency,
            (element -> 'centre' ->> 2)::double precision as monetary
        from jsonb_array_elements(model.centres) as element
    ),

    -- OFFSET 0: standardise each customer once, not once for every centre.
    customers as (
        select
            customer_unique_id,
            (ln(1 + recency_days::double precision) - mean[1]) / scale[1] as recency,
            (ln(1 + frequency::double precision) - mean[2]) / scale[2] as frequency,
            (ln(1 + monetary::double precision) - mean[3]) / scale[3] as monetary
        from ops.customer_rfm_drafts
        cross join scaler
        where run_id = of_run_id
        offset 0
    )

    select of_run_id, customers.customer_unique_id, nearest.loyalty_tier
    from customers
    cross join lateral (
        select centres.loyalty_tier
        from centres
        order by
            (customers.recency - centres.recency) ^ 2
            + (customers.frequency - centres.frequency) ^ 2
            + (customers.monetary - centres.monetary) ^ 2
        limit 1
    ) as nearest;
    call ops.analyze_draft('customer_tiers_drafts', of_run_id);
end
$$;
