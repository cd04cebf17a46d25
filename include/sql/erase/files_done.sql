update ops.erasures
set file_rows_removed = file_rows_removed + %(rows)s, files_done_at = clock_timestamp()
where erasure_id = %(erasure)s
