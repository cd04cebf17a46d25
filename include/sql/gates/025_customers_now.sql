-- The customers that a run is about to publish or to send: its snapshot, or where it restores an older month what HubSpot
-- held after that.
create or replace function ops.customers_now(of_run_id bigint, of_stage text)
returns table (customer_unique_id text, loyalty_tier text, next_action text, avg_review_score numeric)
language sql stable
as $$
    select customer_unique_id, loyalty_tier, next_action, avg_review_score
    from ops.snapshot_drafts
    where run_id = of_run_id
      and not (of_stage = 'upsert_hubspot' and (select sync = 'restore' from ops.pipeline_runs where run_id = of_run_id))
    union all
    select
        customer_unique_id, nullif(payload ->> 'loyalty_tier', ''), payload ->> 'next_action',
        nullif(payload ->> 'avg_review_score', '')::numeric
    from ops.restored_contacts(of_run_id)
    where of_stage = 'upsert_hubspot'
      and (select sync = 'restore' from ops.pipeline_runs where run_id = of_run_id)
      and not has_left
$$;
