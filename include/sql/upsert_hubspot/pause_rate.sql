-- HubSpot said "too many": nobody sends for a while, and then more slowly, for somebody else is sending too.
update ops.hubspot_rate
set
    share = case
        when next_slot < clock_timestamp() + make_interval(secs => %(seconds)s / 2) then greatest(share * 0.8, 0.1)
        else share
    end,
    next_slot = greatest(next_slot, clock_timestamp() + make_interval(secs => %(seconds)s))
where account = %(account)s
