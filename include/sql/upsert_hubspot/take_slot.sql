-- Reserves the next moment at which a request may leave. Returns the seconds until then.
insert into ops.hubspot_rate as rate (account, next_slot)
values (%(account)s, clock_timestamp() + interval '0.1 second')
on conflict (account) do update set
    next_slot = greatest(rate.next_slot, clock_timestamp())
        + make_interval(secs => rate.interval_seconds / (rate.requests * rate.share))
returning extract(
    epoch from next_slot - make_interval(secs => interval_seconds / (requests * share)) - clock_timestamp()
)::double precision
