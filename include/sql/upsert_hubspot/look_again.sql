-- People whose batch was refused because an e-mail in it is another contact's: they are looked up anew.
insert into personal.hubspot_matches (run_id, customer_unique_id, email)
select %(run_id)s, customer_unique_id, email
from unnest(%(people)s::text[], %(emails)s::text[]) as sent (customer_unique_id, email)
on conflict (run_id, customer_unique_id) do update set
    email = excluded.email, is_shared = false, contact_id = null, whose = null, has_contact = false,
    verdict = null, is_set_aside = false, message = null
