update ops.source_files
set rows_accepted = rows_read - rows_erased - %(rejected)s, rows_rejected = %(rejected)s
where file_id = %(file_id)s
