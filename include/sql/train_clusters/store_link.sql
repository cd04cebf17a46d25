insert into ops.model_links (
    fingerprint, previous_fingerprint, as_of, settings, training_hash, model_id, decision, reason,
    customers, inertia, best_inertia, worse_share, moved_share, bins
)
values (
    %(fingerprint)s, %(previous)s, %(as_of)s, %(settings)s, %(training_hash)s, %(model_id)s, %(decision)s, %(reason)s,
    %(customers)s, %(inertia)s, %(best)s, %(worse)s, %(moved)s, %(bins)s
)
