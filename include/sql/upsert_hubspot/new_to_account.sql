-- How many people of the newest snapshot an account has not acknowledged and a delivery may create: what it would create at
-- most. Whom an unanswered request may have created is sent in any case.
with new_people as (
    select
        in_flight.customer_unique_id is not null as is_in_doubt,
        ops.may_become_contact(
            snapshot.loyalty_tier, snapshot.segment_name, snapshot.favorite_category, snapshot.customer_state,
            snapshot.avg_review_score, snapshot.recency_days, snapshot.frequency, snapshot.monetary
        ) as meets_conditions
    from analytics.customer_snapshots as snapshot
    left join ops.hubspot_in_flight as in_flight
        on in_flight.portal_id = %(portal_id)s and in_flight.customer_unique_id = snapshot.customer_unique_id
    where snapshot.as_of = (select max(as_of) from analytics.customer_snapshots)
      and not exists (
          select from ops.hubspot_contacts as contacts
          where contacts.portal_id = %(portal_id)s
            and contacts.customer_unique_id = snapshot.customer_unique_id
      )
      -- Nor those whose contact was found by e-mail, or whose e-mail was taken, when a run was last planned for it.
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
)

select greatest(
    least(count(*) filter (where is_in_doubt or meets_conditions), ops.created_at_most()),
    count(*) filter (where is_in_doubt)
)
from new_people
