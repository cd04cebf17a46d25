-- Which model is in force at each vintage, and how many tiers a new model alone changes.
create table ops.model_links (
    fingerprint text primary key,
    previous_fingerprint text references ops.model_links,
    as_of timestamp not null,
    settings text not null,
    training_hash text not null,
    model_id bigint not null references ops.cluster_models,
    decision text not null check (decision in ('vintage', 'kept', 'replaced')),
    reason text not null,
    customers bigint not null,
    inertia double precision not null,
    best_inertia double precision not null,
    worse_share double precision,
    moved_share double precision,
    bins jsonb not null,
    made_at timestamptz not null default clock_timestamp()
);
comment on table ops.model_links is
    'Which model is in force from a moment on: a link for each vintage, and for each month whose data have drifted, made from the features of that moment and the link before.';
comment on column ops.model_links.fingerprint is
    'SHA-256 of the moment, its features, the settings and the link before: equal ones are the same link.';
comment on column ops.model_links.as_of is 'The vintage date, or the as_of of a month that has drifted.';
comment on column ops.model_links.settings is 'What beside the features decides about a link.';
comment on column ops.model_links.training_hash is 'SHA-256 of the features.';
comment on column ops.model_links.decision is
    'vintage: the first link of a chain; kept: the model of the link before; replaced: a new one.';
comment on column ops.model_links.customers is 'How many customers the link was made from, of all or of a sample.';
comment on column ops.model_links.inertia is 'Of these customers to the centres of the link''s model, in their own standardised space.';
comment on column ops.model_links.best_inertia is 'The least inertia that was found at the link.';
comment on column ops.model_links.worse_share is
    'By what share the inertia of the model before was above the least.';
comment on column ops.model_links.moved_share is 'Share of these customers to whom the link gives another tier than the link before.';
comment on column ops.model_links.bins is 'As those of a model, of these customers: what months measure their drift against.';

alter table ops.model_choices add column link_fingerprint text references ops.model_links;
comment on column ops.model_choices.link_fingerprint is 'The link (ops.model_links) the model comes from; NULL where it is not one of a chain.';
alter table ops.model_choices drop constraint model_choices_decision_check;
alter table ops.model_choices add constraint model_choices_decision_check
    check (decision in ('vintage', 'kept', 'replaced', 'drifted', 'too few', 'month', 'stored'));
comment on column ops.model_choices.decision is
    'vintage: a new model, with which a chain begins; kept, replaced: the model in force stayed at the vintage date, or a better one took its place; drifted, too few: the month''s own, since the vintage''s does not fit or cannot be trained; month: the month''s own, as asked; stored: the newest not younger.';
comment on column ops.model_choices.drift is
    'Population stability index of each feature: the run''s customers against those of the vintage date.';

alter table ops.tier_changes add column people bigint;
alter table ops.tier_changes add column changed_by_model_on_same_data bigint;
comment on column ops.tier_changes.people is 'People of the run; NULL in rows of earlier releases.';
comment on column ops.tier_changes.changed_by_model_on_same_data is
    'People of the run who have another tier than the model of the snapshot before would give them on the same numbers.';

drop function if exists ops.feature_drift(bigint, bigint);
