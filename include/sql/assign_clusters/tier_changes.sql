select to_jsonb(tier_changes) from ops.tier_changes where run_id = %(run_id)s
