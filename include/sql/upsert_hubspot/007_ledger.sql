-- The ledger of a HubSpot account: the rows of ops.hubspot_contacts with its portal_id.

-- The account that was last delivered to; 0 where there was none, or it is not known which.
create or replace function ops.last_portal() returns bigint
language sql stable
return coalesce(
    (
        select run.portal_id
        from ops.hubspot_syncs as syncs
        inner join ops.pipeline_runs as run using (run_id)
        where ops.is_sending(syncs.mode) and syncs.status not in ('waiting', 'not approved', 'held back')
          and run.portal_id is not null
        order by syncs.planned_at desc
        limit 1
    ),
    -- A run that is planned again as a dry run is no delivery any more; what it sent is still in the ledger.
    (select portal_id from ops.hubspot_contacts order by acknowledged_at desc limit 1),
    0
);

-- A ledger from before accounts were told apart turns out to be that of an account, which has none of its own yet.
create or replace procedure ops.adopt_ledger(of_portal_id bigint)
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(hashtext('ops.hubspot'));
    if exists (select from ops.hubspot_contacts where portal_id = of_portal_id) then
        return;
    end if;
    update ops.hubspot_contacts set portal_id = of_portal_id where portal_id = 0;
    update ops.pipeline_runs set portal_id = of_portal_id where portal_id = 0;
    delete from ops.hubspot_failures where portal_id = of_portal_id;
    update ops.hubspot_failures set portal_id = of_portal_id where portal_id = 0;
    delete from ops.hubspot_in_flight where portal_id = of_portal_id;
    update ops.hubspot_in_flight set portal_id = of_portal_id where portal_id = 0;
end
$$;

-- Before a plan: whom to send again whatever the ledger says. Written down as doubt, so that a delivery that ends
-- early is gone on with by the next one.
create or replace procedure ops.doubt_ledger(of_run_id bigint, lost_properties text[], is_lost boolean)
language plpgsql
as $$
declare
    account bigint := (select portal_id from ops.pipeline_runs where run_id = of_run_id);
    is_repair boolean := (select mode = 'repair' from ops.hubspot_syncs where run_id = of_run_id);
begin
    perform pg_advisory_xact_lock(hashtext('ops.hubspot'));
    if is_repair and is_lost then
        -- The account has lost them, so they are new to it; nobody who has left is brought back to be cleared. The
        -- others come back whatever deliver.when says now: it may still have some of them.
        delete from ops.hubspot_in_flight where portal_id = account;
        with lost as (
            delete from ops.hubspot_contacts where portal_id = account returning customer_unique_id
        )
        insert into ops.hubspot_in_flight (portal_id, customer_unique_id, run_id)
        select account, customer_unique_id, of_run_id
        from lost inner join ops.snapshot_drafts as snapshot using (customer_unique_id)
        where snapshot.run_id = of_run_id;
        return;
    end if;
    insert into ops.hubspot_in_flight (portal_id, customer_unique_id, run_id)
    select portal_id, customer_unique_id, of_run_id
    from ops.hubspot_contacts
    where portal_id = account
      and (
          is_repair
          or exists (
              select from unnest(lost_properties) as lost (property)
              where coalesce(payload ->> lost.property, '') <> ''
          )
      )
    on conflict do nothing;
end
$$;
