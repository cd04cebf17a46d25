-- What the results of a run were made from, so that a run of the same files copies them from one before.
create table ops.result_inputs (
    run_id bigint not null references ops.pipeline_runs on delete cascade,
    result text not null,
    inputs jsonb not null,
    copied_from_run_id bigint,
    primary key (run_id, result)
);
