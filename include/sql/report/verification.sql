-- The newest time that contacts of the run's HubSpot account were read back, and what differed.
select
    verification.run_id,
    to_char(run.as_of, 'YYYY-MM-DD') as as_of,
    verification.finished_at,
    verification.looked_at,
    verification.missing + verification.edited + verification.merged as differ,
    verification.missing,
    verification.edited,
    verification.merged,
    (
        select string_agg(format('%%s %%s', property, people), ', ' order by people::bigint desc, property)
        from jsonb_each_text(verification.properties) as edited (property, people)
    ) as properties
from ops.hubspot_verifications as verification
inner join ops.pipeline_runs as run using (run_id)
where verification.portal_id = (select portal_id from ops.pipeline_runs where run_id = %(run_id)s)
  and verification.finished_at is not null
order by verification.finished_at desc
limit 1
