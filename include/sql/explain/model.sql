select features, scaler, centres, trained_as_of from ops.cluster_models where model_id = %(model_id)s
