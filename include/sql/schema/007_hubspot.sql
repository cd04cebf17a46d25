-- What HubSpot was told, and what came of it.
create table ops.hubspot_contacts (
    customer_unique_id text primary key,
    payload_hash text not null,
    payload jsonb not null,
    contact_id text,
    as_of timestamp not null,
    acknowledged_at timestamptz not null default clock_timestamp()
);
comment on table ops.hubspot_contacts is 'What HubSpot last acknowledged for each person.';

create table ops.hubspot_failures (
    customer_unique_id text primary key,
    category text,
    message text not null,
    attempts integer not null default 1,
    payload jsonb not null,
    last_attempt_at timestamptz not null default clock_timestamp()
);
comment on table ops.hubspot_failures is
    'People HubSpot refused, in its own words; a row goes when the person is delivered.';

create table ops.hubspot_in_flight (
    customer_unique_id text primary key,
    run_id bigint not null,
    sent_at timestamptz not null default clock_timestamp()
);
comment on table ops.hubspot_in_flight is
    'People in a request without an answer yet. Where none ever came, nobody knows what HubSpot holds: they are sent again.';

create table ops.hubspot_syncs (
    run_id bigint primary key references ops.pipeline_runs on delete cascade,
    as_of timestamp not null,
    mode text not null check (mode in ('upsert', 'update', 'dry_run', 'skip')),
    status text not null check (
        status in ('planned', 'delivered', 'superseded', 'dry_run', 'skipped', 'paused', 'failed')
    ),
    message text,
    plan jsonb not null,
    planned_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);
comment on table ops.hubspot_syncs is 'The delivery of each run: what was planned, how it ended.';
