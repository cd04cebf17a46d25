-- Nobody is erased until this transaction ends, and it waits for whoever is being erased.
select pg_advisory_xact_lock_shared(hashtext('ops.erasure'))
