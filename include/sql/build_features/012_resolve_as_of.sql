-- The moment a run looks from: the date asked for, else the earlier of the end of its data interval and one day
-- after the latest qualifying purchase among the run's order values. Never the clock.
create or replace procedure ops.resolve_as_of(of_run_id bigint, inout resolved timestamp default null)
language plpgsql
as $$
declare
    run ops.pipeline_runs;
    latest_purchase timestamp;
begin
    perform set_config('olist.run_id', of_run_id::text, true);
    select * into strict run from ops.pipeline_runs where run_id = of_run_id;

    select max(order_date) into latest_purchase
    from ops.order_values_drafts
    where run_id = of_run_id and is_qualifying;

    -- Whoever bought last may have been erased since, and the run still looks from the same moment. It does not where
    -- that purchase was far from all others: see the check no_isolated_purchases.
    latest_purchase := greatest(
        latest_purchase,
        (
            select erased_purchase from ops.source_files
            where file_id = ops.file_in_use('orders') and erased_purchase <= latest_purchase + interval '180 days'
        )
    );

    resolved := coalesce(run.requested_as_of, least(run.interval_end, latest_purchase + interval '1 day'));
    if latest_purchase is null then
        resolved := run.requested_as_of;
    end if;
    update ops.pipeline_runs set as_of = resolved where run_id = of_run_id;
end
$$;
