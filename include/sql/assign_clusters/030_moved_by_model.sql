-- Whose tier is another one only because a run's model is not that of the snapshot before: on the run's numbers, the
-- model before would have given them the first tier.
create or replace function ops.moved_by_model(of_run_id bigint)
returns table (customer_unique_id text, tier_before text, loyalty_tier text)
language sql stable
as $$
    select customer_unique_id, before.loyalty_tier, now.loyalty_tier
    from ops.tier_changes as changes
    cross join lateral ops.tiers_by_model(
        changes.previous_model_id, of_run_id => moved_by_model.of_run_id
    ) as before
    inner join ops.customer_tiers_drafts as now using (customer_unique_id)
    where changes.run_id = moved_by_model.of_run_id
      and now.run_id = moved_by_model.of_run_id
      and now.loyalty_tier <> before.loyalty_tier
$$;

-- How many people a run's model alone moves, to be put behind what is said of their tiers. Empty where there is no
-- snapshot before, or it had no model.
create or replace function ops.about_model_moves(of_run_id bigint) returns text
language sql stable
return coalesce(
    (
        select format('; the new model alone moves %s of %s people', changed_by_model_on_same_data, people)
        from ops.tier_changes
        where run_id = of_run_id
    ),
    (
        select format('; the model is that of %s and moves nobody', to_char(before.as_of, 'YYYY-MM-DD'))
        from ops.pipeline_runs as run
        inner join analytics.customer_snapshots as before
            on before.as_of = (select max(as_of) from ops.snapshot_dates where snapshot_dates.as_of < run.as_of)
        where run.run_id = of_run_id and run.model_id = before.model_id
        limit 1
    ),
    ''
);
