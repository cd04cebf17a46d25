-- Whom the HubSpot account last used refused and has not taken since, by its reasons, the most frequent first.
select
    coalesce(category, 'unknown') as category,
    count(*) as people,
    min(message) as example,
    max(last_attempt_at) as last_attempt_at
from ops.hubspot_failures
where portal_id = ops.last_portal()
group by category
order by people desc, category
limit 5
