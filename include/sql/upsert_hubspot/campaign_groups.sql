-- Whether a run tells its HubSpot account who is treated and who is held out, and whether the account was told before.
select
    (select experiment_id is not null from ops.pipeline_runs where run_id = %(run_id)s),
    exists (select from ops.experiments)
    and exists (
        select from ops.hubspot_contacts where portal_id = %(portal_id)s and payload ? 'campaign_group'
    )
