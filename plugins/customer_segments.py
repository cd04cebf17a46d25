"""The page "Customer segments" in Airflow's UI. Only wiring is here; the page is olist.segments_page.

Every process of Airflow imports this file, tasks included, so it imports nothing that takes time.
"""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

# One grey for light, dark and chosen entries, since the UI does not colour an icon.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='%237d8ca3'%3E"
    "%3Cpath d='M4 12h4v8H4zM10 4h4v16h-4zM16 9h4v11h-4z'/%3E%3C/svg%3E"
)


async def segments_page(scope: Any, receive: Any, send: Any) -> None:
    """The page as an ASGI app that is made when it is first asked for."""
    from olist.segments_page.app import segments_app

    await segments_app()(scope, receive, send)


class CustomerSegments(AirflowPlugin):
    name = "customer_segments"
    fastapi_apps = [  # noqa: RUF012
        {"app": segments_page, "url_prefix": "/customer-segments", "name": "Customer segments"}
    ]
    external_views = [  # noqa: RUF012
        # Without a slash before it, the path is below that of Airflow, wherever that is. The navigation cuts
        # longer names.
        {
            "name": "Segments",
            "href": "customer-segments/",
            "url_route": "customer-segments",
            "destination": "nav",
            "nav_top_level": True,
            "icon": ICON,
        },
        {
            "name": "Segments",
            "href": "customer-segments/run?dag_id={DAG_ID}&dag_run_id={RUN_ID}",
            "url_route": "customer-segments-run",
            "destination": "dag_run",
            "icon": ICON,
        },
    ]
