-- The SQL part of the pipeline without Airflow, on the files of the last published run: order values, RFM, scores,
-- segments, and tiers and actions from a stored model, that of the snapshot there is at as_of, else the newest one
-- that has seen nothing after as_of. `accept`: gates that may be passed, as in the DAG's param.
create or replace procedure analytics.refresh_customer_segments(
    as_of timestamp default null, accept text[] default '{}'
)
language plpgsql
as $$
declare
    last_run ops.pipeline_runs;
    new_run_id bigint;
    new_model_id bigint;
    resolved timestamp;
    customers bigint;
begin
    select * into last_run from ops.pipeline_runs
    where published_at is not null order by published_at desc, run_id desc limit 1;
    if last_run.run_id is null then
        raise exception 'Nothing has been loaded yet: run the DAG customer_segmentation once before this CALL.';
    end if;

    insert into ops.pipeline_runs (trigger, requested_as_of, data_dir, excluded_statuses, accepted_gates)
    values ('call', refresh_customer_segments.as_of, last_run.data_dir, ops.excluded_statuses(), accept)
    returning run_id into new_run_id;
    call ops.open_drafts(new_run_id);
    insert into ops.run_files (run_id, table_name, file_id)
    select new_run_id, table_name, file_id from ops.run_files where run_id = last_run.run_id;

    call ops.make_result('order_values', new_run_id);
    call ops.resolve_as_of(new_run_id, resolved);
    call ops.check_staging(new_run_id);
    call ops.stop_on_failed_checks(new_run_id);
    call ops.stop_at_gates(new_run_id, 'validate');
    call ops.make_result('customer_rfm', new_run_id);
    call ops.build_customer_segments(new_run_id);

    new_model_id := ops.stored_model(
        resolved,
        preferred_model_id => (
            select model_id from analytics.customer_snapshots where customer_snapshots.as_of = resolved limit 1
        )
    );
    update ops.pipeline_runs set model_id = new_model_id where run_id = new_run_id;
    insert into ops.model_choices (run_id, model_id, decision, reason)
    select new_run_id, new_model_id, 'stored', 'A CALL trains nothing: it keeps the model of the snapshot there is, else takes the newest stored one that is not younger.'
    where new_model_id is not null;
    call ops.make_result('customer_tiers', new_run_id);
    call ops.record_tier_changes(new_run_id);
    call ops.enter_experiment(new_run_id);
    call ops.make_result('snapshot', new_run_id);
    call ops.stop_at_gates(new_run_id, 'publish');
    call analytics.publish_snapshot(new_run_id, customers);
    update ops.pipeline_runs
    set status = 'succeeded', finished_at = clock_timestamp()
    where run_id = new_run_id;
end
$$;
