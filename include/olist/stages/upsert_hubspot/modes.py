"""The values of the param `sync`, by what they may do."""

# They tell HubSpot something.
SENDING = ("upsert", "update", "approve", "repair", "restore")
# They may create contacts, or tell what would be created.
CREATING = ("upsert", "approve", "repair", "dry_run")
# They read back what HubSpot holds, everybody or the share of strategy.yaml.
READING_BACK = ("verify", "repair")
# They need an account to say anything of.
NEEDING_HUBSPOT = (*SENDING, "verify")
