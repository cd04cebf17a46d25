delete from ops.run_files where run_id = %(run_id)s and table_name = %(table)s
