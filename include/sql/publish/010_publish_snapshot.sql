-- Puts the run's snapshot in the place of the one of the same as_of, in one transaction: a reader sees the old
-- snapshot or the new one, and never waits.
create or replace procedure analytics.publish_snapshot(of_run_id bigint, inout customers bigint default null)
language plpgsql
as $$
declare
    run_as_of timestamp := (select as_of from ops.pipeline_runs where run_id = of_run_id);
    part text := format('analytics.%I', 'customer_snapshots_' || to_char(run_as_of, 'YYYYMMDD"t"HH24MISS'));
begin
    perform pg_advisory_xact_lock(hashtext('analytics.publish_snapshot'), hashtext(run_as_of::text));
    if to_regclass(part) is null then
        execute format(
            'create table %s (like analytics.customer_snapshots including all, check (as_of = %L))',
            part, run_as_of
        );
        execute format(
            'alter table analytics.customer_snapshots attach partition %s for values in (%L)', part, run_as_of
        );
    end if;

    delete from analytics.customer_snapshots where as_of = run_as_of;
    insert into analytics.customer_snapshots (
        as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude,
        r_score, f_score, m_score, rfm_code, segment_name, loyalty_tier,
        next_action, action_priority, next_action_reason, model_id
    )
    select
        as_of, customer_unique_id, first_purchase_date, last_purchase_date, recency_days, frequency, monetary,
        avg_review_score, favorite_category, customer_city, customer_state, latitude, longitude,
        r_score, f_score, m_score, rfm_code, segment_name, loyalty_tier,
        next_action, action_priority, next_action_reason, model_id
    from ops.snapshot_drafts
    where run_id = of_run_id;
    get diagnostics customers = row_count;
    if customers = 0 then
        raise exception 'Run % has no snapshot to publish: clear it from build_features on.', of_run_id
            using errcode = 'data_exception';
    end if;
    execute format('analyze %s', part);

    update ops.pipeline_runs
    set status = 'published', published_at = clock_timestamp()
    where run_id = of_run_id;
end
$$;
