-- The link that a run of the same files, by the same settings, has found for a vintage.
select links.fingerprint, links.as_of, links.model_id, links.decision, links.reason, links.bins
from ops.runs_with_same('order_values_drafts', %(run_id)s) as same (run_id)
inner join ops.model_choices as choices on choices.run_id = same.run_id
inner join ops.model_links as chosen on chosen.fingerprint = choices.link_fingerprint
inner join ops.model_links as links on links.fingerprint in (chosen.fingerprint, chosen.previous_fingerprint)
where links.as_of = %(vintage)s and choices.vintage_as_of = %(vintage)s and links.settings = %(settings)s
limit 1
