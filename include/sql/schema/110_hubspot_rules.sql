-- What an account of HubSpot lays down: which properties in it are ours, what had no room, who knows of a stop.
create table ops.hubspot_properties (
    portal_id bigint not null,
    property text not null,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (portal_id, property)
);
comment on table ops.hubspot_properties is
    'The contact properties of each HubSpot account that are ours, also where a person has moved one to another group.';
comment on column ops.hubspot_properties.portal_id is 'The HubSpot account.';
comment on column ops.hubspot_properties.property is 'The property''s name in HubSpot, with its prefix.';
comment on column ops.hubspot_properties.noted_at is 'When we made it, or first found it in our group.';

alter table ops.hubspot_syncs
    add column property_prefix text not null default '',
    add column left_out text[] not null default '{}',
    add column told_parts integer[] not null default '{}';
comment on column ops.hubspot_syncs.property_prefix is
    'What the names of our properties begin with in HubSpot, by hubspot.property_prefix of strategy.yaml.';
comment on column ops.hubspot_syncs.left_out is
    'Properties for which the account has no room; they are not sent.';
comment on column ops.hubspot_syncs.told_parts is
    'Parts that have ended because the delivery was stopped. One of them that starts again was cleared by a person, and goes on.';
