-- What the lists of a delivery depend on: the account, the prefix of our properties there, those it has no room for.
select portal_id, property_prefix, left_out
from ops.hubspot_syncs inner join ops.pipeline_runs using (run_id)
where run_id = %(run_id)s
