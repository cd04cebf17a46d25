-- The lists of the HubSpot account last used, and how many customers of the newest snapshot belong into each.
with customers as (
    select
        case when grouping(next_action) = 0 then 'action' else 'segment' end as kind,
        coalesce(next_action, segment_name) as name,
        count(*) as customers
    from analytics.vw_customer_segments
    group by grouping sets ((next_action), (segment_name))
)

select lists.kind, lists.name, lists.url, coalesce(customers.customers, 0) as customers
from ops.hubspot_lists as lists
left join customers using (kind, name)
where lists.portal_id = ops.last_portal() and not lists.is_gone
order by lists.kind, customers desc, lists.name
