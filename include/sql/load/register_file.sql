insert into ops.source_files (table_name, content_hash, file_name, rows_read, rows_accepted, rows_rejected, schema_name)
values (%(table)s, %(hash)s, %(name)s, 0, 0, 0, %(schema)s)
returning file_id
