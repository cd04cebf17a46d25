-- A person in every snapshot from the first one with them on, the newest first; not is_there where one has them not.
with person as (
    select * from analytics.customer_snapshots where customer_unique_id = %(person)s
)

select
    dates.as_of,
    person.as_of is not null as is_there,
    person.segment_name,
    person.loyalty_tier,
    person.rfm_code,
    person.recency_days,
    person.frequency,
    person.monetary,
    person.next_action,
    person.is_held_out
from ops.snapshot_dates as dates
left join person using (as_of)
where dates.as_of >= (select min(as_of) from person)
order by dates.as_of desc
