select
    plan,
    message,
    status,
    array(
        select distinct part from ops.hubspot_plan_drafts where run_id = %(run_id)s order by part
    )
from ops.hubspot_syncs
where run_id = %(run_id)s
