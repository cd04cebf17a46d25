-- Whether a value breaks a rule that HubSpot holds values to, by the rule's type and argument; NULL where nobody knows:
-- for rules that HubSpot explains nowhere, or whose answer changes with the day. In doubt a value is right: HubSpot
-- has the last word.
create or replace function ops.breaks_rule(value text, rule text, argument text) returns boolean
language sql immutable
return case
    when rule = 'MIN_LENGTH' then length(value) < argument::integer
    when rule = 'MAX_LENGTH' then length(value) > argument::integer
    when rule = 'MIN_NUMBER' then value::numeric < argument::numeric
    when rule = 'MAX_NUMBER' then value::numeric > argument::numeric
    when rule = 'REGEX' then value !~ argument
    when rule = 'ALPHANUMERIC' and argument = 'NUMERIC_ONLY' then value ~ '[^0-9[:space:]]'
    when rule = 'ALPHANUMERIC' and argument = 'ALPHABETIC_ONLY' then value ~ '[^[:alpha:][:space:]]'
    when rule = 'ALPHANUMERIC' and argument = 'ALPHANUMERIC_ONLY' then value ~ '[^[:alnum:][:space:]]'
end;

-- Which properties of an account are ours: those it has now, in the place of those noted before.
create or replace procedure ops.note_hubspot_properties(of_portal_id bigint, names text[])
language sql
begin atomic
    delete from ops.hubspot_properties where portal_id = of_portal_id and property <> all (names);
    insert into ops.hubspot_properties (portal_id, property)
    select of_portal_id, unnest(names)
    on conflict do nothing;
end;
