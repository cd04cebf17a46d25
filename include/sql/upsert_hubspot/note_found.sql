-- Which contacts have the e-mails that were looked for.
update personal.hubspot_matches as match
set contact_id = found.contact_id, whose = found.whose
from unnest(%(people)s::text[], %(contact_ids)s::text[], %(whose)s::text[]) as found (customer_unique_id, contact_id, whose)
where match.run_id = %(run_id)s and match.customer_unique_id = found.customer_unique_id
