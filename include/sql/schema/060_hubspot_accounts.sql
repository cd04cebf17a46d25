-- Each HubSpot account has a ledger of its own. What was acknowledged before accounts were told apart belongs to
-- account 0, until an account is seen that has these contacts: see ops.adopt_ledger.
alter table ops.pipeline_runs add column portal_id bigint;
comment on column ops.pipeline_runs.portal_id is
    'The HubSpot account that the delivery is for, or in a dry run is compared with; 0: not known which.';
update ops.pipeline_runs set portal_id = 0 where run_id in (select run_id from ops.hubspot_syncs);

alter table ops.hubspot_contacts
    add column portal_id bigint not null default 0,
    drop constraint hubspot_contacts_pkey,
    add primary key (portal_id, customer_unique_id);
alter table ops.hubspot_contacts alter column portal_id drop default;
comment on table ops.hubspot_contacts is 'What each HubSpot account last acknowledged for each person.';
comment on column ops.hubspot_contacts.portal_id is
    'The HubSpot account; 0: acknowledged before accounts were told apart, and no account has been seen that has it.';

alter table ops.hubspot_failures
    add column portal_id bigint not null default 0,
    drop constraint hubspot_failures_pkey,
    add primary key (portal_id, customer_unique_id);
alter table ops.hubspot_failures alter column portal_id drop default;

alter table ops.hubspot_in_flight
    add column portal_id bigint not null default 0,
    drop constraint hubspot_in_flight_pkey,
    add primary key (portal_id, customer_unique_id);
alter table ops.hubspot_in_flight alter column portal_id drop default;
comment on table ops.hubspot_in_flight is
    'People of whom nobody knows what HubSpot holds, since a request has no answer yet, or because of sync=repair: they are sent again.';

-- It comes back with the account as its parameter.
drop function if exists ops.is_older_than_sent(bigint);
drop function if exists ops.newest_sent();
