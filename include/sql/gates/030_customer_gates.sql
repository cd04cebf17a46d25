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

    -- All that is asked about the customers, from so few rows that it may be asked often.
    people as materialized (
        select
            before.loyalty_tier as tier_before,
            now.loyalty_tier as tier_now,
            before.customer_unique_id is not null as was_there,
            now.customer_unique_id is not null as is_there,
            before.next_action is not null as had_action,
            before.next_action <> coalesce(now.next_action, '') as has_another_action,
            now.avg_review_score is null and now.next_action = any (ops.apologies()) as is_unfounded_apology,
            max(before.as_of) as as_of_before,
            count(*) as people
        from ops.customers_before(of_run_id, of_stage) as before
        full join ops.customers_now(of_run_id, of_stage) as now using (customer_unique_id)
        group by 1, 2, 3, 4, 5, 6, 7
    ),

    both_sides as (
        select
            coalesce(sum(people) filter (where was_there), 0) as people_before,
            coalesce(sum(people) filter (where not is_there), 0) as lost,
            coalesce(sum(people) filter (where had_action and is_there), 0) as compared,
            coalesce(sum(people) filter (where has_another_action and is_there), 0) as changed,
            to_char(max(as_of_before), 'YYYY-MM-DD HH24:MI:SS') as as_of_before,
            greatest(round(extract(epoch from max(run.as_of) - max(as_of_before)) / (86400 * 30.4)), 1) as months
        from people
        cross join run
    ),

    tiers_before as (
        select tier_before as loyalty_tier, sum(people) / sum(sum(people)) over () as share
        from people
        where tier_before is not null
        group by tier_before
    ),

    -- Before sending of the account's contacts alone: others may have been kept away from it by their tier.
    tiers_now as (
        select tier_now as loyalty_tier, sum(people) / sum(sum(people)) over () as share
        from people
        where tier_now is not null and (of_stage = 'publish' or was_there)
        group by tier_now
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
        'customers_lost', '', lost / people_before, ops.limit_of('customers_lost'),
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
        'changed_actions', '', changed / compared,
        least(ops.limit_of('changed_actions') * months, 1),
        format(
            '%s of %s customers would have another next action than as of %s',
            changed, compared, as_of_before
        )
    from both_sides
    where people_before >= ops.compared_customers() and compared > 0
    union all
    select
        'apologies_without_review', '', coalesce(sum(people), 0), ops.limit_of('apologies_without_review'),
        format('%s customers without a review would get an apology', coalesce(sum(people), 0))
    from people
    where is_unfounded_apology
$$;
