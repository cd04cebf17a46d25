-- Takes over the limit that HubSpot's headers tell, and returns slowly to the full share after a pause.
update ops.hubspot_rate
set
    requests = coalesce(%(requests)s, requests),
    interval_seconds = coalesce(%(interval_seconds)s, interval_seconds),
    share = least(share * 1.02, 1)
where account = %(account)s
  and (
      share < 1
      or requests <> coalesce(%(requests)s, requests)
      or interval_seconds <> coalesce(%(interval_seconds)s, interval_seconds)
  )
