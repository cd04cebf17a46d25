-- Which of these values break a rule; NULL where nobody knows.
select case
    when bool_or(ops.breaks_rule(value, %(rule)s, %(argument)s) is null) then null
    else coalesce(array_agg(value) filter (where ops.breaks_rule(value, %(rule)s, %(argument)s)), '{}')
end
from unnest(%(names)s::text[]) as name (value)
