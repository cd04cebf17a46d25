-- What each gate measured, at the stage where it came closest to its limit.
select distinct on (gate) gate, stage, subject, measured, allowed, passed, accepted, detail
from ops.gate_results
where run_id = %(run_id)s
order by gate, measured / greatest(allowed, 0.0001) desc, stage
