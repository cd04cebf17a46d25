-- What HubSpot is sent says where a customer was before (ops.customer_movement): the function takes two values now.
drop function if exists ops.hubspot_payload(ops.snapshot_drafts);

create table ops.movement_states (
    is_base boolean not null,
    customer_unique_id text collate "C" not null,
    loyalty_tier text,
    previous_loyalty_tier text,
    loyalty_tier_since timestamp not null,
    rfm_segment text not null,
    previous_rfm_segment text,
    rfm_segment_since timestamp not null,
    primary key (is_base, customer_unique_id)
);
comment on table ops.movement_states is
    'Where customers were before, up to the newest snapshot of ops.movement_chain. Made again from the snapshots if need be.';
comment on column ops.movement_states.is_base is 'Up to the snapshots that were dropped (keep_months): this cannot be made again.';
comment on column ops.movement_states.customer_unique_id is 'The person.';
comment on column ops.movement_states.loyalty_tier is 'The tier in the newest of the snapshots that has the person.';
comment on column ops.movement_states.previous_loyalty_tier is 'The tier before that one; NULL if there was none.';
comment on column ops.movement_states.loyalty_tier_since is 'The as_of of the first snapshot with the tier.';
comment on column ops.movement_states.rfm_segment is 'The segment in the newest of the snapshots that has the person.';
comment on column ops.movement_states.previous_rfm_segment is 'The segment before that one; NULL if there was none.';
comment on column ops.movement_states.rfm_segment_since is 'The as_of of the first snapshot in the segment.';

create table ops.movement_chain (
    is_base boolean not null,
    as_of timestamp not null,
    published_at timestamptz,
    primary key (is_base, as_of)
);
comment on table ops.movement_chain is 'The snapshots that went into ops.movement_states.';
comment on column ops.movement_chain.is_base is 'Into its base.';
comment on column ops.movement_chain.as_of is 'The snapshot.';
comment on column ops.movement_chain.published_at is 'When it had been published.';

create view ops.published_snapshots as
select snapshot_dates.as_of, max(runs.published_at) as published_at
from ops.snapshot_dates
left join ops.pipeline_runs as runs using (as_of)
group by snapshot_dates.as_of;
comment on view ops.published_snapshots is 'The as_of of every snapshot, and when it was published last.';
comment on column ops.published_snapshots.as_of is 'The snapshot.';
comment on column ops.published_snapshots.published_at is 'When a run published it last; NULL if no run is known.';
