-- How many people of the newest snapshot an account has not acknowledged: what a delivery would create at most, without
-- those whose contact was found by e-mail, or whose e-mail was taken, when a run for the account was last planned.
select count(*)
from analytics.customer_snapshots as snapshot
where snapshot.as_of = (select max(as_of) from analytics.customer_snapshots)
  and not exists (
      select from ops.hubspot_contacts as contacts
      where contacts.portal_id = %(portal_id)s
        and contacts.customer_unique_id = snapshot.customer_unique_id
  )
  and not exists (
      select from personal.hubspot_matches as match
      where match.customer_unique_id = snapshot.customer_unique_id
        and match.verdict <> 'free'
        and match.run_id = (
            select max(run_id)
            from ops.hubspot_syncs inner join ops.pipeline_runs using (run_id)
            where portal_id = %(portal_id)s
        )
  )
