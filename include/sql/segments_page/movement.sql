-- Who went from which tier to which between the last two snapshots; those who stayed have the same name twice.
select from_tier, to_tier, count(*) as customers
from analytics.vw_customer_movement
where as_of = (select max(as_of) from ops.snapshot_dates)
group by from_tier, to_tier
order by customers desc, from_tier, to_tier
