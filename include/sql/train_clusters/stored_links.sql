select fingerprint, as_of, model_id, decision, reason, bins
from ops.model_links
where fingerprint = any(%(fingerprints)s)
order by as_of
