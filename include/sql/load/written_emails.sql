select distinct staging.trimmed(email)
from personal.customer_contacts
where octet_length(staging.trimmed(email)) <= %(max_bytes)s
