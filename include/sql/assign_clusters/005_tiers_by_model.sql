-- The tiers that a model gives to the customers of a run (its draft) or of a published snapshot: that of the
-- nearest centre, measured on standardised ln(1 + x), the space the model was trained in. The same rule as
-- sklearn.cluster.KMeans.predict. Nobody has a tier where there is no such model.
create or replace function ops.tiers_by_model(
    of_model_id bigint, of_run_id bigint default null, of_as_of timestamp default null,
    slice integer default 0, slices integer default 1
)
returns table (customer_unique_id text, loyalty_tier text)
language plpgsql stable
rows 100000
as $$
declare
    mean text[];
    scale text[];
    distances text;
    nearest text;
begin
    select
        array(select jsonb_array_elements_text(scaler -> 'mean')),
        array(select jsonb_array_elements_text(scaler -> 'scale'))
    into mean, scale
    from ops.cluster_models
    where model_id = of_model_id;
    if not found then
        return;
    end if;

    -- The model is written into the query as numbers: to join its centres and sort them for each customer takes
    -- three times as long.
    select
        string_agg(
            format(
                '(recency - %L::float8) ^ 2 + (frequency - %L::float8) ^ 2 + (monetary - %L::float8) ^ 2 as to_%s',
                element -> 'centre' ->> 0, element -> 'centre' ->> 1, element -> 'centre' ->> 2, number
            ),
            ', ' order by number
        ),
        format('case least(%s)', string_agg('to_' || number, ', ' order by number))
            || string_agg(format(' when to_%s then %L', number, element ->> 'loyalty_tier'), '' order by number)
            || ' end'
    into distances, nearest
    from ops.cluster_models
    cross join lateral jsonb_array_elements(centres) with ordinality as centre (element, number)
    where model_id = of_model_id;

    -- OFFSET 0: compute each value once, not again wherever it is used.
    return query execute format(
        'select customer_unique_id, %s
         from (
             select customer_unique_id, %s
             from (
                 select
                     customer_unique_id,
                     (ln(1 + recency_days::float8) - %L::float8) / %L::float8 as recency,
                     (ln(1 + frequency::float8) - %L::float8) / %L::float8 as frequency,
                     (ln(1 + monetary::float8) - %L::float8) / %L::float8 as monetary
                 from (
                     select customer_unique_id, recency_days, frequency, monetary
                     from ops.customer_rfm_drafts
                     where run_id = $1 and ops.slice_of(customer_unique_id, $4) = $3
                     union all
                     select customer_unique_id, recency_days, frequency, monetary
                     from analytics.customer_snapshots
                     where as_of = $2
                 ) as customers
                 offset 0
             ) as standardised
             offset 0
         ) as measured',
        nearest, distances, mean[1], scale[1], mean[2], scale[2], mean[3], scale[3]
    ) using of_run_id, of_as_of, slice, slices;
end
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
