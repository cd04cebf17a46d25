-- Whether a mode (the param sync) tells HubSpot something; olist.stages.upsert_hubspot.modes says the same in Python.
create or replace function ops.is_sending(mode text) returns boolean
language sql immutable
return mode in ('upsert', 'update', 'repair', 'restore');
