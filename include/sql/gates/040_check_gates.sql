-- Measures and records the gates before a stage of a run: those of the files up to its plan, those of the customers once
-- there is a snapshot to publish or to send, and those of the plan before it is sent. What HubSpot has of a later date is
-- nothing to compare with: the run sends nothing.
create or replace procedure ops.check_gates(of_run_id bigint, of_stage text)
language plpgsql
as $$
begin
    -- The statement of a try that was killed may not have ended yet.
    perform from ops.pipeline_runs where run_id = of_run_id for no key update;
    call ops.plan_for_whole_tables();
    delete from ops.gate_results where run_id = of_run_id and stage = of_stage;
    insert into ops.gate_results (run_id, stage, gate, subject, measured, allowed, accepted, detail)
    select of_run_id, of_stage, gate, subject, measured, allowed, gate = any (run.accepted_gates), detail
    from (
        select * from ops.file_gates(of_run_id)
        where of_stage <> 'send'
        union all
        select * from ops.customer_gates(of_run_id, of_stage)
        where of_stage = 'publish' or (of_stage = 'upsert_hubspot' and ops.is_sent(of_run_id))
        union all
        select * from ops.contact_gates(of_run_id) where of_stage = 'upsert_hubspot'
        union all
        select * from ops.plan_gates(of_run_id) where of_stage = 'send'
    ) as gates
    inner join ops.pipeline_runs as run on run.run_id = of_run_id;
end
$$;

-- The gates that were beyond their limits before a stage, as one sentence: those a person let pass, or those that
-- stop the run. NULL where there is none.
create or replace function ops.exceeded_gates(of_run_id bigint, of_stage text, are_accepted boolean) returns text
language sql stable
return (
    select
        string_agg(
            format('%s: %s (strategy.yaml allows %s)', gate, detail, trim_scale(round(allowed, 4))),
            '; ' order by gate, subject
        )
        || case
            when are_accepted then ''
            else format('. Whoever knows that this is right runs it with accept=%s', string_agg(distinct gate, ','))
        end
    from ops.gate_results
    where run_id = of_run_id and stage = of_stage and not passed and accepted = are_accepted
);

-- For analytics.refresh_customer_segments, which has no Python around it.
create or replace procedure ops.stop_at_gates(of_run_id bigint, of_stage text)
language plpgsql
as $$
declare
    exceeded text;
begin
    call ops.check_gates(of_run_id, of_stage);
    exceeded := ops.exceeded_gates(of_run_id, of_stage, are_accepted => false);
    if exceeded is not null then
        raise exception 'The run was stopped before %: %.', of_stage, exceeded using errcode = 'data_exception';
    end if;
end
$$;
