-- How many of HubSpot's contacts that a run has read back before it sends are not as HubSpot acknowledged them. Whoever
-- verifies or repairs asked for just that, and is not stopped by it.
create or replace function ops.contact_gates(of_run_id bigint)
returns table (gate text, subject text, measured numeric, allowed numeric, detail text)
language sql stable
as $$
    select
        'contacts_differ', '',
        (missing + edited + merged)::numeric / looked_at,
        ops.limit_of('contacts_differ'),
        format(
            '%s of %s contacts that were read back from HubSpot are not as it acknowledged them (%s missing, %s edited, %s merged)',
            missing + edited + merged, looked_at, missing, edited, merged
        )
    from ops.hubspot_verifications
    where run_id = of_run_id and finished_at is not null and looked_at > 0 and mode not in ('verify', 'repair')
$$;
