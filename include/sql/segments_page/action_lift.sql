-- What each action brought in the newest experiment, all actions together first.
select *
from analytics.vw_action_lift_by_experiment
where experiment_id = (
    select experiment_id from ops.pipeline_runs
    where published_at is not null and experiment_id is not null
    order by published_at desc, run_id desc limit 1
)
order by next_action is not null, treated + treated_waiting desc, next_action
