-- The link of a vintage in a chain that a run of the same files has found by the same settings. Its chain may go on.
with recursive chain as (
    select links.*
    from ops.runs_with_same('order_values_drafts', %(run_id)s) as same (run_id)
    inner join ops.model_choices as choices on choices.run_id = same.run_id
    inner join ops.model_links as links on links.fingerprint = choices.link_fingerprint
    where links.settings = %(settings)s
    union
    select links.*
    from chain
    inner join ops.model_links as links on links.fingerprint = chain.previous_fingerprint
)

select fingerprint, as_of, model_id, decision, reason, bins
from chain
where as_of = %(vintage)s
limit 1
