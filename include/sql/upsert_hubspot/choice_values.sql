-- What the dropdowns must be able to hold besides the names of strategy.yaml: what this plan sends (it may be from
-- before the last change of the file), and of a text that becomes a dropdown what its account was told.
select property, value
from (
    select property, payload ->> property as value
    from ops.hubspot_plan_drafts cross join unnest(%(choices)s::text[]) as property
    where run_id = %(run_id)s
    union
    select property, payload ->> property
    from ops.hubspot_contacts cross join unnest(%(texts)s::text[]) as property
    where portal_id = %(portal_id)s
) as told
where value <> ''
order by property, value collate "C"
