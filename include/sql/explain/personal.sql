-- E-mail and names, for the person's own export: never for a page.
select email, first_name, last_name
from personal.contacts_of_run(%(run_id)s)
where customer_unique_id = %(person)s
