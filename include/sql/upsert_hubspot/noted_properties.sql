select coalesce(array_agg(property), '{}') from ops.hubspot_properties where portal_id = %(portal_id)s
