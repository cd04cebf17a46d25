-- The whole snapshot of a run: RFM, scores, segment, tier, and what to do next. The rules themselves are
-- compiled from strategy.yaml into the functions ops.action_rule, ops.action_name and ops.action_reason.
create or replace procedure ops.build_snapshot(of_run_id bigint, slice integer default 0, slices integer default 1)
language plpgsql
as $$
declare
    run ops.pipeline_runs;
begin
    select * into strict run from ops.pipeline_runs where run_id = of_run_id;
    call ops.plan_for_whole_tables();
    call ops.empty_draft('snapshot_drafts', of_run_id, slice, slices);

    insert into ops.snapshot_drafts (
        run_id, as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency,
        monetary, avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude,
        r_score, f_score, m_score, rfm_code, segment_name, loyalty_tier,
        next_action, action_priority, next_action_reason, model_id, is_held_out
    )
    with customers as (
        select
            rfm.*,
            segments.r_score,
            segments.f_score,
            segments.m_score,
            segments.segment_name,
            tiers.loyalty_tier,
            ops.action_rule(
                tiers.loyalty_tier, segments.segment_name, rfm.favorite_category, rfm.customer_state,
                rfm.avg_review_score, rfm.recency_days, rfm.frequency, rfm.monetary
            ) as rule
        from ops.customer_rfm_drafts as rfm
        inner join ops.customer_segments_drafts as segments
            on segments.run_id = of_run_id
            and segments.customer_unique_id = rfm.customer_unique_id
            and ops.slice_of(segments.customer_unique_id, slices) = slice
        left join ops.customer_tiers_drafts as tiers
            on tiers.run_id = of_run_id
            and tiers.customer_unique_id = rfm.customer_unique_id
            and ops.slice_of(tiers.customer_unique_id, slices) = slice
        where rfm.run_id = of_run_id and ops.slice_of(rfm.customer_unique_id, slices) = slice
        offset 0
    )

    select
        of_run_id,
        run.as_of,
        customers.customer_unique_id,
        customers.first_purchase_date,
        customers.last_purchase_date,
        customers.recency_days,
        customers.frequency,
        customers.monetary,
        customers.avg_review_score,
        customers.favorite_category,
        customers.customer_city,
        customers.customer_state,
        customers.latitude,
        customers.longitude,
        customers.r_score,
        customers.f_score,
        customers.m_score,
        (100 * customers.r_score + 10 * customers.f_score + customers.m_score)::text,
        customers.segment_name,
        customers.loyalty_tier,
        ops.action_name(customers.rule),
        ops.action_priority(customers.rule),
        ops.action_reason(
            customers.rule,
            customers.loyalty_tier, customers.segment_name, customers.favorite_category, customers.customer_state,
            customers.avg_review_score, customers.frequency, customers.monetary
        ),
        run.model_id,
        ops.is_held_out(customers.customer_unique_id)
    from customers;
    call ops.analyze_draft('snapshot_drafts', of_run_id, slice, slices);
end
$$;
