-- Whether there is a ledger of which nobody knows the account, and this account has none.
select
    exists (select from ops.hubspot_contacts where portal_id = 0)
    and not exists (select from ops.hubspot_contacts where portal_id = %(portal_id)s)
