-- How far a run's customers are from those that bins were made of (of a model's training, or of a vintage), feature by
-- feature.
create or replace function ops.feature_values(recency_days integer, frequency integer, monetary numeric)
returns table (feature text, value double precision)
language sql immutable
as $$
    values
        ('recency_days', recency_days::double precision),
        ('frequency', frequency::double precision),
        ('monetary', monetary::double precision)
$$;

-- The population stability index of each feature: the sum over bins of (a - e) * ln(a / e), where e is the share
-- in the bins and a that of the run's customers. Both recencies are days to their own as_of, as the
-- model sees them. A bin that nobody is in any more counts as 1 in 10,000, since its logarithm is infinite.
create or replace function ops.feature_drift(of_bins jsonb, of_run_id bigint)
returns table (feature text, psi double precision)
language sql stable
as $$
    with features as (
        select
            key as feature,
            array(
                select bound::double precision from jsonb_array_elements_text(value -> 'lower_bounds') as bound
            ) as lower_bounds,
            value -> 'customers' as customers
        from jsonb_each(of_bins)
    ),

    expected as (
        select
            features.feature,
            bin,
            count::double precision / sum(count::double precision) over (partition by features.feature) as share
        from features
        cross join lateral jsonb_array_elements_text(features.customers) with ordinality as bins (count, bin)
    ),

    -- The first bin has no end below, the last one none above.
    actual as (
        select
            features.feature,
            greatest(width_bucket(observed.value, features.lower_bounds), 1) as bin,
            count(*) / sum(count(*)) over (partition by features.feature) as share
        from ops.customer_rfm_drafts as rfm
        cross join lateral ops.feature_values(rfm.recency_days, rfm.frequency, rfm.monetary) as observed
        inner join features using (feature)
        where rfm.run_id = of_run_id
        group by features.feature, greatest(width_bucket(observed.value, features.lower_bounds), 1)
    ),

    shares as (
        select
            expected.feature,
            expected.share as expected_share,
            greatest(coalesce(actual.share, 0), 0.0001)::double precision as actual_share
        from expected
        left join actual using (feature, bin)
    )

    select feature, sum((actual_share - expected_share) * ln(actual_share / expected_share))
    from shares
    group by feature
$$;
