-- Back to what HubSpot held after an older month, by the delivery log.

-- The last moment at which the run's account was told the customers as of its as_of, or of a month before. What was
-- restored is none. NULL where the log does not reach back so far.
create or replace function ops.restore_point(of_run_id bigint) returns timestamptz
language sql stable
return (
    select max(told.delivered_at)
    from ops.hubspot_deliveries as told
    inner join ops.pipeline_runs as run on run.run_id = of_run_id and run.portal_id = told.portal_id
    where told.as_of <= run.as_of and told.outcome = 'accepted' and told.operation <> 'restore'
);

-- The contacts of the run's account as they were then: each property as it was before its first change since. So the log
-- need not reach further back. Who came later has left: all that we say about them is cleared. Who has opted out since
-- does not get an action back.
create or replace function ops.restored_contacts(of_run_id bigint)
returns table (customer_unique_id text, payload jsonb, has_left boolean)
language sql stable
as $$
    with run as (
        select run_id, portal_id, ops.restore_point(run_id) as restore_point
        from ops.pipeline_runs
        where run_id = of_run_id
        offset 0
    ),

    changed_since as (
        select distinct on (told.customer_unique_id, property)
            told.customer_unique_id, property, change ->> 0 as value_then
        from run
        inner join ops.hubspot_deliveries as told using (portal_id)
        cross join jsonb_each(told.changes) as changed (property, change)
        where told.delivered_at > run.restore_point and told.outcome = 'accepted'
          -- An e-mail of before may be somebody else's by now.
          and property not in ('email', 'firstname', 'lastname')
        order by told.customer_unique_id, property, told.delivered_at
    ),

    before as (
        select
            customer_unique_id,
            jsonb_object_agg(property, coalesce(value_then, '')) as payload,
            bool_or(property = 'olist_customer_id' and value_then is null) as came_later
        from changed_since
        group by customer_unique_id
    ),

    without_action as (
        select customer_unique_id, ops.hubspot_opted_out() as payload
        from personal.people_of_run(of_run_id)
        where has_opted_out
    )

    select
        contacts.customer_unique_id,
        contacts.payload || case
            when before.came_later then ops.hubspot_cleared()
            else coalesce(before.payload, '{}') || coalesce(without_action.payload, '{}')
        end,
        coalesce(before.came_later, false)
    from run
    inner join ops.hubspot_contacts as contacts using (portal_id)
    left join before using (customer_unique_id)
    left join without_action using (customer_unique_id)
$$;
