-- What HubSpot is sent says where a customer was before (ops.customer_movement): the function takes two values now.
drop function if exists ops.hubspot_payload(ops.snapshot_drafts);

create table ops.earlier_movement (
    customer_unique_id text collate "C" primary key,
    as_of timestamp not null,
    movement jsonb not null
);
comment on table ops.earlier_movement is
    'What the snapshots that were dropped (keep_months) say of where a customer was before.';
comment on column ops.earlier_movement.customer_unique_id is 'The person.';
comment on column ops.earlier_movement.as_of is 'The oldest snapshot that was kept then.';
comment on column ops.earlier_movement.movement is
    'As of that moment: the tier and segment of before, and since when the ones of then (ops.customer_movement).';
