-- The quintile of a rank among so many, as ntile(5) has it: the first ones are larger by one where it does not come out
-- even. ntile keeps all rows aside to count them first.
create or replace function ops.quintile(place bigint, customers bigint) returns integer
language sql immutable parallel safe
return case
    when place <= customers % 5 * (customers / 5 + 1) then (place - 1) / (customers / 5 + 1) + 1
    else (place - 1 - customers % 5) / (customers / 5) + 1
end;

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
            row_number() over (order by monetary, frequency, last_purchase_date, customer_unique_id) as m_rank
        from ops.customer_rfm_drafts
        where run_id = of_run_id
    ),

    ranked as (
        select
            *,
            row_number() over (order by last_purchase_date, frequency, m_rank) as r_rank,
            row_number() over (order by frequency, m_rank) as f_rank
        from by_monetary
    ),

    scored as materialized (
        select
            customer_unique_id, last_purchase_date, recency_days, frequency, monetary,
            ops.quintile(r_rank, customers) as r_score,
            ops.quintile(f_rank, customers) as f_score,
            ops.quintile(m_rank, customers) as m_score
        from ranked
        cross join (select count(*) as customers from ops.customer_rfm_drafts where run_id = of_run_id) as everybody
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

    ends as (
        select
            r_score, f_score, m_score,
            min(last_purchase_date) as first_date, max(last_purchase_date) as last_date,
            min(frequency) as least_frequency, max(frequency) as greatest_frequency,
            min(monetary) as least_monetary, max(monetary) as greatest_monetary
        from scored
        group by r_score, f_score, m_score
    ),

    -- A value is in two quintiles where the greatest of the one is the least of the next.
    recency_ends as (
        select max(last_date) as greatest, lead(min(first_date)) over (order by r_score) as least_of_next
        from ends group by r_score
    ),

    frequency_ends as (
        select max(greatest_frequency) as greatest, lead(min(least_frequency)) over (order by f_score) as least_of_next
        from ends group by f_score
    ),

    monetary_ends as (
        select max(greatest_monetary) as greatest, lead(min(least_monetary)) over (order by m_score) as least_of_next
        from ends group by m_score
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
