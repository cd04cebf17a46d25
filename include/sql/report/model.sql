-- The model of a run with its elbow, and those of the chain's models up to it (the newest first; [] where it is not one
-- of a chain). Models of earlier releases have an elbow of all their customers.
with recursive chain as (
    select links.fingerprint, links.previous_fingerprint, links.model_id, 0 as steps_back
    from ops.model_choices as choices
    inner join ops.model_links as links on links.fingerprint = choices.link_fingerprint
    where choices.run_id = %(run_id)s
    union all
    select links.fingerprint, links.previous_fingerprint, links.model_id, chain.steps_back + 1
    from chain
    inner join ops.model_links as links on links.fingerprint = chain.previous_fingerprint
)

select
    models.k,
    models.trained_as_of,
    models.metrics -> 'elbow' as elbow,
    coalesce(models.metrics -> 'elbow_customers', models.metrics -> 'customers')::bigint as elbow_customers,
    (models.metrics -> 'customers')::bigint as customers,
    (
        select coalesce(jsonb_agg(earlier.metrics -> 'elbow' order by trained_as_of desc), '[]')
        from ops.cluster_models as earlier
        where earlier.model_id in (select model_id from chain)
    ) as chain_elbows
from ops.pipeline_runs as run
inner join ops.cluster_models as models using (model_id)
where run.run_id = %(run_id)s
