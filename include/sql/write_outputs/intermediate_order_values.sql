select
    order_id, customer_id, customer_unique_id, order_status, order_date,
    items_total, payments_total, is_qualifying
from ops.order_values_drafts
where run_id = {run_id} and order_date < {as_of}
order by order_id
