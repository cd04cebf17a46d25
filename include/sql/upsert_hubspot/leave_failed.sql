-- People whom HubSpot refused before, and who were not tried again since it went on refusing others.
update ops.hubspot_plan_drafts
set outcome = 'not tried'
where run_id = %(run_id)s and part = %(part)s and outcome is null
