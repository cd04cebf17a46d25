-- Who is held out, by holdout of strategy.yaml (ops.holdout_salt and ops.holdout_share are compiled from it), and when an
-- experiment began.
create or replace function ops.is_held_out(customer_unique_id text) returns boolean
language sql stable
return case
    when ops.holdout_share() > 0
    then ops.holdout_number(ops.holdout_salt(), customer_unique_id) < ops.holdout_share() * 4294967296
end;

-- Enters a run into the experiment of today's salt and share, or into none.
create or replace procedure ops.enter_experiment(of_run_id bigint)
language sql
as $$
    insert into ops.experiments (salt, share)
    select ops.holdout_salt(), ops.holdout_share()
    where ops.holdout_share() > 0
    on conflict (salt, share) do nothing;

    update ops.pipeline_runs
    set experiment_id = (
        select experiment_id from ops.experiments where (salt, share) = (ops.holdout_salt(), ops.holdout_share())
    )
    where run_id = of_run_id;
$$;

-- Notes where the experiment of a run begins: with its first delivery, whatever was published before for nobody to be told.
-- HubSpot is told nothing older than it has, so months that are filled in later come before the beginning and do not count.
create or replace procedure ops.begin_experiment(of_run_id bigint, by_delivery boolean)
language sql
as $$
    update ops.experiments as experiment
    set began_as_of = run.as_of, is_delivered = by_delivery
    from ops.pipeline_runs as run
    where run.run_id = of_run_id
      and run.experiment_id = experiment.experiment_id
      and (experiment.began_as_of is null or (by_delivery and not experiment.is_delivered));
$$;
