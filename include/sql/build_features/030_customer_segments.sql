-- Quintile scores, 5 is best, and the segment they make. Each order is total, so that a rerun on reordered
-- files scores everybody alike.
create or replace procedure ops.build_customer_segments(of_run_id bigint)
language plpgsql
as $$
begin
    if ops.copy_draft('customer_segments_drafts', of_run_id) then
        call ops.measure_score_ties(of_run_id);
        return;
    end if;

    insert into ops.customer_segments_drafts (
        run_id, customer_unique_id, r_score, f_score, m_score, segment_name
    )
    with scored as (
        select
            *,
            ntile(5) over (order by last_purchase_date, frequency, monetary, customer_unique_id) as r_score,
            ntile(5) over (order by frequency, monetary, last_purchase_date, customer_unique_id) as f_score,
            ntile(5) over (order by monetary, frequency, last_purchase_date, customer_unique_id) as m_score
        from ops.customer_rfm_drafts
        where run_id = of_run_id
    )

    select
        of_run_id, customer_unique_id, r_score, f_score, m_score,
        ops.segment_name(r_score, f_score, m_score, recency_days, frequency, monetary)
    from scored;
    call ops.analyze_draft('customer_segments_drafts', of_run_id);
    call ops.record_inputs('customer_segments_drafts', of_run_id);
    call ops.measure_score_ties(of_run_id);
end
$$;
