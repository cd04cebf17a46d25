select rows_read, rows_accepted, rows_rejected, rows_erased, ops.why_set_aside(file_id)
from ops.source_files
where file_id = %(file_id)s
