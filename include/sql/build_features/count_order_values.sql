select jsonb_build_object('orders', count(*), 'qualifying_orders', count(*) filter (where is_qualifying))
from ops.order_values_drafts
where run_id = %(run_id)s
