-- Notes a list of an account: in place of what was noted of that list, or of another one of its name.
create or replace procedure ops.keep_hubspot_list(
    portal_id bigint, kind text, name text, list_id text, rules text[], url text, is_gone boolean
)
language sql
begin atomic
    delete from ops.hubspot_lists as kept
    where kept.portal_id = keep_hubspot_list.portal_id
      and (kept.list_id = keep_hubspot_list.list_id or (kept.kind, kept.name) = (keep_hubspot_list.kind, keep_hubspot_list.name));
    insert into ops.hubspot_lists (portal_id, kind, name, list_id, rules, url, is_gone)
    values (portal_id, kind, name, list_id, rules, url, is_gone);
end;
