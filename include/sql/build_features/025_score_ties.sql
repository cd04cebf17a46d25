-- Records how many scores only the tie-breakers decided (see ops.score_ties).
create or replace procedure ops.measure_score_ties(of_run_id bigint)
language plpgsql
as $$
begin
    delete from ops.score_ties where run_id = of_run_id;

    insert into ops.score_ties (run_id, score, quintile, customers, decided_by_ties)
    with judged as (
        select
            segments.r_score,
            segments.f_score,
            segments.m_score,
            min(r_score) over same_recency < max(r_score) over same_recency as r_is_tied,
            min(f_score) over same_frequency < max(f_score) over same_frequency as f_is_tied,
            min(m_score) over same_monetary < max(m_score) over same_monetary as m_is_tied
        from ops.customer_rfm_drafts as rfm
        inner join ops.customer_segments_drafts as segments
            on segments.run_id = of_run_id and segments.customer_unique_id = rfm.customer_unique_id
        where rfm.run_id = of_run_id
        window
            same_recency as (partition by rfm.last_purchase_date),
            same_frequency as (partition by rfm.frequency),
            same_monetary as (partition by rfm.monetary)
    )

    select of_run_id, scores.score, scores.quintile, count(*), count(*) filter (where scores.is_tied)
    from judged
    cross join lateral (
        values ('r_score', r_score, r_is_tied), ('f_score', f_score, f_is_tied), ('m_score', m_score, m_is_tied)
    ) as scores (score, quintile, is_tied)
    group by scores.score, scores.quintile;
end
$$;
