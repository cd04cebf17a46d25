-- The newest time that contacts of the HubSpot account last used were read back, and what differed.
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
    ) as properties,
    (
        select count(distinct customer_unique_id) from ops.hubspot_differences
        where portal_id = verification.portal_id
    ) as still_differ
from ops.hubspot_verifications as verification
inner join ops.pipeline_runs as run using (run_id)
where verification.portal_id = ops.last_portal()
  and verification.finished_at is not null
order by verification.finished_at desc
limit 1
