select feature, psi from ops.feature_drift(%(model_id)s, %(run_id)s) order by feature
