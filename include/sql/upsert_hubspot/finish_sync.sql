with outcomes as (
    select
        count(*) filter (where outcome = 'accepted') as accepted,
        count(*) filter (where outcome = 'rejected') as rejected,
        count(*) filter (where outcome = 'absent') as absent,
        count(*) filter (where outcome = 'not tried') as not_tried,
        count(*) filter (where outcome is null) as waiting,
        -- Of those who were rejected: while it was sent, their e-mail turned out to be somebody else's.
        count(*) filter (where outcome = 'rejected' and failures.category = 'EMAIL_TAKEN') as taken
    from ops.hubspot_plan_drafts as plan
    inner join ops.pipeline_runs as run using (run_id)
    left join ops.hubspot_failures as failures
        on failures.portal_id = run.portal_id and failures.customer_unique_id = plan.customer_unique_id
    where plan.run_id = %(run_id)s
),

-- A run that is planned anew has told people before, whom this plan leaves out.
told as (
    select
        count(*) filter (where outcome = 'accepted') as accepted,
        count(*) filter (where outcome = 'rejected') as rejected,
        count(*) filter (where outcome = 'absent') as absent
    from ops.hubspot_deliveries
    where run_id = %(run_id)s
)

update ops.hubspot_syncs
set
    accepted = told.accepted,
    rejected = told.rejected,
    absent = told.absent,
    status = case
        when status in (
            'dry_run', 'skipped', 'superseded', 'verified', 'paused', 'stopped', 'waiting', 'not approved', 'held back'
        ) then status
        when outcomes.waiting = 0 then 'delivered'
        when %(stop_reason)s = 'superseded' then 'superseded'
        else 'failed'
    end,
    message = case
        when status in ('planned', 'delivered', 'failed') and outcomes.waiting = 0
            and outcomes.rejected + outcomes.not_tried > 0
        then format(
            'Delivered with %%s rejected%%s.', outcomes.rejected,
            case
                when outcomes.not_tried > 0
                then format(', and %%s not tried, whom HubSpot refused before', outcomes.not_tried)
            end
        )
        when status = 'planned' and %(stop_reason)s = 'superseded'
        then 'Stopped: the customers as of a later date are being sent.'
        else message
    end,
    finished_at = clock_timestamp()
from outcomes cross join told
where run_id = %(run_id)s
returning
    mode, status, message, plan, outcomes.accepted, outcomes.rejected, outcomes.absent, outcomes.not_tried,
    outcomes.waiting, outcomes.taken
