-- Who may become a contact (deliver of strategy.yaml), and a gate for how many contacts a delivery creates. It is measured
-- on the plan, before anything is sent: a delivery that is stopped there is held back.
alter table ops.gate_results
    drop constraint gate_results_stage_check,
    add constraint gate_results_stage_check check (stage in ('validate', 'publish', 'upsert_hubspot', 'send'));
comment on column ops.gate_results.stage is
    'What the run was about to do: validate (compute), publish, upsert_hubspot (plan its delivery), send (what it planned).';
comment on column ops.gate_results.measured is
    'A share from 0 to 1, for apologies_without_review and created_contacts a number of people.';

alter table ops.hubspot_syncs
    drop constraint hubspot_syncs_status_check,
    add constraint hubspot_syncs_status_check check (
        status in (
            'waiting', 'not approved', 'planned', 'held back', 'delivered', 'verified', 'superseded', 'dry_run',
            'skipped', 'paused', 'stopped', 'failed'
        )
    ),
    add column created_before integer not null default 0;
comment on column ops.hubspot_syncs.created_before is
    'Contacts that the run had created before it was planned for the last time: deliver.at_most counts them.';
