-- How many people of a plan have a value that breaks a rule, and one of these values.
select count(*), min(payload ->> %(property)s)
from ops.hubspot_plan_drafts
where run_id = %(run_id)s
  and payload ->> %(property)s <> ''
  and ops.breaks_rule(payload ->> %(property)s, %(rule)s, %(argument)s)
