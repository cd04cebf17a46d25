-- The runs are numbers in the query of the list: looked up there, it would wait for whoever plans another month.
select
    run.as_of,
    array(
        select told.run_id from ops.runs_that_told as told
        where told.as_of = run.as_of and told.portal_id = run.portal_id
    ) || run.run_id,
    run.experiment_id is not null,
    exists (
        select from ops.run_files where run_files.run_id = run.run_id and run_files.table_name = 'customer_contacts'
    )
from ops.pipeline_runs as run
where run.run_id = %(run_id)s
