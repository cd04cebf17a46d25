select r_score, f_score, count(*) as customers, avg(monetary) as spend
from analytics.customer_snapshots inner join ops.pipeline_runs using (as_of)
where run_id = %(run_id)s
group by r_score, f_score
