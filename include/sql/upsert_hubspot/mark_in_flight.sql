-- Written down before the request leaves, so that a lost answer is known to be lost.
insert into ops.hubspot_in_flight (customer_unique_id, run_id)
select unnest(%(people)s::text[]), %(run_id)s
on conflict (customer_unique_id) do update set run_id = excluded.run_id, sent_at = clock_timestamp()
