-- Enters a delivery, so that those of an older as_of to the same account stop; one that is older itself is never sent.
create or replace procedure ops.enter_sync(of_run_id bigint, mode text, inout sync_status text default null)
language plpgsql
as $$
declare
    entered ops.pipeline_runs := (select run from ops.pipeline_runs as run where run.run_id = of_run_id);
begin
    sync_status := case mode
        when 'dry_run' then 'dry_run'
        when 'skip' then 'skipped'
        when 'verify' then 'verified'
        when 'approve' then 'waiting'
        when 'restore' then 'waiting'
        else 'planned'
    end;
    if sync_status in ('planned', 'waiting') then
        perform pg_advisory_xact_lock(hashtext('ops.enter_sync'));
        if mode <> 'restore' and ops.is_older_than_sent(of_run_id) then
            sync_status := 'superseded';
        end if;
    end if;

    insert into ops.hubspot_syncs (run_id, as_of, mode, status, message, plan)
    values (
        of_run_id, entered.as_of, mode, sync_status,
        case
            when sync_status = 'superseded'
            then format(
                'Not sent: HubSpot already has the customers as of %s.',
                to_char(ops.newest_sent(entered.portal_id), 'YYYY-MM-DD HH24:MI:SS')
            )
        end,
        '{}'
    )
    on conflict (run_id) do update set
        as_of = excluded.as_of, mode = excluded.mode, status = excluded.status, message = excluded.message,
        plan = '{}', planned_at = clock_timestamp(), finished_at = null,
        property_prefix = default, left_out = default, told_parts = default, opt_outs_message = default,
        fingerprint = null, asking = null, asked_at = null, is_approved = null, decided_by = null, decided_at = null;
end
$$;

-- Who has to be told what: people whose payload is not the one HubSpot last acknowledged, and people who were
-- segmented once and are no more. Payloads of a request that never got an answer count as not acknowledged.
create or replace procedure ops.plan_hubspot(of_run_id bigint, parts integer)
language plpgsql
as $$
declare
    sync_status text := (select status from ops.hubspot_syncs where run_id = of_run_id);
    account bigint := (select portal_id from ops.pipeline_runs where run_id = of_run_id);
    left_out text[] := (select sync.left_out from ops.hubspot_syncs as sync where run_id = of_run_id);
    is_restore boolean := (select mode = 'restore' from ops.hubspot_syncs where run_id = of_run_id);
begin
    if sync_status in ('planned', 'waiting') then
        -- Those who send hold this lock shared: the ledger must not change while it is compared. Taken before any
        -- other, since they may look at all partitions of the plan.
        perform pg_advisory_xact_lock(hashtext('ops.hubspot'));
    end if;
    update ops.hubspot_syncs
    set created_before = created_before + (
        select count(*) from ops.hubspot_plan_drafts as before
        where before.run_id = of_run_id and before.operation = 'create' and before.outcome = 'accepted'
    )
    where run_id = of_run_id;
    call ops.empty_draft('hubspot_plan_drafts', of_run_id);
    if sync_status in ('skipped', 'superseded', 'verified') then
        return;
    end if;

    call ops.follow_movement(of_run_id);
    insert into ops.hubspot_plan_drafts (
        run_id, customer_unique_id, operation, part, changed_properties, payload, payload_hash, kept
    )
    with kept_away as materialized (
        select customer_unique_id from ops.kept_away(of_run_id)
    ),

    wanted as (
        select
            snapshot.customer_unique_id,
            (
                ops.hubspot_withdrawn(told.payload)
                || ops.hubspot_payload(snapshot, moved.movement)
                || case when people.has_opted_out then ops.hubspot_opted_out() else '{}' end
            ) - left_out || people.properties as payload,
            people.verdict in ('own', 'claim') as is_found,
            people.verdict = 'claim' as is_claimed
        from ops.snapshot_drafts as snapshot
        inner join ops.customer_movement(of_run_id) as moved using (customer_unique_id)
        inner join personal.people_of_run(of_run_id) as people using (customer_unique_id)
        left join ops.hubspot_contacts as told
            on told.portal_id = account and told.customer_unique_id = snapshot.customer_unique_id
        where snapshot.run_id = of_run_id
          and not people.is_set_aside
          and not exists (
              select from kept_away where kept_away.customer_unique_id = snapshot.customer_unique_id
          )
        offset 0
    ),

    left_over as (
        select
            contacts.customer_unique_id,
            (contacts.payload || ops.hubspot_withdrawn(contacts.payload) || ops.hubspot_cleared()) - left_out as payload
        from ops.hubspot_contacts as contacts
        where contacts.portal_id = account and not exists (
            select from ops.snapshot_drafts as snapshot
            where snapshot.run_id = of_run_id and snapshot.customer_unique_id = contacts.customer_unique_id
        )
    ),

    everybody as (
        select
            customer_unique_id, payload, coalesce(is_found, false) as is_found, coalesce(is_claimed, false) as is_claimed,
            false as has_left
        from wanted
        where not is_restore
        union all
        select customer_unique_id, payload, false, false, true from left_over where not is_restore
        union all
        select customer_unique_id, payload - left_out, false, false, has_left
        from ops.restored_contacts(of_run_id)
        where is_restore
    ),

    compared as (
        select
            everybody.*,
            encode(sha256(convert_to(everybody.payload::text, 'UTF8')), 'hex') as payload_hash,
            contacts.payload as acknowledged_payload,
            case
                when contacts.payload ?| left_out
                then encode(sha256(convert_to((contacts.payload - left_out)::text, 'UTF8')), 'hex')
                else contacts.payload_hash
            end as acknowledged_hash,
            in_flight.customer_unique_id is not null as is_in_doubt,
            coalesce(known.is_missing, false) as is_missing,
            array(
                select property from jsonb_each_text(known.edited) as edited (property, ours)
                where everybody.payload ->> property = ours
            ) as kept
        from everybody
        left join ops.known_differences(account) as known using (customer_unique_id)
        left join ops.hubspot_contacts as contacts
            on contacts.portal_id = account and contacts.customer_unique_id = everybody.customer_unique_id
        left join ops.hubspot_in_flight as in_flight
            on in_flight.portal_id = account and in_flight.customer_unique_id = everybody.customer_unique_id
        -- Whose contact is another person's by now is not made anew, nor who is gone in order to be cleared.
        where known.is_anothers is not true and (known.is_missing is not true or not everybody.has_left)
    )

    select
        of_run_id,
        customer_unique_id,
        case
            when has_left then 'clear'
            when acknowledged_hash is null and not is_found or is_missing then 'create'
            else 'update'
        end,
        abs(hashtext(customer_unique_id)::bigint) % parts,
        case
            when acknowledged_hash is null and not is_found then '{}'
            else array(
                select key from jsonb_each_text(payload)
                where value is distinct from coalesce(acknowledged_payload ->> key, case when is_found then '' end)
                order by key
            )
        end,
        payload,
        payload_hash,
        kept
    from compared
    where is_in_doubt or is_claimed or payload_hash is distinct from acknowledged_hash;
    call ops.analyze_draft('hubspot_plan_drafts', of_run_id);

    update ops.hubspot_syncs
    set
        plan = ops.summarise_plan(of_run_id)
            || jsonb_strip_nulls(jsonb_build_object('contacts', personal.count_people(of_run_id))),
        fingerprint = ops.fingerprint_of_plan(of_run_id),
        -- A plan of nobody asks for no approval.
        status = case
            when status = 'waiting' and not exists (select from ops.hubspot_plan_drafts where run_id = of_run_id)
            then 'planned' else status
        end
    where run_id = of_run_id;
end
$$;

-- Tells a plan from another one: by who is told what, in whatever order the rows are.
create or replace function ops.fingerprint_of_plan(of_run_id bigint) returns text
language sql stable
return (
    select format(
        '%s people: %s',
        count(*),
        coalesce(sum(hashtextextended(concat_ws('|', customer_unique_id, operation, payload_hash), 0)::numeric), 0)
    )
    from ops.hubspot_plan_drafts
    where run_id = of_run_id
);

-- A plan in a marketer's words: how many people, which properties, who changes tier, who gets which new action.
create or replace function ops.summarise_plan(of_run_id bigint) returns jsonb
language sql stable
as $$
    with plan as (
        select
            plan.customer_unique_id, plan.operation, plan.changed_properties, plan.payload,
            contacts.payload as acknowledged_payload
        from ops.hubspot_plan_drafts as plan
        inner join ops.pipeline_runs as run on run.run_id = plan.run_id
        left join ops.hubspot_contacts as contacts
            on contacts.portal_id = run.portal_id and contacts.customer_unique_id = plan.customer_unique_id
        where plan.run_id = of_run_id
    ),

    changed as (
        select property, count(*) as people
        from plan cross join unnest(changed_properties) as property
        where operation = 'update'
        group by property
    ),

    tier_moves as (
        select
            acknowledged_payload ->> 'loyalty_tier' as from_tier,
            payload ->> 'loyalty_tier' as to_tier,
            count(*) as people
        from plan
        where 'loyalty_tier' = any (changed_properties) and operation = 'update' and acknowledged_payload is not null
        group by 1, 2
    ),

    left_alone as (
        select customer_unique_id
        from ops.known_differences((select portal_id from ops.pipeline_runs where run_id = of_run_id))
        where is_anothers
    ),

    -- Whom the plan is made for: those of the snapshot, or of a restore those who were there then.
    wanted as (
        select count(*) as people
        from (
            select customer_unique_id from ops.snapshot_drafts
            where run_id = of_run_id
              and (select mode <> 'restore' from ops.hubspot_syncs where run_id = of_run_id)
              and customer_unique_id not in (
                  select match.customer_unique_id from personal.hubspot_matches as match
                  where match.run_id = of_run_id and match.is_set_aside
              )
            union all
            select customer_unique_id from ops.restored_contacts(of_run_id)
            where not has_left and (select mode = 'restore' from ops.hubspot_syncs where run_id = of_run_id)
        ) as people
        where customer_unique_id not in (select customer_unique_id from left_alone)
    ),

    kept_away as materialized (
        select by_setting, count(*) as people from ops.kept_away(of_run_id) group by by_setting
    ),

    new_actions as (
        select payload ->> 'next_action' as next_action, count(*) as people
        from plan
        where payload ->> 'next_action' <> ''
          and (operation = 'create' or ('next_action' = any (changed_properties) and operation = 'update'))
        group by 1
    ),

    new_groups as (
        select payload ->> 'campaign_group' as campaign_group, count(*) as people
        from plan
        where payload ->> 'campaign_group' <> ''
          and (operation = 'create' or ('campaign_group' = any (changed_properties) and operation = 'update'))
        group by 1
    )

    select jsonb_build_object(
        'create', count(*) filter (where operation = 'create'),
        'update', count(*) filter (where operation = 'update'),
        'clear', count(*) filter (where operation = 'clear'),
        'unchanged', (select people from wanted) - (select coalesce(sum(people), 0) from kept_away)
            - count(*) filter (where operation <> 'clear'),
        'changed_properties', (select coalesce(jsonb_object_agg(property, people), '{}') from changed),
        'tier_moves', (select coalesce(jsonb_agg(to_jsonb(tier_moves) order by people desc), '[]') from tier_moves),
        -- Of these moves: the tier they leave is the one that the model before would have kept them in.
        'tier_moves_by_model', (
            select count(*)
            from plan
            inner join ops.moved_by_model(of_run_id) as moved
                on moved.customer_unique_id = plan.customer_unique_id
            where operation = 'update' and acknowledged_payload ->> 'loyalty_tier' = moved.tier_before
        ),
        'new_actions', (
            select coalesce(jsonb_agg(to_jsonb(new_actions) order by people desc), '[]') from new_actions
        )
    ) || (
        -- By the setting that keeps them away; where it keeps nobody away nothing is said.
        select jsonb_strip_nulls(jsonb_build_object('kept_away', jsonb_object_agg(by_setting, people)))
        from kept_away
    ) || (
        -- Likewise, who is newly treated or held out.
        select jsonb_strip_nulls(jsonb_build_object('new_groups', jsonb_object_agg(campaign_group, people)))
        from new_groups
    )
    || (
        select case when count(*) > 0 then jsonb_build_object('left_alone', count(*)) else '{}' end from left_alone
    )
    from plan
$$;
