-- Why a part must not send on: nobody has approved it or its plan was held back, a newer delivery to the account has begun,
-- HubSpot's daily limit is used up, or HubSpot refuses people for a reason that is not theirs.
select case
    when mine.status in ('waiting', 'not approved', 'held back', 'paused', 'stopped') then mine.status
    when exists (
        select from ops.hubspot_syncs as newer
        inner join ops.pipeline_runs as newer_run on newer_run.run_id = newer.run_id
        where newer_run.portal_id = my_run.portal_id
          and ops.has_begun(newer.mode, newer.status)
          and (newer.as_of, newer.planned_at) > (mine.as_of, mine.planned_at)
    ) then 'superseded'
end
from ops.hubspot_syncs as mine
inner join ops.pipeline_runs as my_run on my_run.run_id = mine.run_id
where mine.run_id = %(run_id)s
