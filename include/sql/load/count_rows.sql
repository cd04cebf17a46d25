update ops.source_files set rows_read = %(rows)s, rows_accepted = %(rows)s where file_id = %(file_id)s
