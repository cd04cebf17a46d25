"""What Airflow learns of this package at its entry point `apache_airflow_provider`."""

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """The connection type `hubspot` with its form, and assets at `hubspot://`.

    In the shape of Airflow's provider_info.schema.json.

    Every process of Airflow calls this when it starts, so it imports nothing of this package.
    """
    return {
        "package-name": "olist-intelligence-bridge",
        "name": "Olist Intelligence Bridge",
        "description": "Customer segments in PostgreSQL and HubSpot.",
        "asset-uris": [
            {
                "schemes": ["hubspot"],
                "handler": "olist.hubspot.assets.sanitize_uri",
                "factory": "olist.hubspot.assets.create_asset",
                "to_openlineage_converter": "olist.hubspot.assets.convert_asset_to_openlineage",
            }
        ],
        "connection-types": [
            {
                "connection-type": "hubspot",
                "hook-class-name": "olist.hubspot.hook.HubSpotHook",
                "hook-name": "HubSpot",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "port"],
                    "relabeling": {"password": "Access token", "host": "Base URL"},
                    "placeholders": {"host": "https://api.hubapi.com"},
                },
                "conn-fields": {
                    "api_version": {
                        "label": "API version",
                        "description": "2026-03 and v3 do not hold to the account's create form; v3 ends in"
                        " September 2027",
                        "schema": {
                            "type": ["string", "null"],
                            "enum": ["2026-09", "2026-03", "v3"],
                            "default": "2026-09",
                        },
                    }
                },
            }
        ],
    }
