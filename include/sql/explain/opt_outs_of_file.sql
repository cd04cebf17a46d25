-- Whether customer_contacts.csv says that a person does not want to be written to.
select 'file' as source, null::timestamptz as noted_at
from personal.contacts_of_run(%(run_id)s)
where customer_unique_id = %(person)s and opted_out
