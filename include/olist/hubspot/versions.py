"""The versions of HubSpot's API, and where each of its APIs is in them: the one place for a new one.

HubSpot's dated versions are supported for 18 months; v3 ends in September 2027. The bodies are the same in
"""

API_VERSIONS = ("2026-03", "v3")
DEFAULT_API_VERSION = API_VERSIONS[0]
# HubSpot's number for the object type "contact", which some paths and answers have in the place of its name.
CONTACT_TYPE = "0-1"

DATED = {
    "contacts": "/crm/objects/{version}/contacts",
    "properties": "/crm/properties/{version}/contacts",
    "account": "/account-info/{version}",
}
NUMBERED = {
    "contacts": "/crm/{version}/objects/contacts",
    "properties": "/crm/{version}/properties/contacts",
    "account": "/account-info/{version}",
}


def path_of(api: str, version: str) -> str:
    """Where an API (a name of DATED) begins in a version."""
    return (NUMBERED if version.startswith("v") else DATED)[api].format(version=version)
