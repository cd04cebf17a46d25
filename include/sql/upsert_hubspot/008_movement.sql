-- Where customers were before: their tier and segment of today, those of before, and since when. ops.movement_states has
-- it up to a snapshot, ops.movement_chain the snapshots that went into it, in the order of their as_of. So it follows from
-- the snapshots alone: neither the order in which months were run nor a rerun changes it.

-- Takes one more snapshot in. Only rows of people who have moved are written. The first snapshot of a customer counts as
-- a beginning; a month without the customer as nothing.
create or replace procedure ops.step_movement(of_base boolean, of_as_of timestamp)
language sql
as $$
    insert into ops.movement_states as known (
        is_base, customer_unique_id, loyalty_tier, loyalty_tier_since, rfm_segment, rfm_segment_since
    )
    select of_base, customer_unique_id, loyalty_tier, of_as_of, segment_name, of_as_of
    from analytics.customer_snapshots
    where as_of = of_as_of
    on conflict (is_base, customer_unique_id) do update set
        previous_loyalty_tier = case
            when known.loyalty_tier is distinct from excluded.loyalty_tier
            then known.loyalty_tier else known.previous_loyalty_tier
        end,
        loyalty_tier_since = case
            when known.loyalty_tier is distinct from excluded.loyalty_tier
            then excluded.loyalty_tier_since else known.loyalty_tier_since
        end,
        previous_rfm_segment = case
            when known.rfm_segment <> excluded.rfm_segment then known.rfm_segment else known.previous_rfm_segment
        end,
        rfm_segment_since = case
            when known.rfm_segment <> excluded.rfm_segment then excluded.rfm_segment_since else known.rfm_segment_since
        end,
        loyalty_tier = excluded.loyalty_tier,
        rfm_segment = excluded.rfm_segment
    where known.loyalty_tier is distinct from excluded.loyalty_tier or known.rfm_segment <> excluded.rfm_segment;

    insert into ops.movement_chain (is_base, as_of, published_at)
    select of_base, as_of, published_at from ops.published_snapshots where as_of = of_as_of;
$$;

-- Takes in the snapshots between two moments, one after another.
create or replace procedure ops.step_through_snapshots(of_base boolean, after timestamp, before timestamp)
language plpgsql
as $$
declare
    snapshot_as_of timestamp;
begin
    for snapshot_as_of in
        select as_of from ops.published_snapshots where as_of > after and as_of < before order by as_of
    loop
        call ops.step_movement(of_base, snapshot_as_of);
    end loop;
end
$$;

-- Brings ops.movement_states to where customers were before a run's as_of. It goes on from where it is, unless a snapshot in
-- between has come, gone or been published again: then it begins anew.
create or replace procedure ops.follow_movement(of_run_id bigint)
language plpgsql
as $$
declare
    before timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
    base timestamp := coalesce((select max(as_of) from ops.movement_chain where is_base), '-infinity');
    reached timestamp;
begin
    perform pg_advisory_xact_lock(hashtext('ops.movement'));
    select max(as_of) into reached from ops.movement_chain where not is_base;
    if reached >= before or exists (
        select
        from (select * from ops.movement_chain where not is_base and as_of > base) as taken
        full join (select * from ops.published_snapshots where as_of > base and as_of <= reached) as published
            using (as_of)
        where taken.published_at is distinct from published.published_at
    ) then
        delete from ops.movement_states where not is_base;
        delete from ops.movement_chain where not is_base;
        reached := null;
    end if;
    if reached is null then
        insert into ops.movement_states
        select (jsonb_populate_record(states, '{"is_base": false}')).* from ops.movement_states as states where is_base;
        reached := base;
    end if;
    call ops.step_through_snapshots(false, reached, before);
end
$$;

-- Before snapshots are dropped: what they came to becomes the base from which ops.follow_movement begins.
create or replace procedure ops.keep_movement(oldest_kept timestamp)
language plpgsql
as $$
declare
    base timestamp := coalesce((select max(as_of) from ops.movement_chain where is_base), '-infinity');
begin
    perform pg_advisory_xact_lock_shared(hashtext('ops.erasure'));
    perform pg_advisory_xact_lock(hashtext('ops.movement'));
    call ops.step_through_snapshots(true, base, oldest_kept);
end
$$;

-- The customers of a run as HubSpot is told where they were before. Takes ops.follow_movement up to the run's as_of.
create or replace function ops.customer_movement(of_run_id bigint)
returns table (customer_unique_id text, movement jsonb)
language sql stable
as $$
    select
        today.customer_unique_id,
        jsonb_build_object(
            'previous_loyalty_tier', coalesce(
                case when has_moved.tier then known.loyalty_tier else known.previous_loyalty_tier end, ''
            ),
            'loyalty_tier_since', to_char(
                case when has_moved.tier is not false then run.as_of else known.loyalty_tier_since end, 'YYYY-MM-DD'
            ),
            'previous_rfm_segment', coalesce(
                case when has_moved.segment then known.rfm_segment else known.previous_rfm_segment end, ''
            ),
            'rfm_segment_since', to_char(
                case when has_moved.segment is not false then run.as_of else known.rfm_segment_since end, 'YYYY-MM-DD'
            )
        )
    from ops.snapshot_drafts as today
    inner join ops.pipeline_runs as run on run.run_id = today.run_id
    left join ops.movement_states as known
        on not known.is_base and known.customer_unique_id = today.customer_unique_id
    -- NULL where nothing is known of before.
    left join lateral (
        select
            known.loyalty_tier is distinct from today.loyalty_tier as tier,
            known.rfm_segment <> today.segment_name as segment
        where known.customer_unique_id is not null
    ) as has_moved on true
    where today.run_id = of_run_id
$$;
