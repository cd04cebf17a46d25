-- The SQL part of the pipeline without Airflow: order values, RFM, scores, segments, and tiers and actions from
-- the newest model that is not younger than as_of, on the files of the last published run.
create or replace procedure analytics.refresh_customer_segments(as_of timestamp default null)
language plpgsql
as $$
declare
    last_run ops.pipeline_runs;
    new_run_id bigint;
    resolved timestamp;
    customers bigint;
begin
    select * into last_run from ops.pipeline_runs
    where published_at is not null order by published_at desc, run_id desc limit 1;
    if last_run.run_id is null then
        raise exception 'Nothing has been loaded yet: run the DAG customer_segmentation once before this CALL.';
    end if;

    insert into ops.pipeline_runs (trigger, requested_as_of, data_dir, excluded_statuses)
    values ('call', refresh_customer_segments.as_of, last_run.data_dir, ops.excluded_statuses())
    returning run_id into new_run_id;
    call ops.open_drafts(new_run_id);
    insert into ops.run_files (run_id, table_name, file_id)
    select new_run_id, table_name, file_id from ops.run_files where run_id = last_run.run_id;

    call ops.resolve_as_of(new_run_id, resolved);
    call ops.check_staging(new_run_id);
    call ops.stop_on_failed_checks(new_run_id);
    call ops.build_order_values(new_run_id);
    call ops.build_customer_rfm(new_run_id);
    call ops.build_customer_segments(new_run_id);

    update ops.pipeline_runs
    set model_id = (
        select model_id from ops.cluster_models
        where trained_as_of <= resolved order by trained_as_of desc, model_id desc limit 1
    )
    where run_id = new_run_id;
    call ops.assign_customer_tiers(new_run_id);
    call ops.build_snapshot(new_run_id);
    call analytics.publish_snapshot(new_run_id, customers);
    update ops.pipeline_runs
    set status = 'succeeded', finished_at = clock_timestamp()
    where run_id = new_run_id;
end
$$;
