select count(email) + count(email_problem), count(email_problem), mode() within group (order by email_problem)
from personal.customer_contacts_by_file
where file_id = %(file_id)s
