"""Erasing a person: from the warehouse, the files of past runs, and HubSpot (docs/privacy.md)."""
