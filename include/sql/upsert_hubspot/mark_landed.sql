-- HubSpot has answered that it did nothing: there is no doubt about these people any more.
delete from ops.hubspot_in_flight
where portal_id = %(portal_id)s and customer_unique_id = any (%(people)s::text[])
