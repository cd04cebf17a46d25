select customer_unique_id, verdict, is_set_aside, contact_id, message
from personal.hubspot_matches
where run_id = %(run_id)s and customer_unique_id = any (%(people)s::text[]) and verdict in ('claim', 'taken')
