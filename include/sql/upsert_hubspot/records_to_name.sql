-- People of a plan whose contact does not bear our id any more, and HubSpot's id of the record that they are: the one that
-- they were merged into, or their own, of which somebody has changed our id.
select plan.customer_unique_id, case when differences.kind = 'merged' then differences.theirs else contacts.contact_id end
from ops.hubspot_plan_drafts as plan
inner join ops.pipeline_runs as run using (run_id)
inner join ops.hubspot_differences as differences
    on differences.portal_id = run.portal_id and differences.customer_unique_id = plan.customer_unique_id
inner join ops.hubspot_contacts as contacts
    on contacts.portal_id = run.portal_id and contacts.customer_unique_id = plan.customer_unique_id
where plan.run_id = %(run_id)s
  and (
      (differences.kind = 'merged' and differences.borne_id is null)
      or (differences.kind = 'edited' and differences.property = %(id_property)s)
  )
order by plan.customer_unique_id
