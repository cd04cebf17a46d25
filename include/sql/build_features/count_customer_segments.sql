select jsonb_object_agg(segment_name, customers order by customers desc)
from (
    select segment_name, count(*) as customers
    from ops.customer_segments_drafts
    where run_id = %(run_id)s
    group by segment_name
) as counted
