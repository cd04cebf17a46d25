-- For each customer of a run, or of a snapshot: the tier and the segment of before, and since when there are those of
-- today. It follows from the snapshots up to that as_of alone, so neither the order in which months were run nor a rerun
-- changes it. The first snapshot of a customer counts as a beginning: nothing is known of before. Of snapshots that were
-- dropped, ops.earlier_movement has what they came to.
create or replace function ops.customer_movement(of_run_id bigint, of_as_of timestamp default null)
returns table (customer_unique_id text, movement jsonb)
language sql stable
as $$
    with people as (
        select snapshot.customer_unique_id, snapshot.loyalty_tier, snapshot.segment_name, run.as_of
        from ops.snapshot_drafts as snapshot
        inner join ops.pipeline_runs as run using (run_id)
        where snapshot.run_id = of_run_id
        union all
        select snapshot.customer_unique_id, snapshot.loyalty_tier, snapshot.segment_name, snapshot.as_of
        from analytics.customer_snapshots as snapshot
        where snapshot.as_of = of_as_of
    ),

    today as materialized (
        select people.*, known.as_of as known_as_of, known.movement as known
        from people
        left join ops.earlier_movement as known
            on known.customer_unique_id = people.customer_unique_id and known.as_of <= people.as_of
    ),

    -- When each was last somewhere else.
    elsewhere as materialized (
        select
            today.customer_unique_id,
            max(earlier.as_of) filter (where earlier.loyalty_tier is distinct from today.loyalty_tier) as in_other_tier,
            max(earlier.as_of) filter (where earlier.segment_name <> today.segment_name) as in_other_segment
        from today
        inner join analytics.customer_snapshots as earlier
            on earlier.customer_unique_id = today.customer_unique_id
            and earlier.as_of < today.as_of
            and (today.known_as_of is null or earlier.as_of >= today.known_as_of)
        group by today.customer_unique_id
    ),

    since as (
        select
            elsewhere.customer_unique_id,
            in_other_tier is not null as has_changed_tier,
            max(earlier.loyalty_tier) filter (where earlier.as_of = in_other_tier) as previous_tier,
            min(earlier.as_of) filter (where in_other_tier is null or earlier.as_of > in_other_tier) as in_tier,
            in_other_segment is not null as has_changed_segment,
            max(earlier.segment_name) filter (where earlier.as_of = in_other_segment) as previous_segment,
            min(earlier.as_of) filter (where in_other_segment is null or earlier.as_of > in_other_segment) as in_segment
        from elsewhere
        inner join today using (customer_unique_id)
        inner join analytics.customer_snapshots as earlier
            on earlier.customer_unique_id = elsewhere.customer_unique_id
            and earlier.as_of < today.as_of
            and (today.known_as_of is null or earlier.as_of >= today.known_as_of)
        group by elsewhere.customer_unique_id, in_other_tier, in_other_segment
    )

    select
        today.customer_unique_id,
        jsonb_build_object(
            'previous_loyalty_tier', coalesce(since.previous_tier, ''),
            'loyalty_tier_since', to_char(coalesce(since.in_tier, today.as_of), 'YYYY-MM-DD'),
            'previous_rfm_segment', coalesce(since.previous_segment, ''),
            'rfm_segment_since', to_char(coalesce(since.in_segment, today.as_of), 'YYYY-MM-DD')
        )
        || case
            when known is null or coalesce(has_changed_tier, false) then '{}'
            else known - '{previous_rfm_segment,rfm_segment_since}'::text[]
        end
        || case
            when known is null or coalesce(has_changed_segment, false) then '{}'
            else known - '{previous_loyalty_tier,loyalty_tier_since}'::text[]
        end
    from today left join since using (customer_unique_id)
$$;

-- Before snapshots are dropped: where the customers of the oldest one that is kept were before it.
create or replace procedure ops.keep_movement(oldest_kept timestamp)
language sql
as $$
    insert into ops.earlier_movement (customer_unique_id, as_of, movement)
    select customer_unique_id, oldest_kept, movement from ops.customer_movement(null, oldest_kept)
    on conflict (customer_unique_id) do update set as_of = excluded.as_of, movement = excluded.movement
$$;
