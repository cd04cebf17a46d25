select jsonb_build_object('customers', count(*), 'monetary', sum(monetary)::text)
from ops.customer_rfm_drafts
where run_id = %(run_id)s
