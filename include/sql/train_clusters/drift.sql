select feature, psi from ops.feature_drift(%(bins)s, %(run_id)s) order by feature
