select portal_id, kind, property, ours, theirs, borne_id, found_at
from ops.hubspot_differences
where customer_unique_id = %(person)s
order by found_at desc, property
