-- What HubSpot is sent says where a customer was before (ops.customer_movement) as well: the function takes two values.
drop function if exists ops.hubspot_payload(ops.snapshot_drafts);
