-- Who of a run has to be looked up in HubSpot by e-mail: whoever the account's ledger does not have, or has with another
-- e-mail, and whoever's e-mail was found to be taken before. Of e-mails that two people share nothing has to be found out.
create or replace procedure personal.list_matches(of_run_id bigint)
language plpgsql
as $$
begin
    call ops.plan_for_whole_tables();
    delete from personal.hubspot_matches
    where run_id = of_run_id or run_id not in (select run_id from ops.kept_runs);

    -- Until HubSpot has said otherwise, whoever is in the ledger has a contact.
    insert into personal.hubspot_matches (run_id, customer_unique_id, email, is_shared, has_contact)
    with contacts as (
        select *, count(*) over (partition by email) > 1 as is_shared
        from personal.contacts_of_run(of_run_id)
        where email is not null
    )

    select
        of_run_id, snapshot.customer_unique_id, wanted.email, coalesce(contacts.is_shared, false),
        known.customer_unique_id is not null
    from ops.snapshot_drafts as snapshot
    inner join ops.pipeline_runs as run on run.run_id = snapshot.run_id
    left join contacts on contacts.customer_unique_id = snapshot.customer_unique_id
    left join ops.hubspot_contacts as known
        on known.portal_id = run.portal_id and known.customer_unique_id = snapshot.customer_unique_id
    left join ops.hubspot_failures as taken
        on taken.portal_id = run.portal_id and taken.customer_unique_id = snapshot.customer_unique_id
        and taken.category = 'EMAIL_TAKEN'
    cross join lateral (select coalesce(contacts.email, known.payload ->> 'email') as email) as wanted
    where snapshot.run_id = of_run_id
      and wanted.email is not null
      and (
          contacts.is_shared
          or known.customer_unique_id is null
          or wanted.email is distinct from known.payload ->> 'email'
          or taken.customer_unique_id is not null
      );
    analyze personal.hubspot_matches;
end
$$;

-- What follows from what was found. A contact that bears no customer's id becomes the person's, unless the person has
-- one already, or somebody else of the run would get the same one. Nobody is made anew whose contact is gone while the
-- e-mail is somebody else's: the two may have been merged.
create or replace procedure personal.judge_matches(
    of_run_id bigint, people text[] default null, only_shared boolean default false
)
language sql
as $$
    with judged as (
        select
            match.customer_unique_id,
            case
                when match.is_shared then 'taken'
                when match.contact_id is null then 'free'
                when match.whose = 'own' then 'own'
                when match.whose = 'another' or match.has_contact then 'taken'
                when count(*) filter (where match.whose = 'nobody') over (partition by match.contact_id) > 1 then 'taken'
                else 'claim'
            end as verdict
        from personal.hubspot_matches as match
        where match.run_id = of_run_id
    )

    update personal.hubspot_matches as match
    set
        verdict = judged.verdict,
        is_set_aside = judged.verdict = 'taken' and not (match.has_contact and known.customer_unique_id is not null),
        message = case
            when judged.verdict <> 'taken' then null
            when match.is_shared then 'Two people have this e-mail in customer_contacts.csv.'
            when match.whose = 'another'
            then format('The e-mail belongs to HubSpot''s contact %s, which is another customer.', match.contact_id)
            when match.has_contact
            then format(
                'HubSpot has two contacts for this person: one with the id, and %s with the e-mail. Merge them there.',
                match.contact_id
            )
            else format('HubSpot''s contact %s has the e-mails of two people in customer_contacts.csv.', match.contact_id)
        end
    from judged
    inner join ops.pipeline_runs as run on run.run_id = of_run_id
    left join ops.hubspot_contacts as known
        on known.portal_id = run.portal_id and known.customer_unique_id = judged.customer_unique_id
    where match.run_id = of_run_id
      and match.customer_unique_id = judged.customer_unique_id
      and (people is null or match.customer_unique_id = any (people))
      and (match.is_shared or not only_shared);
$$;

-- Who of a run has opted out. Where the file of the run has a person, its word is the file's; else that of the file
-- before counts. What HubSpot said is kept until HubSpot says otherwise.
create or replace function personal.opt_outs_of_run(of_run_id bigint) returns table (customer_unique_id text)
language sql stable
as $$
    select contacts.customer_unique_id from personal.contacts_of_run(of_run_id) as contacts where contacts.opted_out
    union
    select kept.customer_unique_id
    from personal.hubspot_opt_outs as kept
    inner join ops.pipeline_runs as run on run.run_id = of_run_id and run.portal_id = kept.portal_id
    where kept.source = 'hubspot'
       or not exists (
           select from personal.contacts_of_run(of_run_id) as contacts
           where contacts.customer_unique_id = kept.customer_unique_id
       )
$$;

-- What is known of the people of a run besides their numbers, as HubSpot will have it. What the file does not say (any
-- more) stays as it was acknowledged, and so does an e-mail in whose place a taken one would come.
create or replace function personal.people_of_run(of_run_id bigint)
returns table (
    customer_unique_id text, properties jsonb, has_opted_out boolean, verdict text, is_set_aside boolean
)
language sql stable
as $$
    select
        snapshot.customer_unique_id,
        jsonb_strip_nulls(
            jsonb_build_object(
                'email', case
                    when match.verdict = 'taken' then known.payload ->> 'email'
                    else coalesce(contacts.email, known.payload ->> 'email')
                end,
                'firstname', coalesce(contacts.first_name, known.payload ->> 'firstname'),
                'lastname', coalesce(contacts.last_name, known.payload ->> 'lastname')
            )
        ),
        opt_outs.customer_unique_id is not null,
        match.verdict,
        coalesce(match.is_set_aside, false)
    from ops.snapshot_drafts as snapshot
    inner join ops.pipeline_runs as run on run.run_id = snapshot.run_id
    left join ops.hubspot_contacts as known
        on known.portal_id = run.portal_id and known.customer_unique_id = snapshot.customer_unique_id
    left join personal.contacts_of_run(of_run_id) as contacts
        on contacts.customer_unique_id = snapshot.customer_unique_id
    left join personal.hubspot_matches as match
        on match.run_id = snapshot.run_id and match.customer_unique_id = snapshot.customer_unique_id
    left join personal.opt_outs_of_run(of_run_id) as opt_outs
        on opt_outs.customer_unique_id = snapshot.customer_unique_id
    where snapshot.run_id = of_run_id
$$;

-- Names those whose e-mail is taken, each plan anew: an acknowledgement alone does not end it. Whom HubSpot has refused for
-- another reason keeps that one, unless nothing is sent at all.
create or replace procedure personal.name_taken(of_run_id bigint)
language sql
as $$
    delete from ops.hubspot_failures as failures
    using ops.pipeline_runs as run
    where run.run_id = of_run_id
      and failures.portal_id = run.portal_id
      and failures.category = 'EMAIL_TAKEN'
      and not exists (
          select from personal.hubspot_matches as match
          where match.run_id = of_run_id
            and match.customer_unique_id = failures.customer_unique_id and match.verdict = 'taken'
      );

    insert into ops.hubspot_failures (portal_id, customer_unique_id, category, message, payload)
    select run.portal_id, match.customer_unique_id, 'EMAIL_TAKEN', match.message, coalesce(known.payload, '{}')
    from personal.hubspot_matches as match
    inner join ops.pipeline_runs as run on run.run_id = match.run_id
    left join ops.hubspot_contacts as known
        on known.portal_id = run.portal_id and known.customer_unique_id = match.customer_unique_id
    where match.run_id = of_run_id and match.verdict = 'taken'
    on conflict (portal_id, customer_unique_id) do update set
        category = excluded.category,
        message = excluded.message,
        attempts = hubspot_failures.attempts + 1,
        payload = excluded.payload,
        last_attempt_at = clock_timestamp()
    where hubspot_failures.category = 'EMAIL_TAKEN'
       or not hubspot_failures.was_sent_alone
       or (
           select match.is_set_aside from personal.hubspot_matches as match
           where match.run_id = of_run_id and match.customer_unique_id = excluded.customer_unique_id
       );
$$;

-- Keeps what the file of a run says, for months without it.
create or replace procedure personal.note_opt_outs_of_file(of_run_id bigint)
language sql
as $$
    delete from personal.hubspot_opt_outs as kept
    using ops.pipeline_runs as run, personal.contacts_of_run(of_run_id) as contacts
    where run.run_id = of_run_id
      and kept.portal_id = run.portal_id
      and kept.customer_unique_id = contacts.customer_unique_id
      and kept.source = 'file'
      and not contacts.opted_out;

    insert into personal.hubspot_opt_outs (portal_id, customer_unique_id, source)
    select run.portal_id, contacts.customer_unique_id, 'file'
    from personal.contacts_of_run(of_run_id) as contacts
    inner join ops.pipeline_runs as run on run.run_id = of_run_id
    where contacts.opted_out
    on conflict do nothing;
$$;

-- The people of a run in a marketer's words; NULL where the run has no contacts file. `in_hubspot` is NULL where HubSpot
-- was not asked.
create or replace function personal.count_people(of_run_id bigint) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'people', count(*),
        'writable', count(*) filter (where people.properties ? 'email' and not people.has_opted_out),
        'in_hubspot', case
            when not exists (select from personal.hubspot_matches where run_id = of_run_id and verdict is null)
            then count(*) filter (where people.verdict in ('own', 'claim') and known.customer_unique_id is null)
        end,
        'opted_out', count(*) filter (where people.has_opted_out),
        'taken', count(*) filter (where people.verdict = 'taken'),
        'set_aside', count(*) filter (where people.is_set_aside),
        'unusable', (
            select count(*)
            from personal.unusable_emails as unusable
            inner join ops.snapshot_drafts as snapshot using (run_id, customer_unique_id)
            where unusable.run_id = of_run_id
        )
    )
    from personal.people_of_run(of_run_id) as people
    inner join ops.pipeline_runs as run on run.run_id = of_run_id
    left join ops.hubspot_contacts as known
        on known.portal_id = run.portal_id and known.customer_unique_id = people.customer_unique_id
    where exists (select from ops.run_files where run_id = of_run_id and table_name = 'customer_contacts')
    having count(*) > 0
$$;
