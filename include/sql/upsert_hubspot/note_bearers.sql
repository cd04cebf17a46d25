-- Whether a contact bears the id of each of these people (NULL: of all).
update personal.hubspot_matches
set has_contact = customer_unique_id = any (%(bearers)s::text[])
where run_id = %(run_id)s and (%(people)s::text[] is null or customer_unique_id = any (%(people)s::text[]))
