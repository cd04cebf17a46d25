"""Lists of contacts, which HubSpot's UI calls segments: what ours look like, and the requests about them.

A list of ours is DYNAMIC and has one filter, by one of our properties: HubSpot itself keeps its members.
HubSpot answers for a deleted list with `deletedAt`, and for 90 days it can be restored. Two lists cannot have
one name. Source: HubSpot's description of the API (crm/lists, 2026-09) and its guide "Segments (Lists)".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from olist.hubspot.answers import Answer
from olist.hubspot.client import HubSpot
from olist.hubspot.findings import Finding
from olist.hubspot.properties import KINDS, PROPERTIES
from olist.hubspot.versions import CONTACT_TYPE

Kind = Literal["action", "segment"]
# By kind: our property that holds the name, and how the title begins.
LISTS: dict[str, tuple[str, str]] = {
    "action": ("next_action", "Olist: "),
    "segment": ("rfm_segment", "Olist segment: "),
}
# What every title has in it, to search for.
IN_TITLES = "Olist"
SCOPES = ("crm.lists.read", "crm.lists.write")
# By the type of the property: how HubSpot asks whether it has a value.
EQUALS = {"enumeration": ("ENUMERATION", "IS_ANY_OF"), "string": ("MULTISTRING", "IS_EQUAL_TO")}
READ_AT_ONCE, FOUND_AT_ONCE = 100, 500
# Answers that last, in which HubSpot says why it does not do it.
REFUSED = (400, 402, 403, 404, 405, 409)
TAKEN = "DUPLICATE_LIST_NAMES"
WAY_OUT = "or set hubspot.lists: false in strategy.yaml"


@dataclass(frozen=True)
class ListRule:
    """A list that there shall be, and the conditions (sorted) that lead to its name: see `assign`."""

    kind: Kind
    name: str
    rules: tuple[str, ...]

    @property
    def title(self) -> str:
        """What HubSpot calls the list."""
        return LISTS[self.kind][1] + self.name


@dataclass(frozen=True)
class KeptList(ListRule):
    """A list that we have made or found in an account. `is_gone`: a person has deleted it there."""

    list_id: str
    is_gone: bool


class RefusedError(Exception):
    """HubSpot does not do what we asked for about lists; the sentence is for its owner."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.sentence)
        self.answer = answer

    @property
    def is_name_taken(self) -> bool:
        """Whether another list has the name."""
        said = f"{self.answer.body.get('subCategory')} {self.answer.sentence}"
        return self.answer.status == 409 or TAKEN in said or "already exists" in said

    @property
    def is_limit(self) -> bool:
        """Whether the plan allows no more lists."""
        return self.answer.status == 402 or "limit" in self.answer.sentence.lower()


def assign(wanted: Iterable[ListRule], kept: Iterable[KeptList]) -> dict[ListRule, KeptList]:
    """The list of each rule, without those that have none yet.

    A list follows its name. Where a name is new and exactly one list without a name of today has the same
    conditions, the rule was renamed, and its list with it. Where both are new, nobody can know: it is another
    rule, with a list of its own. The place of a rule says nothing, for rules are moved and put in between.
    """
    wanted, by_name = list(wanted), {(each.kind, each.name): each for each in kept}
    found = {rule: by_name[place] for rule in wanted if (place := (rule.kind, rule.name)) in by_name}
    left = [each for each in by_name.values() if each not in found.values()]
    for rule in wanted:
        same = [each for each in left if (each.kind, each.rules) == (rule.kind, rule.rules)]
        if rule not in found and len(same) == 1:
            found[rule] = same[0]
            left.remove(same[0])
    return found


class Lists:
    """The lists of an account. Every method raises RefusedError, or what HubSpot's client raises."""

    def __init__(self, hubspot: HubSpot) -> None:
        self._hubspot = hubspot

    def read(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Lists with their filters by id, also deleted ones; without those that HubSpot does not know."""
        found: dict[str, dict[str, Any]] = {}
        ids = list(ids)
        for start in range(0, len(ids), READ_AT_ONCE):
            query = "&".join(f"listIds={quote(each)}" for each in ids[start : start + READ_AT_ONCE])
            body = self._ask("GET", f"?{query}&includeFilters=true")
            found |= {str(each["listId"]): each for each in body.get("lists", [])}
        return found

    def find(self, titles: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Lists with their filters by title, whatever its case."""
        wanted, ids = {title.lower() for title in titles}, []
        offset: int | None = 0
        while offset is not None:
            body = self._ask("POST", "/search", _search(offset))
            page = body.get("lists", [])
            ids += [
                each["listId"]
                for each in page
                if each["name"].lower() in wanted and each["objectTypeId"] == CONTACT_TYPE
            ]
            offset = body.get("offset") if body.get("hasMore") and page else None
        return {each["name"].lower(): each for each in self.read(ids).values()}

    def create(self, rule: ListRule) -> str:
        """Makes the list of a rule. Returns its id."""
        body = {
            "name": rule.title,
            "objectTypeId": CONTACT_TYPE,
            "processingType": "DYNAMIC",
            "filterBranch": self._filters(rule),
        }
        return str(self._ask("POST", "", body)["list"]["listId"])

    def restore(self, list_id: str) -> None:
        """Brings back a list that a person has deleted, for those who use it by its id."""
        self._ask("PUT", f"/{list_id}/restore")

    def bring_in_step(self, rule: ListRule, there: Mapping[str, Any]) -> bool:
        """Gives a list the title and the filters of its rule. Returns whether it had others.

        Whoever is in it by new filters starts no workflow, which is what HubSpot does unless told otherwise:
        a renamed action is nobody's new action.
        """
        filters = self._filters(rule)
        changed = False
        if _said(there.get("filterBranch")) != _said(filters):
            self._ask("PUT", f"/{there['listId']}/update-list-filters", {"filterBranch": filters})
            changed = True
        if there["name"] != rule.title:
            title = quote(rule.title, safe="")
            self._ask("PUT", f"/{there['listId']}/update-list-name?listName={title}")
            changed = True
        return changed

    def _filters(self, rule: ListRule) -> dict[str, Any]:
        name, _ = LISTS[rule.kind]
        kind = next(each.kind for each in PROPERTIES if each.name == name)
        operation_type, operator = EQUALS[KINDS[kind][0]]
        operation = {
            "operationType": operation_type,
            "operator": operator,
            "values": [rule.name],
            "includeObjectsWithNoValueSet": False,
        }
        each = {"filterType": "PROPERTY", "property": self._hubspot.names[name], "operation": operation}
        return _branch("OR", branches=[_branch("AND", filters=[each])])

    def _ask(self, method: str, rest: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        path = self._hubspot.settings.path("lists", rest)
        answer = self._hubspot.call(method, path, body, also_accepted=REFUSED)
        if not answer.is_success:
            raise RefusedError(answer)
        return answer.body


def is_ours(there: Mapping[str, Any], rule: ListRule) -> bool:
    """Whether a list of our title is one that we have made: DYNAMIC, by our property, under any prefix."""
    filters = _said(there.get("filterBranch")) or []
    name, _ = LISTS[rule.kind]
    is_by_it = len(filters) == 1 and str(filters[0][0]).endswith(name)
    return is_by_it and there["processingType"] == "DYNAMIC" and there["objectTypeId"] == CONTACT_TYPE


def page_of(hubspot: HubSpot, account: Mapping[str, Any], list_id: str) -> str:
    """Where a browser finds a list, by the account's details."""
    scheme = hubspot.settings.base_url.partition("://")[0]
    return f"{scheme}://{account['uiDomain']}/contacts/{account['portalId']}/objectLists/{list_id}/filters"


def scopes(hubspot: HubSpot, granted: set[str] | None) -> list[Finding]:
    """What a token lacks to keep lists. Of a Service Key HubSpot does not tell it: whether it reads them."""
    if granted is not None:
        missing = [scope for scope in SCOPES if scope not in granted]
        return [lacks(missing)] if missing else []
    path = hubspot.settings.path("lists", "/search")
    answer = hubspot.ask("POST", path, _search(0, count=1))
    return [lacks(SCOPES[:1])] if answer.status == 403 else []


def lacks(missing: Iterable[str]) -> Finding:
    """What a token without these scopes means: no lists, and a delivery all the same."""
    return Finding(
        f"HubSpot's access token lacks {' and '.join(missing)}, so no segments (lists) are kept there: add"
        f" {' and '.join(SCOPES)} to the Service Key or the private app in HubSpot's settings, {WAY_OUT}.",
        "warning",
    )


def _search(offset: int, count: int = FOUND_AT_ONCE) -> dict[str, Any]:
    return {
        "query": IN_TITLES,
        "listIds": [],
        "processingTypes": [],
        "additionalProperties": [],
        "offset": offset,
        "count": count,
    }


def _branch(
    kind: str, branches: Iterable[dict[str, Any]] = (), filters: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    return {
        "filterBranchType": kind,
        "filterBranchOperator": kind,
        "filterBranches": list(branches),
        "filters": list(filters),
    }


def _said(branch: Mapping[str, Any] | None) -> list[tuple[Any, ...]] | None:
    """What filters say, without what HubSpot adds to them; None for what is not shaped as ours are."""
    if not branch or branch.get("filterBranchType") != "OR" or branch.get("filters"):
        return None
    inner = branch.get("filterBranches") or []
    if len(inner) != 1 or inner[0].get("filterBranchType") != "AND" or inner[0].get("filterBranches"):
        return None
    said = []
    for each in inner[0].get("filters") or []:
        operation = each.get("operation") or {}
        said.append(
            (
                each.get("property"),
                operation.get("operationType"),
                operation.get("operator"),
                tuple(sorted(operation.get("values") or ())),
                bool(operation.get("includeObjectsWithNoValueSet")),
            )
        )
    return said
