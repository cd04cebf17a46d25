-- Whom a run's customers are compared with. Before it is published: the newest snapshot that is not younger, which
-- may be the one it would replace. Before it is sent: the people the HubSpot account has been told about. Those who are
-- held out are among them without a next action, which then cannot change.
create or replace function ops.customers_before(of_run_id bigint, of_stage text)
returns table (as_of timestamp, customer_unique_id text, loyalty_tier text, next_action text)
language sql stable
as $$
    select snapshots.as_of, snapshots.customer_unique_id, snapshots.loyalty_tier, snapshots.next_action
    from analytics.customer_snapshots as snapshots
    where of_stage = 'publish'
      and snapshots.as_of = (
          select max(snapshot_dates.as_of)
          from ops.snapshot_dates
          inner join ops.pipeline_runs as run on run.run_id = of_run_id
          where snapshot_dates.as_of <= run.as_of
      )
    union all
    select
        account.newest, contacts.customer_unique_id, contacts.payload ->> 'loyalty_tier',
        nullif(contacts.payload ->> 'next_action', '')
    from (
        select told.portal_id, max(told.as_of) as newest
        from ops.hubspot_contacts as told
        inner join ops.pipeline_runs as run on run.run_id = of_run_id and run.portal_id = told.portal_id
        group by told.portal_id
    ) as account
    inner join ops.hubspot_contacts as contacts using (portal_id)
    -- Whoever has left has neither; whoever is held out, or has opted out, has a tier and no action.
    where of_stage = 'upsert_hubspot'
      and (
          contacts.payload ->> 'next_action' <> ''
          or (contacts.payload ->> 'next_action' = '' and contacts.payload ->> 'loyalty_tier' <> '')
      )
$$;
