-- Hold-outs: who gets no action, by chance, so that the others can be compared with them.

-- The number that decides: the first eight hexadecimal digits of SHA-256 of `salt:customer_unique_id` in UTF-8, from 0 to
-- 2^32 - 1. Who is below share x 2^32 is held out. It depends on nothing else, so a group is the same in every month, order
-- of runs and rerun, whoever else there is; and a greater share keeps everybody whom the smaller one held out.
create function ops.holdout_number(salt text, customer_unique_id text) returns bigint
language sql stable strict parallel safe
return (
    'x' || left(encode(sha256(convert_to(salt || ':' || customer_unique_id, 'UTF8')), 'hex'), 8)
)::bit(32)::bigint;

create table ops.experiments (
    experiment_id bigint generated always as identity primary key,
    salt text not null,
    share numeric not null check (share > 0 and share < 1),
    began_as_of timestamp,
    is_delivered boolean not null default false,
    made_at timestamptz not null default clock_timestamp(),
    unique (salt, share)
);
comment on table ops.experiments is
    'Each salt and share of holdout in strategy.yaml that a run has had: an experiment with a beginning of its own.';
comment on column ops.experiments.experiment_id is 'The experiment.';
comment on column ops.experiments.salt is 'What the hash begins with.';
comment on column ops.experiments.share is 'Share of the people who are held out, from 0 to 1.';
comment on column ops.experiments.began_as_of is
    'The as_of of the first delivery under it; as long as there was none, of the first snapshot that was published. NULL: neither.';
comment on column ops.experiments.is_delivered is 'Whether began_as_of is that of a delivery. Then it never changes any more.';
comment on column ops.experiments.made_at is 'When the first run had it.';

alter table ops.pipeline_runs add column experiment_id bigint references ops.experiments;
comment on column ops.pipeline_runs.experiment_id is 'The experiment its snapshot was made under; NULL: nobody was held out.';

alter table analytics.customer_snapshots add column is_held_out boolean;
comment on column analytics.customer_snapshots.is_held_out is
    'Held out, so HubSpot gets no next action. NULL: hold-outs were off when the snapshot was made.';
alter table ops.snapshot_drafts add column is_held_out boolean;

create or replace view analytics.vw_customer_segments as
select * from analytics.customer_snapshots
where as_of = (select max(as_of) from analytics.customer_snapshots);
