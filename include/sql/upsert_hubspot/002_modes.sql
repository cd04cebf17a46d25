-- Whether a mode (the param sync) tells HubSpot something; olist.stages.upsert_hubspot.modes says the same in Python.
create or replace function ops.is_sending(mode text) returns boolean
language sql immutable
return mode in ('upsert', 'update', 'approve', 'repair');

-- Whether a delivery has begun to tell HubSpot something: a plan that waits for a person, was not approved, or was held
-- back (by a gate, say) has not.
create or replace function ops.has_begun(mode text, status text) returns boolean
language sql immutable
return ops.is_sending(mode) and status not in ('superseded', 'waiting', 'not approved', 'held back');
