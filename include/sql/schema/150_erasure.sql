-- People who were erased: enough to know them again in a file, and nothing that tells who they are.
create table ops.erasure_salt (
    salt bytea not null
);
comment on table ops.erasure_salt is
    'One row: what is put before an id before it is hashed, drawn at random for this warehouse. Keep it with ops.erased_people.';
comment on column ops.erasure_salt.salt is '32 bytes.';
insert into ops.erasure_salt (salt)
select sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));

create table ops.erasures (
    erasure_id bigint generated always as identity primary key,
    erased_at timestamptz not null default clock_timestamp(),
    rows_removed jsonb not null default '{}',
    file_rows_removed bigint not null default 0,
    files_done_at timestamptz,
    hubspot jsonb not null default '{}',
    finished_at timestamptz
);
comment on table ops.erasures is 'The record of every erasure, without anything about the person.';
comment on column ops.erasures.erasure_id is 'Number of the erasure.';
comment on column ops.erasures.erased_at is 'When the warehouse let go of the person.';
comment on column ops.erasures.rows_removed is 'How many rows went, by table.';
comment on column ops.erasures.file_rows_removed is
    'How many rows of the files in outputs/ went, as far as they were counted by a try that was not killed.';
comment on column ops.erasures.files_done_at is 'When all of these files were without the person; NULL until then.';
comment on column ops.erasures.hubspot is
    'By account (portalId): pending, deleted, not there, or left to a person, since the contact was merged with another customer''s.';
comment on column ops.erasures.finished_at is 'When nothing was left to do; NULL until then.';

create table ops.erased_people (
    id_hash bytea primary key,
    erasure_id bigint not null references ops.erasures
);
comment on table ops.erased_people is
    'Who was erased, so that no file brings them back. Without the id that it was made from, a hash tells nobody who it is.';
comment on column ops.erased_people.id_hash is 'SHA-256 of the salt (ops.erasure_salt) and the customer_unique_id.';
comment on column ops.erased_people.erasure_id is 'The record of the erasure.';

create table ops.erased_keys (
    kind text not null check (kind in ('customer_id', 'order_id')),
    id_hash bytea not null,
    is_settled boolean not null,
    primary key (kind, id_hash)
);
comment on table ops.erased_keys is
    'The orders of erased people: files of orders, items, payments and reviews name no person, so they are known again by these.';
comment on column ops.erased_keys.kind is 'Which id it was.';
comment on column ops.erased_keys.id_hash is 'SHA-256 of the salt and the id.';
comment on column ops.erased_keys.is_settled is
    'Whether every table was searched for it; not yet, where a file brought a new order of an erased person.';
create index on ops.erased_keys (kind) where not is_settled;

create table ops.pending_erasures (
    erasure_id bigint not null references ops.erasures,
    portal_id bigint not null,
    person text not null,
    contact_id text,
    not_before timestamptz,
    primary key (erasure_id, portal_id)
);
comment on table ops.pending_erasures is
    'Erased people whom HubSpot still has to delete: all that is kept of them in clear, and only until it has.';
comment on column ops.pending_erasures.erasure_id is 'The record of the erasure.';
comment on column ops.pending_erasures.portal_id is 'The HubSpot account; 0: acknowledged before accounts were told apart.';
comment on column ops.pending_erasures.person is 'The customer_unique_id.';
comment on column ops.pending_erasures.contact_id is 'HubSpot''s id of the contact; NULL where the ledger had none.';
comment on column ops.pending_erasures.not_before is
    'Until then HubSpot may be at work on a request with the person that was never answered, and would make the contact anew.';

alter table ops.source_files
    add column rows_erased bigint not null default 0,
    add column erased_purchase timestamp,
    drop constraint source_files_check,
    add constraint source_files_check check (rows_read = rows_accepted + rows_rejected + rows_erased);
comment on column ops.source_files.rows_erased is
    'Rows of erased people: they were left out, or have been removed since, and are kept nowhere.';
comment on column ops.source_files.erased_purchase is
    'When the latest of these rows was bought, of a file of orders: the date a run looks from does not change with them.';
