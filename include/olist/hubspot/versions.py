"""The versions of HubSpot's API, and where each of its APIs is in them: the one place for a new one.

HubSpot's dated versions are supported for 18 months; v3 ends in September 2027. The bodies are the same in
all of them. From 2026-09 on HubSpot also holds what is written to the rules of the form "Create contact".
"""

API_VERSIONS = ("2026-09", "2026-03", "v3")
DEFAULT_API_VERSION = API_VERSIONS[0]
# HubSpot's number for the object type "contact", which some paths and answers have in the place of its name.
CONTACT_TYPE = "0-1"

DATED = {
    "contacts": "/crm/objects/{version}/contacts",
    "properties": "/crm/properties/{version}/contacts",
    "account": "/account-info/{version}",
    "limits": "/crm/limits/{version}",
    "lists": "/crm/lists/{version}",
    "validations": f"/crm/property-validations/{{version}}/{CONTACT_TYPE}",
    "schema": "/crm-object-schemas/{version}/schemas/contacts",
    "subscriptions": "/communication-preferences/{version}/statuses",
}
NUMBERED = {
    "contacts": "/crm/{version}/objects/contacts",
    "properties": "/crm/{version}/properties/contacts",
    "account": "/account-info/{version}",
    "limits": "/crm/{version}/limits",
    "lists": "/crm/{version}/lists",
    "validations": f"/crm/{{version}}/property-validations/{CONTACT_TYPE}",
    "schema": "/crm/{version}/schemas/contacts",
    # Its version 3 has no batches.
    "subscriptions": "/communication-preferences/v4/statuses",
}
# What a token is good for is told in no version but this.
TOKEN_PATH = "/oauth/v2/private-apps/get/access-token-info"


def path_of(api: str, version: str) -> str:
    """Where an API (a name of DATED) begins in a version."""
    return (NUMBERED if version.startswith("v") else DATED)[api].format(version=version)


def holds_to_create_form(version: str) -> bool:
    """Whether HubSpot refuses new contacts without what the form "Create contact" requires."""
    return not version.startswith("v") and version >= "2026-09"
