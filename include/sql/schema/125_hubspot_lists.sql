-- The lists (segments) that we keep in HubSpot's accounts.
create table ops.hubspot_lists (
    portal_id bigint not null,
    kind text not null check (kind in ('action', 'segment')),
    name text not null,
    list_id text not null,
    rules text[] not null,
    url text not null,
    is_gone boolean not null default false,
    kept_at timestamptz not null default clock_timestamp(),
    primary key (portal_id, kind, name),
    unique (portal_id, list_id)
);
comment on table ops.hubspot_lists is
    'Our lists (segments) in each HubSpot account. A list of a name that strategy.yaml has no more stays here and there.';
comment on column ops.hubspot_lists.portal_id is 'The HubSpot account.';
comment on column ops.hubspot_lists.kind is 'What it is of: a next action, or a segment.';
comment on column ops.hubspot_lists.name is 'The name of the next action or the segment in strategy.yaml.';
comment on column ops.hubspot_lists.list_id is 'HubSpot''s id of the list: with it, it is found again.';
comment on column ops.hubspot_lists.rules is
    'The conditions that lead to the name, sorted: the same conditions under another name are the same list, renamed.';
comment on column ops.hubspot_lists.url is 'Where a browser finds the list.';
comment on column ops.hubspot_lists.is_gone is 'A person has deleted it in HubSpot; it is made again only if asked.';
comment on column ops.hubspot_lists.kept_at is 'When it was last found, made or changed.';

alter table ops.hubspot_syncs add column lists_message text;
comment on column ops.hubspot_syncs.lists_message is
    'What could not be done about the lists in HubSpot, in a sentence; NULL: nothing is missing.';
