-- How many contacts were looked at in a run, and how many of them differ.
select looked_at, missing, edited, merged, properties from ops.hubspot_verifications where run_id = %(run_id)s
