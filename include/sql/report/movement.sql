-- Who went from which segment to which since the snapshot before, and the same for tiers.
with moved as (
    select vw_customer_movement.*
    from analytics.vw_customer_movement
    where as_of = (select as_of from ops.pipeline_runs where run_id = %(run_id)s)
)

select 'segment' as kind, from_segment as from_name, to_segment as to_name, count(*) as customers
from moved
group by from_segment, to_segment
union all
select 'tier', from_tier, to_tier, count(*)
from moved
group by from_tier, to_tier
order by kind, customers desc, from_name, to_name
