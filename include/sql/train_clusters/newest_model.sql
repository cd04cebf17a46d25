select model_id
from ops.cluster_models
where trained_as_of <= %(as_of)s
order by trained_as_of desc, model_id desc
limit 1
