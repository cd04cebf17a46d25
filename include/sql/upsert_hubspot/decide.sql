-- What a person said. A yes is for the plan that was asked about and no other.
update ops.hubspot_syncs
set
    status = case when %(is_approved)s then 'planned' else 'not approved' end,
    message = case
        when not %(is_approved)s then format('Not approved: %%s. Nothing was sent.', %(why_not)s::text)
    end,
    is_approved = %(is_approved)s,
    decided_by = %(by)s,
    decided_at = %(at)s,
    finished_at = case when not %(is_approved)s then clock_timestamp() end
where run_id = %(run_id)s and status = 'waiting' and (not %(is_approved)s or fingerprint = %(fingerprint)s)
returning status
