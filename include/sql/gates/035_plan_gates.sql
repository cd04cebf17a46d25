-- What a planned delivery would do to the HubSpot account: every new contact may cost, and an account that is another one than
-- last month, or a ledger that was lost, creates everybody. sync=update creates nobody.
create or replace function ops.plan_gates(of_run_id bigint)
returns table (gate text, subject text, measured numeric, allowed numeric, detail text)
language sql stable
as $$
    select
        'created_contacts', '', count(*), ops.limit_of('created_contacts'),
        format(
            '%s contacts would be created in the HubSpot account %s, which has %s of ours',
            to_char(count(*), 'FM999,999,999,990'), run.portal_id,
            (
                select to_char(count(*), 'FM999,999,999,990')
                from ops.hubspot_contacts as contacts
                where contacts.portal_id = run.portal_id
            )
        )
    from ops.pipeline_runs as run
    inner join ops.hubspot_syncs as syncs using (run_id)
    inner join ops.hubspot_plan_drafts as plan on plan.run_id = of_run_id and plan.operation = 'create'
    where run.run_id = of_run_id and syncs.mode <> 'update' and ops.limit_of('created_contacts') is not null
    group by run.portal_id
$$;
