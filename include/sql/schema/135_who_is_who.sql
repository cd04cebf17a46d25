-- Which contact of HubSpot is whose, found by e-mail while a run is planned.
create table personal.hubspot_matches (
    run_id bigint not null references ops.pipeline_runs on delete cascade,
    customer_unique_id text collate "C" not null,
    email text collate "C" not null,
    is_shared boolean not null default false,
    contact_id text,
    whose text check (whose in ('nobody', 'own', 'another')),
    has_contact boolean not null default false,
    verdict text check (verdict in ('free', 'own', 'claim', 'taken')),
    is_set_aside boolean not null default false,
    message text,
    primary key (run_id, customer_unique_id)
);
comment on table personal.hubspot_matches is
    'People of a run whose e-mail the HubSpot account has not acknowledged as theirs, and which contact there has it.';
comment on column personal.hubspot_matches.run_id is 'The run.';
comment on column personal.hubspot_matches.customer_unique_id is 'The person.';
comment on column personal.hubspot_matches.email is 'The e-mail that was looked for.';
comment on column personal.hubspot_matches.is_shared is 'Somebody else in customer_contacts.csv has the e-mail too.';
comment on column personal.hubspot_matches.contact_id is 'HubSpot''s id of the contact that has the e-mail; NULL: there is none.';
comment on column personal.hubspot_matches.whose is 'Whose customer id that contact bears.';
comment on column personal.hubspot_matches.has_contact is
    'A contact bears the id of the person. Only asked where another one has the e-mail, or it is shared.';
comment on column personal.hubspot_matches.verdict is
    'free: no contact has the e-mail. own: the person''s has it. claim: the contact becomes the person''s. taken: it belongs to somebody else, or nobody knows whose it is.';
comment on column personal.hubspot_matches.is_set_aside is 'Nothing about the person is sent, so that no second contact is made.';
comment on column personal.hubspot_matches.message is 'Why an e-mail is taken, without the e-mail.';

-- Kept by person, not by e-mail: whoever has a new e-mail has opted out until HubSpot says otherwise of the new one.
create table personal.hubspot_opt_outs (
    portal_id bigint not null,
    customer_unique_id text collate "C" not null,
    source text not null check (source in ('file', 'hubspot')),
    noted_at timestamptz not null default clock_timestamp(),
    primary key (portal_id, customer_unique_id, source)
);
comment on table personal.hubspot_opt_outs is 'People who have asked not to be written to, by HubSpot account.';
comment on column personal.hubspot_opt_outs.portal_id is 'The HubSpot account.';
comment on column personal.hubspot_opt_outs.customer_unique_id is 'The person.';
comment on column personal.hubspot_opt_outs.source is 'Who says so: customer_contacts.csv, or HubSpot.';
comment on column personal.hubspot_opt_outs.noted_at is 'When it was first seen.';

alter table ops.hubspot_syncs add column opt_outs_message text;
comment on column ops.hubspot_syncs.opt_outs_message is
    'Why it was not read who has unsubscribed in HubSpot, in a sentence; NULL: it was, or there was nobody to ask about.';
