-- Every answer of HubSpot about a person, the newest first.
select
    run_id, as_of, portal_id, operation, changes, outcome, contact_id, category, message, correlation_id,
    delivered_at
from ops.hubspot_deliveries
where customer_unique_id = %(person)s
order by delivered_at desc
limit %(most)s
