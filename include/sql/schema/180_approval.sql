-- sync=approve: a plan waits for a person. Who said what, and when, is kept with the delivery.
alter table ops.hubspot_syncs
    drop constraint hubspot_syncs_mode_check,
    drop constraint hubspot_syncs_status_check,
    add constraint hubspot_syncs_mode_check check (
        mode in ('upsert', 'update', 'approve', 'verify', 'repair', 'restore', 'dry_run', 'skip')
    ),
    add constraint hubspot_syncs_status_check check (
        status in (
            'waiting', 'not approved', 'planned', 'delivered', 'verified', 'superseded', 'dry_run', 'skipped',
            'paused', 'stopped', 'failed'
        )
    ),
    add column fingerprint text,
    add column asked jsonb not null default '{}',
    add column asking text,
    add column asked_at timestamptz,
    add column is_approved boolean,
    add column decided_by text,
    add column decided_at timestamptz;
comment on column ops.hubspot_syncs.fingerprint is
    'Tells two plans apart: who is told what. sync=approve sends a plan only if it still is the one that was approved.';
comment on column ops.hubspot_syncs.asked is
    'sync=approve: the fingerprint of the plan that each task has asked about, by the task''s name. Airflow keeps the text of that question.';
comment on column ops.hubspot_syncs.asking is 'sync=approve: the task that waits for an answer, or has had it.';
comment on column ops.hubspot_syncs.asked_at is 'sync=approve: when a person was asked about this plan.';
comment on column ops.hubspot_syncs.is_approved is 'sync=approve: what the person said; NULL until then.';
comment on column ops.hubspot_syncs.decided_by is 'sync=approve: who said so; NULL where nobody did in time.';
comment on column ops.hubspot_syncs.decided_at is 'sync=approve: when that was.';
