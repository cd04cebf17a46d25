-- Quintile scores, 5 is best, and the segment they make. Each order is total, so that a rerun on reordered
-- files scores everybody alike. Records how many scores only the tie-breakers decided as well (see ops.score_ties).
create or replace procedure ops.build_customer_segments(of_run_id bigint)
language plpgsql
as $$
begin
    call ops.plan_for_whole_tables();
    delete from ops.score_ties where run_id = of_run_id;
    if ops.copy_draft('customer_segments_drafts', of_run_id) then
        insert into ops.score_ties (run_id, score, quintile, customers, decided_by_ties)
        select of_run_id, score, quintile, customers, decided_by_ties
        from ops.score_ties
        where run_id = (
            select copied_from_run_id from ops.result_inputs
            where run_id = of_run_id and result = 'customer_segments_drafts'
        );
        return;
    end if;
    call ops.empty_draft('customer_segments_drafts', of_run_id);

    -- The rank in the order of the M score stands for (monetary, ..., customer_unique_id) where frequency and last
    -- purchase are equal already: two numbers are compared faster than four values with a text.
    with by_monetary as (
        select
            customer_unique_id, last_purchase_date, recency_days, frequency, monetary,
            ntile(5) over monetary_order as m_score,
            row_number() over monetary_order as m_rank
        from ops.customer_rfm_drafts
        where run_id = of_run_id
        window monetary_order as (order by monetary, frequency, last_purchase_date, customer_unique_id)
    ),

    scored as materialized (
        select
            *,
            ntile(5) over (order by last_purchase_date, frequency, m_rank) as r_score,
            ntile(5) over (order by frequency, m_rank) as f_score
        from by_monetary
    ),

    saved as (
        insert into ops.customer_segments_drafts (
            run_id, customer_unique_id, r_score, f_score, m_score, segment_name
        )
        select
            of_run_id, customer_unique_id, r_score, f_score, m_score,
            ops.segment_name(r_score, f_score, m_score, recency_days, frequency, monetary)
        from scored
    ),

    -- A value is in two quintiles where the greatest of the one is the least of the next.
    recency_ends as (
        select
            max(last_purchase_date) as greatest,
            lead(min(last_purchase_date)) over (order by r_score) as least_of_next
        from scored group by r_score
    ),

    frequency_ends as (
        select max(frequency) as greatest, lead(min(frequency)) over (order by f_score) as least_of_next
        from scored group by f_score
    ),

    monetary_ends as (
        select max(monetary) as greatest, lead(min(monetary)) over (order by m_score) as least_of_next
        from scored group by m_score
    ),

    judged as (
        select
            r_score,
            f_score,
            m_score,
            last_purchase_date in (select greatest from recency_ends where greatest = least_of_next) as r_is_tied,
            frequency in (select greatest from frequency_ends where greatest = least_of_next) as f_is_tied,
            monetary in (select greatest from monetary_ends where greatest = least_of_next) as m_is_tied
        from scored
    ),

    counted as (
        select r_score, f_score, m_score, r_is_tied, f_is_tied, m_is_tied, count(*) as customers
        from judged
        group by r_score, f_score, m_score, r_is_tied, f_is_tied, m_is_tied
    )

    insert into ops.score_ties (run_id, score, quintile, customers, decided_by_ties)
    select
        of_run_id, scores.score, scores.quintile,
        sum(customers), coalesce(sum(customers) filter (where scores.is_tied), 0)
    from counted
    cross join lateral (
        values ('r_score', r_score, r_is_tied), ('f_score', f_score, f_is_tied), ('m_score', m_score, m_is_tied)
    ) as scores (score, quintile, is_tied)
    group by scores.score, scores.quintile;
    call ops.analyze_draft('customer_segments_drafts', of_run_id);
    call ops.record_inputs('customer_segments_drafts', of_run_id);
end
$$;
