-- Somebody in the ledger whose e-mail turns out to be another contact's: the numbers are sent without it, and the person
-- is named.
with planned as (
    update ops.hubspot_plan_drafts
    set
        payload = payload - 'email',
        payload_hash = encode(sha256(convert_to((payload - 'email')::text, 'UTF8')), 'hex'),
        changed_properties = array_remove(changed_properties, 'email')
    where run_id = %(run_id)s and part = %(part)s and customer_unique_id = %(person)s
    returning customer_unique_id, payload
)

insert into ops.hubspot_failures (portal_id, customer_unique_id, category, message, payload)
select %(portal_id)s, customer_unique_id, 'EMAIL_TAKEN', %(message)s, payload from planned
on conflict (portal_id, customer_unique_id) do update set
    category = excluded.category,
    message = excluded.message,
    was_sent_alone = false,
    payload = excluded.payload,
    attempts = hubspot_failures.attempts + 1,
    last_attempt_at = clock_timestamp()
