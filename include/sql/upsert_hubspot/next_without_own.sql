-- The next people of a run of whom it matters whether a contact bears their id: another one has their e-mail, or it is
-- shared and they were delivered before.
select match.customer_unique_id
from personal.hubspot_matches as match
where match.run_id = %(run_id)s
  and match.customer_unique_id > %(after)s
  and (match.whose in ('nobody', 'another') or (match.is_shared and match.has_contact))
order by match.customer_unique_id
limit %(people)s
