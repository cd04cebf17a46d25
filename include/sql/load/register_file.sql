insert into ops.source_files (table_name, content_hash, file_name, rows_read, rows_accepted, rows_rejected)
values (%(table)s, %(hash)s, %(name)s, %(rows)s, %(rows)s, 0)
returning file_id
