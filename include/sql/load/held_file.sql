select file_id from ops.source_files where table_name = %(table)s and content_hash = %(hash)s
