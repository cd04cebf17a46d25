-- What each group of customers bought in the 90 days after each snapshot; NULL where the data does not reach that
-- far. Deciles are ten groups of equal size, 1 is best: by the sum of the three scores (equal sums by R, then F),
-- and by the last purchase alone. Who is still equal is ranked by the customer's id, which says nothing.
with customers as (
    select
        as_of,
        segment_name,
        loyalty_tier,
        repurchased_90d,
        revenue_90d,
        ntile(10) over (
            partition by as_of
            order by r_score + f_score + m_score desc, r_score desc, f_score desc, customer_unique_id
        ) as rfm_decile,
        ntile(10) over (partition by as_of order by last_purchase_date desc, customer_unique_id) as recency_decile
    from analytics.vw_customer_outcomes
)

select
    as_of,
    case
        when grouping(segment_name) = 0 then 'segment'
        when grouping(loyalty_tier) = 0 then 'tier'
        when grouping(rfm_decile) = 0 then 'rfm_decile'
        when grouping(recency_decile) = 0 then 'recency_decile'
        else 'everybody'
    end as kind,
    coalesce(segment_name, loyalty_tier, rfm_decile::text, recency_decile::text, 'none') as name,
    count(*) as customers,
    sum(repurchased_90d::integer) as repurchased,
    sum(revenue_90d) as revenue
from customers
group by grouping sets (
    (as_of, segment_name), (as_of, loyalty_tier), (as_of, rfm_decile), (as_of, recency_decile), (as_of)
)
order by as_of, kind, name
