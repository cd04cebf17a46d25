-- Whom HubSpot refused and has not taken since, by its reasons.
select category, min(message) as example, count(*) as people
from ops.hubspot_failures
group by category
order by people desc, category
