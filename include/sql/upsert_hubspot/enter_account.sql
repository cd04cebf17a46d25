-- What the plan of a run has to know of its account.
update ops.hubspot_syncs
set property_prefix = %(property_prefix)s, left_out = %(left_out)s
where run_id = %(run_id)s
