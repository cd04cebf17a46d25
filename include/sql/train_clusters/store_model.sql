insert into ops.cluster_models (
    fingerprint, training_hash, trained_as_of, k, features, scaler, centres, metrics, parameters, bins
)
values (
    %(fingerprint)s, %(training_hash)s, %(as_of)s, %(k)s, %(features)s,
    %(scaler)s, %(centres)s, %(metrics)s, %(parameters)s, %(bins)s
)
returning model_id
