insert into ops.run_files (run_id, table_name, file_id) values (%(run_id)s, %(table)s, %(file_id)s)
on conflict (run_id, table_name) do update set file_id = excluded.file_id
