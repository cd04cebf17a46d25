-- The orders of a person in the files of the run published last, the newest first, and why some do not count in a
-- snapshot: as ops.build_order_values and ops.qualifying_orders_before decide it.
with run as (
    select run_id, excluded_statuses from ops.pipeline_runs where run_id = %(run_id)s
)

select
    orders.order_id,
    orders.order_date,
    orders.order_status,
    orders.items_total as value,
    orders.is_qualifying and orders.order_date < %(as_of)s as counts,
    concat_ws(
        '; ',
        case
            when orders.order_status = any (run.excluded_statuses)
                then format('orders that are %%s do not count', orders.order_status)
        end,
        case when orders.items_total is null then 'it has no item' end,
        case
            when orders.order_date >= %(as_of)s
                then format('it is not from before %%s', to_char(%(as_of)s::timestamp, 'YYYY-MM-DD HH24:MI'))
        end
    ) as why_not
from ops.order_values_drafts as orders
inner join run using (run_id)
where orders.customer_unique_id = %(person)s
order by orders.order_date desc, orders.order_id
