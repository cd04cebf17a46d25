-- Who says that a person has opted out, and when that was first seen, by the rule of personal.opt_outs_of_run: of a person
-- in the file the file's word counts, else that of the file before; what HubSpot said counts in any case.
with kept as (
    select source, noted_at
    from personal.hubspot_opt_outs
    where customer_unique_id = %(person)s and portal_id = ops.last_portal()
),

in_file as (
    select opted_out from personal.contacts_of_run(%(run_id)s) where customer_unique_id = %(person)s
)

select 'file' as source, (select noted_at from kept where source = 'file') as noted_at
where coalesce((select opted_out from in_file), exists (select from kept where source = 'file'))
union all
select source, noted_at from kept where source = 'hubspot'
