select model_id, trained_as_of
from ops.cluster_models
where model_id = ops.stored_model(%(as_of)s)
