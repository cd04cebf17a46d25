-- Where a run has another model than the published snapshot before it: how many of the run's people have another tier
-- only because the model is new, on the same numbers. And, against the snapshot: whose tier changes because of the model,
-- and whose because of what they did (buying, or not buying, is behaviour). Both months are scored with both
-- models, and a person who changes tier is counted once: by the one change that would have done it alone, or as
-- both where either would have, or only the two together.
create or replace procedure ops.record_tier_changes(of_run_id bigint)
language plpgsql
as $$
declare
    run ops.pipeline_runs;
    previous record;
begin
    delete from ops.tier_changes where run_id = of_run_id;
    select * into strict run from ops.pipeline_runs where run_id = of_run_id;
    select as_of, model_id into previous
    from analytics.customer_snapshots
    where as_of = (select max(as_of) from analytics.customer_snapshots where as_of < run.as_of)
    limit 1;
    if not found or previous.model_id is null or run.model_id is null or previous.model_id = run.model_id then
        return;
    end if;

    insert into ops.tier_changes (
        run_id, previous_as_of, previous_model_id, model_id,
        people_compared, changed, changed_by_model, changed_by_behaviour, changed_by_both,
        people, changed_by_model_on_same_data, sentence
    )
    with old_model as materialized (
        select customer_unique_id, loyalty_tier
        from ops.tiers_by_model(previous.model_id, of_run_id => record_tier_changes.of_run_id)
    ),

    same_data as (
        select count(*) as people, count(*) filter (where now.loyalty_tier <> old_model.loyalty_tier) as changed
        from ops.customer_tiers_drafts as now
        inner join old_model using (customer_unique_id)
        where now.run_id = of_run_id
    ),

    tiers as (
        select
            before.loyalty_tier as tier_before,
            after.loyalty_tier as tier_after,
            before.loyalty_tier <> new_model.loyalty_tier as model_alone,
            before.loyalty_tier <> old_model.loyalty_tier as behaviour_alone
        from analytics.customer_snapshots as before
        inner join ops.customer_tiers_drafts as after
            on after.run_id = of_run_id and after.customer_unique_id = before.customer_unique_id
        inner join ops.tiers_by_model(run.model_id, of_as_of => previous.as_of) as new_model
            on new_model.customer_unique_id = before.customer_unique_id
        inner join old_model
            on old_model.customer_unique_id = before.customer_unique_id
        where before.as_of = previous.as_of
    ),

    counts as (
        select
            count(*) as people,
            count(*) filter (where tier_before <> tier_after) as changed,
            count(*) filter (where tier_before <> tier_after and model_alone and not behaviour_alone) as by_model,
            count(*) filter (where tier_before <> tier_after and behaviour_alone and not model_alone) as by_behaviour,
            count(*) filter (where tier_before <> tier_after and model_alone = behaviour_alone) as by_both
        from tiers
    )

    select
        of_run_id, previous.as_of, previous.model_id, run.model_id,
        counts.people, counts.changed, by_model, by_behaviour, by_both, same_data.people, same_data.changed,
        format(
            '%s of %s people change tier since %s: %s because the model is a new one, %s because of what they did, '
            '%s because of both. On the numbers of this month alone, %s of %s people (%s %%) have another tier only '
            'because the model is new.',
            counts.changed, counts.people, to_char(previous.as_of, 'YYYY-MM-DD'), by_model, by_behaviour, by_both,
            same_data.changed, same_data.people, round(100.0 * same_data.changed / nullif(same_data.people, 0), 1)
        )
    from counts cross join same_data;
end
$$;
