-- Why a part must not send on: a newer delivery has begun, or HubSpot's daily limit is used up.
select case
    when mine.status = 'paused' then 'paused'
    when exists (
        select from ops.hubspot_syncs as newer
        where newer.mode in ('upsert', 'update') and newer.status <> 'superseded'
          and (newer.as_of, newer.planned_at) > (mine.as_of, mine.planned_at)
    ) then 'superseded'
end
from ops.hubspot_syncs as mine
where mine.run_id = %(run_id)s
