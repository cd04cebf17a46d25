select exists (
    select from ops.hubspot_syncs as newer
    inner join ops.hubspot_syncs as mine on mine.run_id = %(run_id)s
    where newer.as_of > mine.as_of and newer.mode in ('upsert', 'update') and newer.status <> 'superseded'
)
