select model_id from ops.cluster_models where fingerprint = %(fingerprint)s
