-- Models of earlier releases have an elbow of all their customers.
select
    models.k,
    models.trained_as_of,
    models.metrics -> 'elbow' as elbow,
    coalesce(models.metrics -> 'elbow_customers', models.metrics -> 'customers')::bigint as elbow_customers,
    (models.metrics -> 'customers')::bigint as customers
from ops.pipeline_runs as run
inner join ops.cluster_models as models using (model_id)
where run.run_id = %(run_id)s
