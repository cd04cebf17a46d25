-- A person in every snapshot from the first one with them on, the newest first; NULL where a snapshot has them not.
-- is_held_out is read so that a warehouse without the column has none.
with person as (
    select as_of, to_jsonb(snapshots) as numbers
    from analytics.customer_snapshots as snapshots
    where customer_unique_id = %(person)s
)

select
    dates.as_of,
    person.as_of is not null as is_there,
    numbers ->> 'segment_name' as segment_name,
    numbers ->> 'loyalty_tier' as loyalty_tier,
    numbers ->> 'rfm_code' as rfm_code,
    (numbers ->> 'recency_days')::integer as recency_days,
    (numbers ->> 'frequency')::integer as frequency,
    (numbers ->> 'monetary')::numeric as monetary,
    numbers ->> 'next_action' as next_action,
    (numbers ->> 'is_held_out')::boolean as is_held_out
from ops.snapshot_dates as dates
left join person using (as_of)
where dates.as_of >= (select min(as_of) from person)
order by dates.as_of desc
