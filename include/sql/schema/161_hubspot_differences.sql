-- What HubSpot holds otherwise than it acknowledged, as far as it was read back.
create table ops.hubspot_verifications (
    run_id bigint primary key references ops.pipeline_runs on delete cascade,
    portal_id bigint not null,
    mode text not null,
    share numeric not null,
    reached text collate "C" not null default '',
    looked_at bigint not null default 0,
    missing bigint,
    edited bigint,
    merged bigint,
    properties jsonb,
    began_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);
comment on table ops.hubspot_verifications is
    'Each time contacts were read back from HubSpot and compared with its ledger: how many, and how many differed.';

create table ops.hubspot_differences (
    portal_id bigint not null,
    customer_unique_id text collate "C" not null,
    kind text not null check (kind in ('missing', 'edited', 'merged')),
    property text,
    ours text,
    theirs text,
    borne_id text,
    run_id bigint not null,
    found_at timestamptz not null default clock_timestamp(),
    unique nulls not distinct (portal_id, customer_unique_id, property)
);
comment on table ops.hubspot_differences is
    'Contacts that are in HubSpot otherwise than it acknowledged, as they were last read back. A row goes when the person is delivered, or found to be right.';

alter table ops.hubspot_plan_drafts add column kept text[] not null default '{}';

alter table ops.hubspot_syncs
    drop constraint hubspot_syncs_mode_check,
    add constraint hubspot_syncs_mode_check check (
        mode in ('upsert', 'update', 'repair', 'restore', 'verify', 'dry_run', 'skip')
    ),
    drop constraint hubspot_syncs_status_check,
    add constraint hubspot_syncs_status_check check (
        status in (
            'planned', 'delivered', 'superseded', 'dry_run', 'skipped', 'verified', 'paused', 'stopped', 'failed'
        )
    );
comment on table ops.hubspot_in_flight is
    'People of whom nobody knows what HubSpot holds, since a request has no answer yet, or whom sync=repair is about to mend: they are sent again.';

-- It comes back without a parameter.
drop procedure if exists ops.doubt_ledger(bigint, text[], boolean);
