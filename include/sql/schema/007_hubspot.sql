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
    was_sent_alone boolean not null default false,
    payload jsonb not null,
    last_attempt_at timestamptz not null default clock_timestamp()
);
comment on table ops.hubspot_failures is
    'People HubSpot refused, in its own words; a row goes when the person is delivered.';
comment on column ops.hubspot_failures.was_sent_alone is
    'HubSpot refused a whole batch because of this person, who is sent alone from then on.';

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

create table ops.hubspot_rate (
    account text primary key,
    requests integer not null default 100,
    interval_seconds double precision not null default 10,
    share double precision not null default 1,
    next_slot timestamptz not null default clock_timestamp()
);
comment on table ops.hubspot_rate is
    'The pace of requests to HubSpot, one row that all tasks on all machines share.';
comment on column ops.hubspot_rate.requests is 'Requests per interval, as HubSpot''s headers say.';
comment on column ops.hubspot_rate.share is
    'Part of the permitted rate that is used; shrinks where other integrations use up the limit.';
comment on column ops.hubspot_rate.next_slot is 'When the next request may leave.';
