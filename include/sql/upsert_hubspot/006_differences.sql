-- HubSpot's contacts compared with what it acknowledged.

-- The day of a date, which HubSpot writes as YYYY-MM-DD, with a time behind it, or in milliseconds since 1970.
create or replace function ops.hubspot_day(value text) returns text
language sql immutable
return case
    when value ~ '^-?\d{6,15}$'
    then to_char(timestamp '1970-01-01' + value::bigint * interval '1 millisecond', 'YYYY-MM-DD')
    when value ~ '^\d{4}-\d\d-\d\dT' then left(value, 10)
    else value
end;

-- Whether a value that HubSpot gives back is the one it was sent. HubSpot knows no difference between empty and nothing,
-- and may write a number, a date or an e-mail address otherwise than it was sent.
create or replace function ops.is_same_in_hubspot(ours text, theirs text, kind text) returns boolean
language sql immutable
return case
    when ours = '' or coalesce(theirs, '') = '' then ours = coalesce(theirs, '')
    when ours = theirs then true
    when kind = 'number' and pg_input_is_valid(ours, 'numeric') and pg_input_is_valid(theirs, 'numeric')
    then ours::numeric = theirs::numeric
    when kind = 'date' then ops.hubspot_day(ours) = ops.hubspot_day(theirs)
    when kind = 'email' then lower(ours) = lower(theirs)
    else false
end;

-- Whether it is a person's turn to be looked at: a share of everybody in each month, and always other people until all
-- were looked at. The months lay their shares side by side on a circle, on which a hash gives each person a place.
create or replace function ops.is_looked_at(customer_unique_id text, share numeric, in_month timestamp) returns boolean
language sql immutable
return (
    select place - floor(place) < share
    from (
        select
            ('x' || left(md5(customer_unique_id), 8))::bit(32)::bigint / 4294967296.0
            - share * (12 * extract(year from in_month) + extract(month from in_month)) as place
    ) as turned
);

-- Begins to look at an account's contacts, or goes on where a try that was killed has stopped.
create or replace procedure ops.begin_verification(
    of_run_id bigint, by_mode text, of_share numeric, inout after text default null, inout people bigint default null
)
language plpgsql
as $$
declare
    run ops.pipeline_runs := (select runs from ops.pipeline_runs as runs where runs.run_id = of_run_id);
begin
    delete from ops.hubspot_verifications
    where run_id = of_run_id
      and (finished_at is not null or (portal_id, mode, share) <> (run.portal_id, by_mode, of_share));
    insert into ops.hubspot_verifications (run_id, portal_id, mode, share)
    values (of_run_id, run.portal_id, by_mode, of_share)
    on conflict do nothing;
    select reached into after from ops.hubspot_verifications where run_id = of_run_id;
    people := (
        select count(*) from ops.hubspot_contacts
        where portal_id = run.portal_id and ops.is_looked_at(customer_unique_id, of_share, run.as_of)
    );
end
$$;

-- Ends it: counts what was found. What is known of people whom the ledger does not have any more is forgotten.
create or replace procedure ops.finish_verification(of_run_id bigint)
language sql
begin atomic
    delete from ops.hubspot_differences as differences
    using ops.pipeline_runs as run
    where run.run_id = of_run_id and differences.portal_id = run.portal_id
      and not exists (
          select from ops.hubspot_contacts as contacts
          where contacts.portal_id = differences.portal_id
            and contacts.customer_unique_id = differences.customer_unique_id
      );

    with found as (
        select differences.*
        from ops.hubspot_differences as differences
        inner join ops.hubspot_verifications as verification using (run_id)
        where run_id = of_run_id and differences.found_at >= verification.began_at
    )

    update ops.hubspot_verifications
    set
        missing = (select count(*) from found where kind = 'missing'),
        edited = (select count(distinct customer_unique_id) from found where kind = 'edited'),
        merged = (select count(*) from found where kind = 'merged'),
        properties = (
            select coalesce(jsonb_object_agg(property, people), '{}')
            from (select property, count(*) as people from found where kind = 'edited' group by property) as by_property
        ),
        finished_at = clock_timestamp()
    where run_id = of_run_id;
end;

-- What the account's contacts are otherwise, as a plan goes by it: who is missing, whose contact is another person's now,
-- and which values that a person has changed in HubSpot are left as they are (keep_edited) while ours stays the same.
create or replace function ops.known_differences(of_portal_id bigint)
returns table (customer_unique_id text, is_missing boolean, is_anothers boolean, edited jsonb)
language sql stable
as $$
    select
        customer_unique_id,
        bool_or(kind = 'missing'),
        bool_or(kind = 'merged' and (borne_id is not null or not is_first)),
        coalesce(
            jsonb_object_agg(property, ours) filter (where kind = 'edited' and property = any (ops.keep_edited())), '{}'
        )
    from (
        -- Of several people who became one record, none of whom it bears the id of, the first keeps it.
        select *, row_number() over (partition by kind, theirs order by customer_unique_id) = 1 as is_first
        from ops.hubspot_differences
        where portal_id = of_portal_id
    ) as differences
    group by customer_unique_id
$$;
