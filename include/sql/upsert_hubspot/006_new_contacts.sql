-- Whom a delivery does not let become contacts, and by what of strategy.yaml: `when` (their values do not meet deliver.when)
-- or `at_most` (deliver.at_most contacts are created without them). It is about people of the snapshot whom the account has
-- not acknowledged. Whoever is a contact is none of them, so that nobody is created, cleared and created again; and
-- sync=update creates nobody anyway, nor does sync=restore hold back whom HubSpot had. Whom an unanswered request may have created is sent in any case, and takes a place.
create or replace function ops.kept_away(of_run_id bigint)
returns table (customer_unique_id text, by_setting text)
language sql stable
as $$
    with delivery as (
        select run.run_id, run.portal_id, ops.created_at_most() - syncs.created_before as places
        from ops.pipeline_runs as run
        inner join ops.hubspot_syncs as syncs using (run_id)
        where run.run_id = of_run_id and syncs.mode not in ('update', 'restore')
    ),

    -- Whoever is found in the account by e-mail is no newcomer either; nor is who is set aside.
    newcomers as (
        select
            snapshot.customer_unique_id,
            snapshot.loyalty_tier,
            snapshot.monetary,
            ops.may_become_contact(
                snapshot.loyalty_tier, snapshot.segment_name, snapshot.favorite_category, snapshot.customer_state,
                snapshot.avg_review_score, snapshot.recency_days, snapshot.frequency, snapshot.monetary
            ) as meets_conditions,
            in_flight.customer_unique_id is not null as is_in_doubt,
            failures.customer_unique_id is not null as was_refused,
            delivery.places
        from delivery
        inner join ops.snapshot_drafts as snapshot on snapshot.run_id = of_run_id
        left join ops.hubspot_in_flight as in_flight
            on in_flight.portal_id = delivery.portal_id and in_flight.customer_unique_id = snapshot.customer_unique_id
        left join ops.hubspot_failures as failures
            on failures.portal_id = delivery.portal_id and failures.customer_unique_id = snapshot.customer_unique_id
        where not exists (
            select from ops.hubspot_contacts as contacts
            where contacts.portal_id = delivery.portal_id
              and contacts.customer_unique_id = snapshot.customer_unique_id
        )
        and not exists (
            select from personal.hubspot_matches as match
            where match.run_id = of_run_id
              and match.customer_unique_id = snapshot.customer_unique_id
              and (match.verdict in ('own', 'claim') or match.is_set_aside)
        )
    ),

    -- A contact may cost, so the best tier comes first, and in it who has spent most. Whom HubSpot has refused comes last,
    -- so that a few who are always refused do not take all places for ever.
    in_their_order as (
        select
            newcomers.*,
            row_number() over (
                order by
                    is_in_doubt desc, was_refused, array_position(ops.loyalty_tiers(), loyalty_tier), monetary desc,
                    customer_unique_id collate "C"
            ) as place
        from newcomers
        where is_in_doubt or (meets_conditions and places is not null)
    )

    select customer_unique_id, 'when'
    from newcomers
    where not meets_conditions and not is_in_doubt
    union all
    select customer_unique_id, 'at_most'
    from in_their_order
    where place > places and not is_in_doubt
$$;
