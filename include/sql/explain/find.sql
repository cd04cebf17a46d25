-- Whom an id means: somebody of that customer_unique_id of whom anything is known; else the people of the HubSpot contact
-- of that id, in the account that was last delivered to or, if nobody is there, in any other.
with ours as (
    select %(wanted)s::text as customer_unique_id
    where exists (select from analytics.customer_snapshots where customer_unique_id = %(wanted)s)
       or exists (select from staging.customers where customer_unique_id = %(wanted)s)
       or exists (
           select from personal.contacts_of_run(
               (
                   select run_id from ops.pipeline_runs
                   where published_at is not null order by published_at desc, run_id desc limit 1
               )
           )
           where customer_unique_id = %(wanted)s
       )
       or exists (select from ops.hubspot_contacts where customer_unique_id = %(wanted)s)
       or exists (select from ops.hubspot_failures where customer_unique_id = %(wanted)s)
       or exists (select from ops.hubspot_deliveries where customer_unique_id = %(wanted)s)
),

theirs as (
    select customer_unique_id, portal_id from ops.hubspot_contacts where contact_id = %(wanted)s
    union
    select customer_unique_id, portal_id from ops.hubspot_differences where kind = 'merged' and theirs = %(wanted)s
),

ranked as (
    select customer_unique_id, 1 as rank from ours
    union all
    select customer_unique_id, case when portal_id = ops.last_portal() then 2 else 3 end from theirs
)

select distinct customer_unique_id
from ranked
where rank = (select min(rank) from ranked)
order by customer_unique_id
