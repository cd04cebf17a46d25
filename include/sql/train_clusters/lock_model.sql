-- Of two runs that need the same model, one trains it and the other waits for it.
select pg_advisory_lock(hashtext('olist.cluster_model'), hashtext(%(fingerprint)s))
