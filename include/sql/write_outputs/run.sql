-- The runs are numbers in the query of the list: looked up there, it would wait for whoever plans another month.
select
    as_of,
    array(select run_id from ops.runs_that_told where runs_that_told.as_of = pipeline_runs.as_of) || run_id
from ops.pipeline_runs
where run_id = %(run_id)s
