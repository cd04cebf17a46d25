-- The tier of each customer of a run, by the run's model.
create or replace procedure ops.build_customer_tiers(of_run_id bigint, slice integer default 0, slices integer default 1)
language plpgsql
as $$
declare
    run_model_id bigint := (select model_id from ops.pipeline_runs where run_id = of_run_id);
begin
    call ops.empty_draft('customer_tiers_drafts', of_run_id, slice, slices);

    insert into ops.customer_tiers_drafts (run_id, customer_unique_id, loyalty_tier)
    select of_run_id, customer_unique_id, loyalty_tier
    from ops.tiers_by_model(
        run_model_id,
        of_run_id => build_customer_tiers.of_run_id,
        slice => build_customer_tiers.slice,
        slices => build_customer_tiers.slices
    );
    call ops.analyze_draft('customer_tiers_drafts', of_run_id, slice, slices);
end
$$;
