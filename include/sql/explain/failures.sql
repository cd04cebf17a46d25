select portal_id, category, message, attempts, last_attempt_at
from ops.hubspot_failures
where customer_unique_id = %(person)s
order by last_attempt_at desc
