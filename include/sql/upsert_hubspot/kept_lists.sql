select kind, name, list_id, rules, is_gone from ops.hubspot_lists where portal_id = %(portal_id)s order by list_id
