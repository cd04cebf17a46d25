-- Whether a contact bears the id of each of these people.
update personal.hubspot_matches
set has_contact = customer_unique_id = any (%(bearers)s::text[])
where run_id = %(run_id)s and customer_unique_id = any (%(people)s::text[])
