-- What HubSpot's accounts last acknowledged of a person, that of the newest delivery first.
select
    contacts.portal_id,
    contacts.contact_id,
    contacts.as_of,
    contacts.acknowledged_at,
    in_flight.customer_unique_id is not null as is_in_doubt
from ops.hubspot_contacts as contacts
left join ops.hubspot_in_flight as in_flight using (portal_id, customer_unique_id)
where contacts.customer_unique_id = %(person)s
order by contacts.portal_id <> ops.last_portal(), contacts.acknowledged_at desc
