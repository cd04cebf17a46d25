-- Locked, so that the file cannot be dropped before the run is pinned to it.
select file_id from ops.source_files
where table_name = %(table)s and content_hash = %(hash)s
for key share
