select action_priority, next_action, count(*) as customers
from ops.snapshot_drafts
where run_id = %(run_id)s
group by action_priority, next_action
