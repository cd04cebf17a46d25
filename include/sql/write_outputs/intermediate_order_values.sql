select
    ops.spreadsheet_text(order_id) as order_id,
    ops.spreadsheet_text(customer_id) as customer_id,
    ops.spreadsheet_text(customer_unique_id) as customer_unique_id,
    ops.spreadsheet_text(order_status) as order_status,
    order_date, items_total, payments_total, is_qualifying
from ops.order_values_drafts
where run_id = {run_id} and order_date < {as_of}
order by order_values_drafts.order_id
