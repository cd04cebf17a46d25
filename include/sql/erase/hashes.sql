select
    (select salt from ops.erasure_salt),
    array(select id_hash from ops.erased_people union all select id_hash from ops.erased_keys)
