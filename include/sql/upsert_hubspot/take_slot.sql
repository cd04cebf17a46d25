-- Reserves the next moment at which a request may leave. Returns the seconds until then. Two requests in each
-- interval are left over, since answers take different times and requests arrive less evenly than they leave.
insert into ops.hubspot_rate as rate (account, next_slot)
values (%(account)s, clock_timestamp() + interval '0.1 second')
on conflict (account) do update set
    next_slot = greatest(rate.next_slot, clock_timestamp())
        + make_interval(secs => rate.interval_seconds / (greatest(rate.requests - 2, 1) * rate.share))
returning extract(
    epoch from next_slot - make_interval(secs => interval_seconds / (greatest(requests - 2, 1) * share)) - clock_timestamp()
)::double precision
