"""The values of the param `sync`, by what they may do."""

# They tell HubSpot something.
SENDING = ("upsert", "update", "approve", "repair")
# They may create contacts, or tell what would be created.
CREATING = ("upsert", "approve", "repair", "dry_run")
