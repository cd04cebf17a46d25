select models.k, models.trained_as_of, models.metrics -> 'elbow' as elbow, (models.metrics ->> 'customers')::bigint as customers
from ops.pipeline_runs as run
inner join ops.cluster_models as models using (model_id)
where run.run_id = %(run_id)s
