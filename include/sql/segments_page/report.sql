-- Where a run wrote its report, and the run that wrote there last.
select
    report.metrics ->> 'report' as path,
    (
        select later.run_id
        from ops.stage_runs as later
        where later.stage = 'write_outputs' and later.metrics ->> 'report' = report.metrics ->> 'report'
        order by later.finished_at desc
        limit 1
    ) as written_by
from ops.stage_runs as report
where report.run_id = %(run_id)s and report.stage = 'write_outputs'
