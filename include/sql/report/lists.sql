-- Where the lists of the run's HubSpot account are, of next actions and of segments.
select kind, name, url
from ops.hubspot_lists
where portal_id = (select portal_id from ops.pipeline_runs where run_id = %(run_id)s) and not is_gone
