"""The pages a person opens to see which contacts have arrived, and who is in which list."""

from html import escape
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from olist.local.hubspot_sandbox import lists
from olist.local.hubspot_sandbox.errors import HubSpotError
from olist.local.hubspot_sandbox.state import Sandbox, SandboxState
from olist.local.hubspot_sandbox.store import Contact

PAGE_SIZE = 50
COLUMNS = {
    "olist_customer_id": "Customer",
    "loyalty_tier": "Tier",
    "rfm_segment": "Segment",
    "next_action": "Next action",
    "lifetime_value": "Lifetime value",
    "order_count": "Orders",
    "last_purchase_date": "Last purchase",
    "lastmodifieddate": "Modified",
}
TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>HubSpot sandbox</title><style>
:root {{ color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; margin-bottom: 0; }} h2 {{ font-size: 1.1rem; }}
.note {{ opacity: .7; margin-top: .2rem; }}
dl {{ display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; }}
dl div {{ border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; }}
dt {{ opacity: .7; font-size: .85rem; }}
dd {{ margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums; }}
form {{ margin: 1rem 0; }}
.scroll {{ overflow-x: auto; }} table {{ border-collapse: collapse; width: 100%; font-size: .87rem; }}
th, td {{ text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }}
td {{ white-space: nowrap; }}
input, button {{ font: inherit; padding: .3rem .6rem; }} nav {{ display: flex; gap: 1rem; margin: 1rem 0; }}
</style></head><body>
<h1>HubSpot sandbox</h1><p class="note">A local stand-in. Nothing here has left this machine.</p>
<dl>{totals}</dl>
{lists}<form action="/"><label>Customer or record id <input name="q" value="{query}" size="36"></label>
<button>Search</button></form>
<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>
<nav>{links}</nav></body></html>
"""

LISTS = """<h2>Segments (lists)</h2>
<div class="scroll"><table><thead><tr><th>Name</th><th>Contacts</th><th>Type</th></tr></thead>
<tbody>{rows}</tbody></table></div>
"""

router = APIRouter()


@router.get("/")
def page(sandbox: SandboxState, q: str = "", after: int = 0) -> HTMLResponse:
    """Contacts, fifty to a page, with totals by tier."""
    query = q.strip()
    contacts = _search(sandbox, query) if query else sandbox.store.page(after, PAGE_SIZE + 1)
    shown = contacts[:PAGE_SIZE]
    links = ['<a href="/">First page</a>'] if after or query else []
    if len(contacts) > PAGE_SIZE:
        links.append(f'<a href="/?{urlencode({"after": shown[-1].id})}">Next page</a>')
    totals = _totals(sandbox)
    return _page(sandbox, totals, _lists(sandbox), shown, links, query)


# Where HubSpot has them too.
@router.get("/contacts/{portal_id}/objectLists/{number}")
@router.get("/contacts/{portal_id}/objectLists/{number}/filters")
def list_page(portal_id: int, number: str, sandbox: SandboxState, after: int = 0) -> HTMLResponse:
    """Who is in a list, fifty to a page."""
    found = {each["listId"]: each for each in lists.all_lists(sandbox)}.get(number)
    if portal_id != sandbox.portal_id or found is None:
        raise HubSpotError(404, "OBJECT_NOT_FOUND", f"There is no list {number} in account {portal_id}.")
    contacts = lists.members(found, sandbox, after, PAGE_SIZE + 1)
    shown = contacts[:PAGE_SIZE]
    links = ['<a href="/">All contacts</a>']
    if len(contacts) > PAGE_SIZE:
        links.append(f'<a href="?{urlencode({"after": shown[-1].id})}">Next page</a>')
    return _page(sandbox, _shown([(found["name"], lists.size(found, sandbox))]), "", shown, links)


def _page(
    sandbox: Sandbox, totals: str, listed: str, contacts: list[Contact], links: list[str], query: str = ""
) -> HTMLResponse:
    html = TEMPLATE.format(
        totals=totals,
        lists=listed,
        query=escape(query),
        head="".join(f"<th>{escape(title)}</th>" for title in COLUMNS.values()),
        rows="".join(_row(contact, sandbox) for contact in contacts) or _nobody(len(COLUMNS)),
        links="".join(links),
    )
    return HTMLResponse(html)


def _search(sandbox: Sandbox, query: str) -> list[Contact]:
    unique = [name for name, definition in sandbox.store.properties.items() if definition["hasUniqueValue"]]
    found = [sandbox.store.find(name, [query]) for name in ("hs_object_id", *unique)]
    return list({contact.id: contact for matches in found for contact in matches.values()}.values())


def _totals(sandbox: Sandbox) -> str:
    tiers = sandbox.store.query(
        "SELECT coalesce(json_extract(properties, '$.loyalty_tier'), 'No tier') AS tier, count(*) "
        "FROM contacts GROUP BY tier ORDER BY count(*) DESC, tier"
    )
    labelled = [(_label("loyalty_tier", name, sandbox), count) for name, count in tiers]
    return _shown([("Contacts", sum(count for _, count in tiers)), *labelled])


def _shown(totals: list[tuple[str, int]]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{count:,}</dd></div>" for name, count in totals)


def _lists(sandbox: Sandbox) -> str:
    rows = "".join(
        f'<tr><td><a href="/contacts/{sandbox.portal_id}/objectLists/{each["listId"]}/filters">'
        f"{escape(each['name'])}</a></td><td>{lists.size(each, sandbox):,}</td>"
        f"<td>{each['processingType'].lower()}</td></tr>"
        for each in lists.all_lists(sandbox)
    )
    return LISTS.format(rows=rows) if rows else ""


def _row(contact: Contact, sandbox: Sandbox) -> str:
    stored = contact.all_properties()
    cells = [escape(_label(name, stored.get(name, ""), sandbox)) for name in COLUMNS]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _label(name: str, value: str, sandbox: Sandbox) -> str:
    """What a person reads: of a dropdown the label of the option, and the value itself where it is none."""
    options = sandbox.store.properties.get(name, {}).get("options") or []
    return next((option["label"] for option in options if option["value"] == value), value)


def _nobody(columns: int) -> str:
    return f'<tr><td colspan="{columns}">No contacts.</td></tr>'
