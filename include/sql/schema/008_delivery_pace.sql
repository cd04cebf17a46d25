-- The shared pace of requests, and people who are sent alone.
alter table ops.hubspot_failures add column was_sent_alone boolean not null default false;
comment on column ops.hubspot_failures.was_sent_alone is
    'HubSpot refused a whole batch because of this person, who is sent alone from then on.';

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
