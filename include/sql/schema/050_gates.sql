-- What each gate measured before a run went on, and which gates a person let it pass.
alter table ops.pipeline_runs add column accepted_gates text[] not null default '{}';
comment on column ops.pipeline_runs.accepted_gates is
    'Gates that this run may pass whatever they measure: the DAG''s param accept.';

create table ops.gate_results (
    run_id bigint not null references ops.pipeline_runs on delete cascade,
    stage text not null check (stage in ('validate', 'publish', 'upsert_hubspot')),
    gate text not null,
    subject text not null,
    measured numeric not null,
    allowed numeric not null,
    passed boolean not null generated always as (measured <= allowed) stored,
    accepted boolean not null,
    detail text not null,
    primary key (run_id, stage, gate, subject)
);
comment on table ops.gate_results is
    'What each gate measured before a stage of a run; one that did not pass and was not accepted stopped the run there.';
comment on column ops.gate_results.subject is 'The table or tier that was measured; empty where it is all customers.';
comment on column ops.gate_results.measured is 'A share from 0 to 1, for apologies_without_review a number of people.';
comment on column ops.gate_results.allowed is
    'The limit of strategy.yaml, for changes since an older month times the months that have gone by.';
comment on column ops.gate_results.accepted is 'Whether the run may go on all the same, because a person said so.';

-- It comes back with a parameter more; two procedures of one name could not be told apart.
drop procedure if exists analytics.refresh_customer_segments(timestamp);
