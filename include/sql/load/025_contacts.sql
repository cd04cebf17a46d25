-- A name on one line and without blanks around it, NULL where nothing else is in it. No name has 200 characters.
create or replace function personal.name_of(value text) returns text
language sql immutable
return left(staging.trimmed(regexp_replace(value, '[[:space:][:cntrl:]\u00A0]+', ' ', 'g')), 200);

-- As staging.typed_orders and the like, but no problem has a value behind it: it could be somebody's name.
-- Of a person with several rows one is kept; that they opted out counts in whichever row it is.
create or replace view personal.typed_customer_contacts as
select
    landed.ctid as position,
    coalesce(
        split_part(staging.key_problem('customer_unique_id', landed.customer_unique_id), ': ', 1),
        case
            when staging.folded(landed.opted_out) not in ('true', 'false') then 'opted_out is not true, false or empty'
        end
    ) as problem,
    landed.customer_unique_id,
    checked.email,
    case
        when checked.written is not null then checked.email_problem
        when staging.trimmed(landed.email) is not null then 'it is longer than an address may be'
    end as email_problem,
    personal.name_of(landed.first_name) as first_name,
    personal.name_of(landed.last_name) as last_name,
    coalesce(
        bool_or(staging.folded(landed.opted_out) = 'true') over (partition by landed.customer_unique_id), false
    ) as opted_out
from personal.customer_contacts as landed
left join personal.checked_emails as checked on checked.written = staging.trimmed(landed.email);

-- The people of a run's contacts file, one row each: the e-mail in small letters, to be compared with =, and NULL
-- where there is none that can be used; no row where the run has no such file.
create or replace function personal.contacts_of_run(of_run_id bigint)
returns table (customer_unique_id text, email text, first_name text, last_name text, opted_out boolean)
language sql stable
as $$
    select
        contacts.customer_unique_id, contacts.email, contacts.first_name, contacts.last_name, contacts.opted_out
    from personal.customer_contacts_by_file as contacts
    where contacts.file_id = (
        select run_files.file_id
        from ops.run_files
        where run_files.run_id = of_run_id and run_files.table_name = 'customer_contacts'
    )
$$;

-- Whose e-mail cannot be used, and why: never the address itself.
create or replace view personal.unusable_emails as
select run_files.run_id, contacts.customer_unique_id, contacts.email_problem
from ops.run_files
inner join personal.customer_contacts_by_file as contacts using (file_id)
where run_files.table_name = 'customer_contacts' and contacts.email_problem is not null;

do $$
begin
    if exists (select from pg_roles where rolname = 'olist_bi') then
        revoke all on schema personal from olist_bi;
    end if;
end
$$;
