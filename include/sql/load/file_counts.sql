select rows_read, rows_accepted, rows_rejected from ops.source_files where file_id = %(file_id)s
