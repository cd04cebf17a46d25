-- What HubSpot has just said of people: who is unsubscribed from everything, and who is not.
with subscribed as (
    delete from personal.hubspot_opt_outs
    where portal_id = %(portal_id)s and source = 'hubspot' and customer_unique_id = any (%(subscribed)s::text[])
)

insert into personal.hubspot_opt_outs (portal_id, customer_unique_id, source)
select %(portal_id)s, unnest(%(unsubscribed)s::text[]), 'hubspot'
on conflict do nothing
