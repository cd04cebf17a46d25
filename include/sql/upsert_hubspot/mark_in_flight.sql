-- Written down before the request leaves, so that a lost answer is known to be lost.
insert into ops.hubspot_in_flight (portal_id, customer_unique_id, run_id)
select %(portal_id)s, unnest(%(people)s::text[]), %(run_id)s
on conflict (portal_id, customer_unique_id) do update set run_id = excluded.run_id, sent_at = clock_timestamp()
