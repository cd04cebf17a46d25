-- What would change for the customers by what a run is about to publish or to send. Limits of change are those of a
-- month; since an older snapshot more may change, in proportion to the months in between. Below a number of customers
-- shares are chance and are not compared.
create or replace function ops.customer_gates(of_run_id bigint, of_stage text)
returns table (gate text, subject text, measured numeric, allowed numeric, detail text)
language sql stable
as $$
    with run as (
        select as_of from ops.pipeline_runs where run_id = of_run_id
    ),

    before as materialized (
        select * from ops.customers_before(of_run_id, of_stage)
    ),

    now as materialized (
        select customer_unique_id, loyalty_tier, next_action, avg_review_score
        from ops.snapshot_drafts
        where run_id = of_run_id
    ),

    both_sides as (
        select
            count(before.customer_unique_id) as people_before,
            count(*) filter (where now.customer_unique_id is null) as lost,
            count(*) filter (where before.next_action is not null and now.customer_unique_id is not null) as compared,
            count(*) filter (
                where before.next_action <> coalesce(now.next_action, '') and now.customer_unique_id is not null
            ) as changed,
            to_char(max(before.as_of), 'YYYY-MM-DD HH24:MI:SS') as as_of_before,
            greatest(round(extract(epoch from max(run.as_of) - max(before.as_of)) / (86400 * 30.4)), 1) as months
        from before
        full join now using (customer_unique_id)
        cross join run
    ),

    tiers_before as (
        select loyalty_tier, count(*)::numeric / sum(count(*)) over () as share
        from before
        where loyalty_tier is not null
        group by loyalty_tier
    ),

    -- Before sending of the account's contacts alone: others may have been kept away from it by their tier.
    tiers_now as (
        select now.loyalty_tier, count(*)::numeric / sum(count(*)) over () as share
        from now
        left join before using (customer_unique_id)
        where now.loyalty_tier is not null and (of_stage = 'publish' or before.customer_unique_id is not null)
        group by now.loyalty_tier
    ),

    tier_shares as (
        select
            loyalty_tier,
            round(coalesce(tiers_before.share, 0), 4) as share_before,
            round(coalesce(tiers_now.share, 0), 4) as share_now
        from tiers_before full join tiers_now using (loyalty_tier)
        where exists (select from tiers_before)
    )

    select
        'customers_lost', '', lost::numeric / people_before, ops.limit_of('customers_lost'),
        format('%s of %s customers as of %s are not there any more', lost, people_before, as_of_before)
    from both_sides
    where people_before >= ops.compared_customers()
    union all
    select
        'tier_share_change', tier_shares.loyalty_tier, abs(share_now - share_before),
        least(ops.limit_of('tier_share_change') * months, 1),
        format(
            '%s would go from %s %% of the customers as of %s to %s %%%s', tier_shares.loyalty_tier,
            round(100 * share_before, 1), as_of_before, round(100 * share_now, 1), ops.about_model_moves(of_run_id)
        )
    from tier_shares cross join both_sides
    where people_before >= ops.compared_customers()
    union all
    select
        'changed_actions', '', changed::numeric / compared,
        least(ops.limit_of('changed_actions') * months, 1),
        format(
            '%s of %s customers would have another next action than as of %s',
            changed, compared, as_of_before
        )
    from both_sides
    where people_before >= ops.compared_customers() and compared > 0
    union all
    select
        'apologies_without_review', '', count(*), ops.limit_of('apologies_without_review'),
        format('%s customers without a review would get an apology', count(*))
    from now
    where avg_review_score is null and next_action = any (ops.apologies())
$$;
