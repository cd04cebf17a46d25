select customer_state as state, count(*) as customers, sum(monetary) as revenue
from analytics.customer_snapshots inner join ops.pipeline_runs using (as_of)
where run_id = %(run_id)s and customer_state is not null
group by customer_state
order by customers desc, state
