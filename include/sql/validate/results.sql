select check_name, table_name, severity, passed, detail
from ops.validation_results
where run_id = %(run_id)s
order by severity, table_name, check_name
