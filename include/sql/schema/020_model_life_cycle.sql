-- Which model a run scored with and why, and whose tier a new model changed.
alter table ops.cluster_models add column training_hash text;
alter table ops.cluster_models add column bins jsonb;
comment on column ops.cluster_models.training_hash is 'SHA-256 of the features the model was trained on.';
comment on column ops.cluster_models.bins is
    '{feature: {"lower_bounds": [...], "customers": [...]}} of the training data by decile: what drift is measured against.';
comment on column ops.cluster_models.trained_as_of is 'The moment up to which the model has seen the data.';
comment on column ops.cluster_models.metrics is
    'Inertia, iterations and customers of the training, and the elbow: inertia and silhouette for k = 2 to 10.';

create table ops.model_choices (
    run_id bigint primary key references ops.pipeline_runs on delete cascade,
    model_id bigint not null references ops.cluster_models,
    decision text not null check (decision in ('vintage', 'drifted', 'too few', 'month', 'stored')),
    reason text not null,
    vintage_as_of timestamp,
    drift jsonb not null default '{}'
);
comment on table ops.model_choices is 'Which model each run scored with, and why.';
comment on column ops.model_choices.decision is
    'vintage: that of the quarter (or what strategy.yaml says); drifted, too few: the month''s own, since the vintage''s does not fit or cannot be trained; month: the month''s own, as asked; stored: the newest not younger.';
comment on column ops.model_choices.vintage_as_of is 'The vintage date of the run''s as_of; NULL where it was not asked for.';
comment on column ops.model_choices.drift is
    'Population stability index of each feature: the run''s customers against the vintage''s training data.';

create table ops.tier_changes (
    run_id bigint primary key references ops.pipeline_runs on delete cascade,
    previous_as_of timestamp not null,
    previous_model_id bigint not null references ops.cluster_models,
    model_id bigint not null references ops.cluster_models,
    people_compared bigint not null,
    changed bigint not null,
    changed_by_model bigint not null,
    changed_by_behaviour bigint not null,
    changed_by_both bigint not null,
    sentence text not null,
    check (changed = changed_by_model + changed_by_behaviour + changed_by_both)
);
comment on table ops.tier_changes is
    'For a run with another model than the snapshot before it: whose tier changes, and because of what.';
comment on column ops.tier_changes.people_compared is 'People in both snapshots.';
comment on column ops.tier_changes.changed_by_model is
    'The new model alone would have changed the tier: it does so on the numbers of the month before, the old model does not on the new ones.';
comment on column ops.tier_changes.changed_by_behaviour is
    'The new numbers alone would have changed the tier: they do so with the old model, the old ones do not with the new model.';
comment on column ops.tier_changes.changed_by_both is 'Either alone would have changed the tier, or only the two together.';
