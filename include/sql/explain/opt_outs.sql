-- Who has said that a person does not want to be written to, and when it was first seen, in the account last delivered to.
select source, noted_at
from personal.hubspot_opt_outs
where customer_unique_id = %(person)s and portal_id = ops.last_portal()
order by noted_at
