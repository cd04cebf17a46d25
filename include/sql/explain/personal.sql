-- E-mail and names, for the person's own export and never for a page: those of the file, else what HubSpot has of them.
with known as (
    select payload from ops.hubspot_contacts where customer_unique_id = %(person)s and portal_id = ops.last_portal()
),

in_file as (
    select email, first_name, last_name
    from personal.contacts_of_run(%(run_id)s) where customer_unique_id = %(person)s
)

select
    coalesce(in_file.email, known.payload ->> 'email') as email,
    coalesce(in_file.first_name, known.payload ->> 'firstname') as first_name,
    coalesce(in_file.last_name, known.payload ->> 'lastname') as last_name
from in_file full join known on true
where in_file.email is not null
   or in_file.first_name is not null
   or in_file.last_name is not null
   or known.payload ?| '{email,firstname,lastname}'
