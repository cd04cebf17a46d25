select pg_advisory_unlock(hashtext('olist.cluster_model'), hashtext(%(fingerprint)s))
