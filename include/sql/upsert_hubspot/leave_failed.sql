-- People who are known to fail and were not tried again, so that failing requests stay few.
update ops.hubspot_plan_drafts
set outcome = 'rejected'
where run_id = %(run_id)s and part = %(part)s and outcome is null
