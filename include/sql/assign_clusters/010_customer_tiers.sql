-- The tier of each customer of a run, by the run's model.
create or replace procedure ops.assign_customer_tiers(of_run_id bigint)
language plpgsql
as $$
declare
    run_model_id bigint := (select model_id from ops.pipeline_runs where run_id = of_run_id);
begin
    if ops.copy_draft('customer_tiers_drafts', of_run_id) then
        return;
    end if;

    insert into ops.customer_tiers_drafts (run_id, customer_unique_id, loyalty_tier)
    select of_run_id, customer_unique_id, loyalty_tier
    from ops.tiers_by_model(run_model_id, of_run_id => assign_customer_tiers.of_run_id);
    call ops.analyze_draft('customer_tiers_drafts', of_run_id);
    call ops.record_inputs('customer_tiers_drafts', of_run_id);
end
$$;
