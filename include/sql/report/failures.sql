-- Whom the run's HubSpot account refused and has not taken since, by its reasons.
select category, min(message) as example, count(*) as people
from ops.hubspot_failures
where portal_id = (select portal_id from ops.pipeline_runs where run_id = %(run_id)s)
group by category
order by people desc, category
