-- The account at hand is asked for the person in any case.
insert into ops.pending_erasures (erasure_id, portal_id, person)
values (%(erasure)s, %(portal_id)s, %(person)s)
on conflict (erasure_id, portal_id) do nothing
