-- Erases a person, in the transaction of the caller. Nobody sends, plans, loads or computes meanwhile: nobody can bring
-- the person back from what they had read before. Whoever was erased before is searched for again, under the same record.
create or replace procedure ops.erase_person(
    person text, inout erasure bigint default null, inout removed jsonb default null, inout was_erased boolean default null
)
language plpgsql
as $$
declare
    person_hash bytea;
begin
    perform pg_advisory_xact_lock(hashtext('ops.hubspot'));
    perform pg_advisory_xact_lock(hashtext('ops.erasure'));
    select ops.salted(person, salt) into person_hash from ops.erasure_salt;
    select erasure_id into erasure from ops.erased_people where id_hash = person_hash;
    was_erased := found;
    if not was_erased then
        insert into ops.erasures default values returning erasure_id into erasure;
        insert into ops.erased_people (id_hash, erasure_id) values (person_hash, erasure);
    end if;

    -- The accounts that have taken the person, or may have, and the one that was last delivered to.
    with accounts as (
        select portal_id, contact_id, null::timestamptz as sent_at
        from ops.hubspot_contacts where customer_unique_id = person
        union all
        select portal_id, null, null from ops.hubspot_failures where customer_unique_id = person
        union all
        select portal_id, null, sent_at from ops.hubspot_in_flight where customer_unique_id = person
        union all
        select portal_id, null, null from (select ops.last_portal() as portal_id) as last_used
        where portal_id <> 0 and not was_erased
    ),

    entered as (
        insert into ops.pending_erasures as pending (erasure_id, portal_id, person, contact_id, not_before)
        select erasure, portal_id, person, max(contact_id), max(sent_at) + interval '90 seconds'
        from accounts
        group by portal_id
        on conflict (erasure_id, portal_id) do update
        set contact_id = coalesce(excluded.contact_id, pending.contact_id),
            not_before = coalesce(excluded.not_before, pending.not_before)
        returning portal_id
    )

    update ops.erasures
    set hubspot = hubspot || coalesce(marks.pending, '{}'), files_done_at = null, finished_at = null
    from (select jsonb_object_agg(portal_id, 'pending') as pending from entered) as marks
    where erasure_id = erasure;

    call ops.let_go_of(array[person], removed);
    update ops.erasures set rows_removed = ops.added_up(rows_removed, removed) where erasure_id = erasure;
end
$$;

-- The end of an erasure, once its files and every account of HubSpot's are without the person.
create or replace procedure ops.finish_erasure(erasure bigint)
language sql
begin atomic
    update ops.erasures
    set finished_at = clock_timestamp()
    where erasure_id = erasure
      and finished_at is null
      and files_done_at is not null
      and not exists (select from ops.pending_erasures where pending_erasures.erasure_id = erasure);
end;
