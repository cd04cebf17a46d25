-- Where two runs trained the same model at once, both get the row of the first.
insert into ops.cluster_models (fingerprint, trained_as_of, k, features, scaler, centres, metrics, parameters)
values (
    %(fingerprint)s, %(as_of)s, %(k)s, %(features)s, %(scaler)s, %(centres)s, %(metrics)s, %(parameters)s
)
on conflict (fingerprint) do update set fingerprint = excluded.fingerprint
returning model_id
