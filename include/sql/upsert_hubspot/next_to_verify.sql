-- The next people of a run's ledger to be looked at, after the last one taken. Of those in a request nobody knows what
-- HubSpot holds; before a repair nobody is sending.
select contacts.customer_unique_id, contacts.contact_id, clock_timestamp() as asked_at
from ops.hubspot_contacts as contacts
inner join ops.pipeline_runs as run on run.run_id = %(run_id)s and run.portal_id = contacts.portal_id
where contacts.customer_unique_id > %(after)s
  and ops.is_looked_at(contacts.customer_unique_id, %(share)s, run.as_of)
  and (
      %(with_doubts)s
      or not exists (
          select from ops.hubspot_in_flight as in_flight
          where in_flight.portal_id = contacts.portal_id
            and in_flight.customer_unique_id = contacts.customer_unique_id
      )
  )
order by contacts.customer_unique_id
limit %(people)s
