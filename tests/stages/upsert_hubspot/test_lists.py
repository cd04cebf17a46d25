"""Lists in HubSpot: who is in them, how they follow their rules, what people and accounts do to them."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg import Connection
from rich.console import Console
from support import pipeline
from support.places import PROJECT

from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.lists import KeptList, ListRule, Lists, assign
from olist.hubspot.versions import API_VERSIONS
from olist.local.hubspot_sandbox.faults import Faults
from olist.local.hubspot_sandbox.server import running_sandbox
from olist.local.hubspot_sandbox.settings import DEFAULT_TOKEN, SandboxSettings
from olist.report.page import render_report
from olist.report.summary import print_summary, read_summary
from olist.stages.upsert_hubspot import finish
from olist.stages.upsert_hubspot.lists import keep_lists, list_rules
from olist.strategy.reading import STRATEGY_FILE, read_strategy
from olist.warehouse import read_sql

HEADERS = {"Authorization": f"Bearer {DEFAULT_TOKEN}"}
LISTS = "/crm/lists/2026-09"
TABLE = re.compile(r"^\| (.+?) \| (.+?) \| (\d+) \| (\d+) \|$", re.MULTILINE)
# Customers of each action and segment, by the title of the list that they should be in.
MEMBERS = """
select title, array_agg(customer_unique_id order by customer_unique_id)
from analytics.vw_customer_segments
cross join lateral (values ('Olist: ' || next_action), ('Olist segment: ' || segment_name)) as lists (title)
group by title
"""


@pytest.fixture
def warehouse(copy_of: Callable[..., str], few: Path) -> str:
    """A warehouse with a published run that nobody has delivered."""
    return copy_of(pipeline.run, few)


@pytest.fixture
def strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts another strategy.yaml in force: that of the project with some texts exchanged."""

    def change(*pairs: tuple[str, str]) -> None:
        text = STRATEGY_FILE.read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "strategy.yaml").write_text(text)
        monkeypatch.setenv("OLIST_STRATEGY", str(tmp_path / "strategy.yaml"))

    return change


def settings(url: str, **more: str) -> HubSpotSettings:
    return HubSpotSettings(DEFAULT_TOKEN, url, **more)


def set_faults(url: str, **faults: object) -> None:
    assert httpx.put(f"{url}/sandbox/faults", json=faults).status_code == 200


def lists_in(url: str) -> dict[str, str]:
    """The id of each list by its title."""
    body = {"count": 500}
    found = httpx.post(f"{url}{LISTS}/search", json=body, headers=HEADERS).json()["lists"]
    return {each["name"]: each["listId"] for each in found}


def members_in(url: str) -> dict[str, list[str]]:
    """The customers in each list that has any, by its title."""
    names = {}
    for line in httpx.get(f"{url}/sandbox/contacts.ndjson").text.splitlines():
        number, person = re.search(r'"id": "(\d+)".*"olist_customer_id": "(\w+)"', line).groups()
        names[number] = person
    found: dict[str, list[str]] = {}
    for title, number in lists_in(url).items():
        after = "0"
        while after:
            page = httpx.get(
                f"{url}{LISTS}/{number}/memberships", params={"limit": 250, "after": after}, headers=HEADERS
            ).json()
            found.setdefault(title, []).extend(names[each["recordId"]] for each in page["results"])
            after = page.get("paging", {}).get("next", {}).get("after")
    return {title: sorted(people) for title, people in found.items() if people}


def requests(url: str, only: str = "") -> list[tuple[str, str, int]]:
    log = httpx.get(f"{url}/sandbox/requests").json()["requests"]
    return [(each["method"], each["status"], each["count"]) for each in log if only in each["path"]]


def count(url: str, only: str = "") -> int:
    return sum(number for _, _, number in requests(url, only))


def kept(connection: Connection) -> dict[str, str]:
    """The id of each list that the warehouse knows, by its name."""
    return dict(connection.execute("select name, list_id from ops.hubspot_lists").fetchall())


def message(connection: Connection, run_id: int) -> str | None:
    query = "select lists_message from ops.hubspot_syncs where run_id = %s"
    return connection.execute(query, (run_id,)).fetchone()[0]


def titles() -> list[str]:
    return [each.title for each in list_rules(read_strategy())]


def change_list(url: str, method: str, number: str, rest: str = "", **more: Any) -> None:
    answer = httpx.request(method, f"{url}{LISTS}/{number}{rest}", headers=HEADERS, **more)
    assert answer.is_success, answer.text


@pytest.mark.slow
def test_members_are_those_of_the_view_month_after_month(
    new_warehouse: Callable[[], str], few: Path, url: str
) -> None:
    with Connection.connect(new_warehouse(), autocommit=True) as connection:
        made: dict[str, str] = {}
        for month in (date(2018, 4, 1), date(2018, 6, 1), date(2018, 8, 1)):
            run_id = pipeline.run(connection, few, month)
            sync = pipeline.deliver(connection, run_id, url)
            assert sync["accepted"] > 0 and message(connection, run_id) is None
            assert members_in(url) == dict(connection.execute(MEMBERS).fetchall())
            made = made or lists_in(url)
            assert lists_in(url) == made and sorted(made) == sorted(titles())


def test_a_quiet_month_asks_twice(connection: Connection, run_id: int, url: str) -> None:
    sync = pipeline.deliver(connection, run_id, url)
    assert sync["lists"] == {"lists": len(titles()), "made": len(titles()), "changed": 0}
    before = count(url)
    assert keep_lists(connection, run_id, settings(url)) == sync["lists"] | {"made": 0}
    assert count(url) - before == 2


@pytest.mark.parametrize("version", API_VERSIONS)
def test_lists_are_dynamic_and_by_our_property(
    connection: Connection, run_id: int, url: str, version: str
) -> None:
    pipeline.deliver(connection, run_id, url, api_version=version)
    numbers = lists_in(url)
    assert next(iter(numbers)) == "Olist: Apology Email + Service Recovery"
    query = {"listIds": list(numbers.values()), "includeFilters": True}
    for each in httpx.get(f"{url}{LISTS}", params=query, headers=HEADERS).json()["lists"]:
        ((filters,),) = [inner["filters"] for inner in each["filterBranch"]["filterBranches"]]
        is_segment = each["name"].startswith("Olist segment: ")
        assert each["processingType"] == "DYNAMIC" and each["objectTypeId"] == "0-1"
        assert filters["property"] == ("rfm_segment" if is_segment else "next_action")
        assert filters["operation"]["values"] == [each["name"].partition(": ")[2]]
    assert members_in(url) == dict(connection.execute(MEMBERS).fetchall())


def test_a_renamed_rule_renames_its_list(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Callable[..., None]
) -> None:
    pipeline.deliver(connection, run_id, url)
    before = lists_in(url)
    # A rule, a segment and a default action.
    strategy(
        ("next_action: Free Shipping Nudge", "next_action: Free Delivery"),
        ("name: Champions", "name: Best Friends"),
        ("VIP Concierge Offer", "VIP Dinner"),
    )
    second = pipeline.run(connection, few)
    assert pipeline.deliver(connection, second, url)["lists"] == {"lists": 13, "made": 0, "changed": 3}
    renamed = {
        "Olist: Free Shipping Nudge": "Olist: Free Delivery",
        "Olist segment: Champions": "Olist segment: Best Friends",
        "Olist: VIP Concierge Offer": "Olist: VIP Dinner",
    }
    assert lists_in(url) == {renamed.get(title, title): number for title, number in before.items()}
    assert members_in(url) == dict(connection.execute(MEMBERS).fetchall())
    assert kept(connection)["Free Delivery"] == before["Olist: Free Shipping Nudge"]


def test_another_rule_is_another_list_and_the_old_one_stays(
    connection: Connection, run_id: int, few: Path, url: str, strategy: Callable[..., None]
) -> None:
    pipeline.deliver(connection, run_id, url)
    before = lists_in(url)
    other = (
        "Free Shipping Nudge\n    when: {loyalty_tier: Silver, monetary: ",
        "Hello\n    when: {monetary: ",
    )
    strategy(other)
    second = pipeline.run(connection, few)
    pipeline.deliver(connection, second, url)
    after = lists_in(url)
    assert set(after) == {*before, "Olist: Hello"} and after.items() >= before.items()
    assert "Olist: Free Shipping Nudge" not in members_in(url)
    # With the old rule, the old list has its people again.
    strategy()
    third = pipeline.run(connection, few)
    pipeline.deliver(connection, third, url)
    assert lists_in(url) == after
    assert members_in(url) == dict(connection.execute(MEMBERS).fetchall())


def rule(name: str, *rules: str, kind: str = "action") -> ListRule:
    return ListRule(kind, name, rules)


def known(name: str, *rules: str, kind: str = "action") -> KeptList:
    return KeptList(kind, name, rules, f"list of {name}", False)


@pytest.mark.parametrize(
    ("wanted", "lists", "found"),
    [
        # By name, whatever became of the conditions.
        ([rule("a", "2")], [known("a", "1")], {"a": "a"}),
        # By conditions, where the name is new.
        ([rule("b", "1")], [known("a", "1")], {"b": "a"}),
        ([rule("b", "1", "2")], [known("a", "1")], {}),
        ([rule("b", "2")], [known("a", "1")], {}),
        # A name that is still there has its list, so the new rule has none yet.
        ([rule("b", "1"), rule("a", "2")], [known("a", "1")], {"a": "a"}),
        ([rule("b", "1", kind="segment")], [known("a", "1")], {}),
        # Two lists of the same conditions: nobody can know which.
        ([rule("c", "1")], [known("a", "1"), known("b", "1")], {}),
        ([rule("c", "1"), rule("d", "1")], [known("a", "1")], {"c": "a"}),
        # Names change places.
        ([rule("a", "2"), rule("b", "1")], [known("a", "1"), known("b", "2")], {"a": "a", "b": "b"}),
    ],
)
def test_which_list_is_a_rules(wanted: list[ListRule], lists: list[KeptList], found: dict[str, str]) -> None:
    assigned = assign(wanted, lists)
    assert {each.name: to.list_id.removeprefix("list of ") for each, to in assigned.items()} == found


def test_what_a_person_has_changed_is_put_back(connection: Connection, run_id: int, url: str) -> None:
    pipeline.deliver(connection, run_id, url)
    before = lists_in(url)
    number = before["Olist: Free Shipping Nudge"]
    change_list(url, "PUT", number, "/update-list-name", params={"listName": "Mine"})
    shown = httpx.get(f"{url}{LISTS}/{number}?includeFilters=true", headers=HEADERS).json()["list"]
    shown["filterBranch"]["filterBranches"][0]["filters"][0]["operation"]["values"] = ["Else"]
    change_list(url, "PUT", number, "/update-list-filters", json={"filterBranch": shown["filterBranch"]})
    assert pipeline.deliver(connection, run_id, url)["lists"]["changed"] == 1
    assert lists_in(url) == before
    assert members_in(url) == dict(connection.execute(MEMBERS).fetchall())


def test_a_deleted_list_comes_back_only_if_asked(
    connection: Connection, run_id: int, url: str, strategy: Callable[..., None]
) -> None:
    pipeline.deliver(connection, run_id, url)
    before = lists_in(url)
    gone = [before[title] for title in ("Olist: Free Shipping Nudge", "Olist segment: At-Risk")]
    for number in gone:
        change_list(url, "DELETE", number)
    assert pipeline.deliver(connection, run_id, url)["status"] == "delivered"
    assert re.search(
        "deleted the segment 'Olist: Free Shipping Nudge'.*lists: true", message(connection, run_id)
    )
    # It is said once.
    pipeline.deliver(connection, run_id, url)
    assert len(lists_in(url)) == len(before) - 2 and message(connection, run_id) is None
    # One of them was deleted so long ago that HubSpot has forgotten it.
    assert httpx.delete(f"{url}/sandbox/lists/{gone[1]}").status_code == 204
    strategy(("\n  lists:\n", "\n  lists: true\n"))
    assert pipeline.deliver(connection, run_id, url)["lists"]["made"] == 2
    after = lists_in(url)
    assert after.keys() == before.keys() and after["Olist: Free Shipping Nudge"] == gone[0]
    assert after["Olist segment: At-Risk"] not in before.values()
    assert members_in(url) == dict(connection.execute(MEMBERS).fetchall())
    assert sorted(kept(connection).values()) == sorted(after.values())


def test_a_person_may_restore_a_list(connection: Connection, run_id: int, url: str) -> None:
    pipeline.deliver(connection, run_id, url)
    number = lists_in(url)["Olist: Free Shipping Nudge"]
    change_list(url, "DELETE", number)
    pipeline.deliver(connection, run_id, url)
    change_list(url, "PUT", number, "/restore")
    pipeline.deliver(connection, run_id, url)
    gone = connection.execute("select count(*) from ops.hubspot_lists where is_gone").fetchone()
    assert gone == (0,)


def test_no_lists(connection: Connection, run_id: int, url: str, strategy: Callable[..., None]) -> None:
    strategy(("\n  lists:\n", "\n  lists: false\n"))
    assert pipeline.deliver(connection, run_id, url)["lists"] == {}
    assert count(url, "/lists") == 0 and lists_in(url) == {}


def test_a_new_warehouse_finds_the_lists_by_name(connection: Connection, run_id: int, url: str) -> None:
    pipeline.deliver(connection, run_id, url)
    before, known = lists_in(url), kept(connection)
    connection.execute("delete from ops.hubspot_lists")
    assert pipeline.deliver(connection, run_id, url)["lists"] == {"lists": 13, "made": 0, "changed": 0}
    assert lists_in(url) == before and kept(connection) == known


@pytest.mark.parametrize("kind", ["MANUAL", "DYNAMIC"])
def test_a_list_of_somebody_else_is_not_touched(
    connection: Connection, run_id: int, url: str, kind: str
) -> None:
    inner = {
        "filterBranchType": "AND",
        "filters": [
            {
                "filterType": "PROPERTY",
                "property": "email",
                "operation": {"operationType": "ALL_PROPERTY", "operator": "IS_KNOWN"},
            }
        ],
    }
    body = {
        "name": "olist: free shipping nudge",
        "objectTypeId": "0-1",
        "processingType": kind,
        "filterBranch": {"filterBranchType": "OR", "filterBranches": [inner]},
    }
    assert httpx.post(f"{url}{LISTS}", json=body, headers=HEADERS).status_code == 200
    pipeline.deliver(connection, run_id, url)
    assert len(lists_in(url)) == 13 and "Free Shipping Nudge" not in kept(connection)
    assert "a segment 'Olist: Free Shipping Nudge' that is not ours" in message(connection, run_id)


def test_a_prefix_goes_into_the_filters(
    connection: Connection, run_id: int, url: str, strategy: Callable[..., None]
) -> None:
    pipeline.deliver(connection, run_id, url)
    before = lists_in(url)
    strategy(('property_prefix: ""', "property_prefix: olist_"))
    assert pipeline.deliver(connection, run_id, url)["lists"] == {"lists": 13, "made": 0, "changed": 13}
    assert lists_in(url) == before
    assert members_in(url).keys() == dict(connection.execute(MEMBERS).fetchall()).keys()
    # Also found by name alone, they are ours under the prefix of before.
    connection.execute("delete from ops.hubspot_lists")
    strategy()
    assert pipeline.deliver(connection, run_id, url)["lists"] == {"lists": 13, "made": 0, "changed": 13}


def test_a_property_without_room_has_no_lists(connection: Connection, run_id: int, url: str) -> None:
    # The id, the tier, the next action and its reason.
    set_faults(url, property_limit=4)
    pipeline.deliver(connection, run_id, url)
    assert sorted(lists_in(url)) == sorted(each for each in titles() if "segment:" not in each)


def check(rule_name: str, url: str, said: str | None, before: int) -> None:
    """Holds a row of docs/hubspot.md: the sentence, the requests about lists, those that write contacts."""
    text = (PROJECT / "docs" / "hubspot.md").read_text(encoding="utf-8")
    rows = {name: rest for name, *rest in TABLE.findall(text)}
    sentence, total, writes = rows[rule_name]
    pattern = ".*".join(map(re.escape, sentence.replace("`", "").split("…")))
    assert re.search(pattern, said or ""), f"{said}\nis not\n{sentence}"
    assert (count(url) - before, int(writes)) == (int(total), 0)


@pytest.mark.parametrize("scope", ["crm.lists.read", "crm.lists.write"])
def test_a_missing_scope_leaves_the_delivery_alone(
    connection: Connection, run_id: int, url: str, scope: str
) -> None:
    set_faults(url, missing_scopes=[scope], is_service_key=True)
    sync = pipeline.deliver(connection, run_id, url)
    assert sync["status"] == "delivered" and sync["lists"]["lists"] == 0
    assert f"lacks {scope}" in message(connection, run_id)
    before = count(url)
    finish(connection, run_id, settings(url))
    if scope == "crm.lists.read":
        check("The scope for lists is missing", url, message(connection, run_id), before)
    set_faults(url)
    pipeline.deliver(connection, run_id, url)
    assert len(lists_in(url)) == 13 and message(connection, run_id) is None


def test_the_plan_allows_no_more_lists(connection: Connection, run_id: int, url: str) -> None:
    set_faults(url, list_limit=11)
    sync = pipeline.deliver(connection, run_id, url)
    assert sync["status"] == "delivered" and sync["lists"]["made"] == 11
    # The next actions come first.
    assert list(lists_in(url)) == titles()[:11]
    before = count(url)
    finish(connection, run_id, settings(url))
    check("No lists left", url, message(connection, run_id), before)
    set_faults(url)
    assert pipeline.deliver(connection, run_id, url)["lists"]["made"] == 2
    assert message(connection, run_id) is None


def test_a_list_whose_answer_got_lost_is_made_once(connection: Connection, run_id: int, url: str) -> None:
    pipeline.deliver(connection, run_id, url)
    made = lists_in(url)
    for number in made.values():
        change_list(url, "DELETE", number)
    connection.execute("delete from ops.hubspot_lists")
    # Some answers do not arrive, for all that was done.
    set_faults(url, **Faults(lost_answer_share=0.3, seed=4).model_dump())
    sync = keep_lists(connection, run_id, settings(url))
    set_faults(url)
    assert sync["lists"] == 13 and sorted(lists_in(url)) == sorted(titles())
    assert sorted(kept(connection).values()) == sorted(lists_in(url).values())


def test_a_kill_between_two_lists_makes_none_twice(
    connection: Connection, run_id: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, made = Lists.create, []

    def killed(self: Lists, each: ListRule) -> str:
        made.append(create(self, each))
        if len(made) == 5:
            raise KeyboardInterrupt
        return made[-1]

    monkeypatch.setattr(Lists, "create", killed)
    with pytest.raises(KeyboardInterrupt):
        pipeline.deliver(connection, run_id, url)
    monkeypatch.setattr(Lists, "create", create)
    assert finish(connection, run_id, settings(url))["lists"]["made"] == 8
    assert len(lists_in(url)) == 13


def test_hubspot_may_be_away(
    connection: Connection, run_id: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.deliver(connection, run_id, url)
    monkeypatch.setattr("olist.hubspot.client.MAX_ATTEMPTS", 2)
    set_faults(url, missing_apis=["lists"])
    assert finish(connection, run_id, settings(url))["status"] == "delivered"
    assert message(connection, run_id).startswith("HubSpot does not keep the segments (lists) of ours")
    set_faults(url, server_error_share=1)
    assert finish(connection, run_id, settings(url))["status"] == "delivered"
    assert "were not looked after. HubSpot at" in message(connection, run_id)
    with running_sandbox(SandboxSettings(portal_id=1)) as other:
        finish(connection, run_id, settings(other))
        assert "the access token is of account 1" in message(connection, run_id) and lists_in(other) == {}


def test_a_dry_run_and_an_older_month_have_nothing_to_do_with_lists(
    connection: Connection, run_id: int, few: Path, url: str
) -> None:
    assert "lists" not in pipeline.deliver(connection, run_id, url, mode="dry_run")
    assert lists_in(url) == {}
    pipeline.deliver(connection, run_id, url)
    change_list(url, "DELETE", lists_in(url)["Olist: Free Shipping Nudge"])
    older = pipeline.run(connection, few, date(2018, 5, 1))
    sync = pipeline.deliver(connection, older, url)
    assert sync["status"] == "superseded" and "lists" not in sync


def test_the_preflight_says_what_the_token_lacks(
    connection: Connection, few: Path, url: str, strategy: Callable[..., None]
) -> None:
    from olist.stages.upsert_hubspot import preflight

    def warnings() -> list[str]:
        found = preflight.examine(connection, HubSpot(settings(url)), read_strategy(), "upsert")
        return [each.sentence for each in found if each.weight == "warning"]

    assert warnings() == []
    set_faults(url, missing_scopes=["crm.lists.write"])
    (said,) = warnings()
    assert "lacks crm.lists.write, so no segments (lists) are kept" in said
    set_faults(url, missing_scopes=["crm.lists.read"], is_service_key=True)
    assert "lacks crm.lists.read" in warnings()[0]
    strategy(("\n  lists:\n", "\n  lists: false\n"))
    assert warnings() == []


def note_reach(connection: Connection, run_id: int) -> None:
    """What the task compute_actions notes for the report."""
    names = dict.fromkeys(each.name for each in list_rules(read_strategy()) if each.kind == "action")
    reach = [{"priority": 1, "next_action": name, "customers": 1} for name in names]
    values = {"run_id": run_id, "stage": "compute_actions", "part": "", "started_at": datetime.now(UTC)}
    metrics = {"metrics": json.dumps({"reach": reach})}
    connection.execute(read_sql("start_run/record_stage"), values | metrics)


def links_in(html: str) -> dict[str, str]:
    return {
        unescape(name): unescape(place) for place, name in re.findall(r'<a href="([^"]+)">([^<]+)</a>', html)
    }


def test_the_report_links_to_the_lists(connection: Connection, run_id: int, url: str) -> None:
    note_reach(connection, run_id)
    pipeline.deliver(connection, run_id, None)
    without = render_report(connection, run_id)
    assert "<a " not in without and "Segments (lists)" not in without
    pipeline.deliver(connection, run_id, url)
    links = links_in(render_report(connection, run_id))
    assert sorted(links) == sorted(each.name for each in list_rules(read_strategy()))
    for name, place in links.items():
        shown = httpx.get(place)
        assert shown.status_code == 200 and f": {escape(name)}</dt>" in shown.text
    # No link leads to a list that a person has deleted.
    set_faults(url, list_limit=0)
    change_list(url, "DELETE", lists_in(url)["Olist: Free Shipping Nudge"])
    connection.execute("delete from ops.hubspot_lists where kind = 'segment'")
    for number in [each for title, each in lists_in(url).items() if "segment:" in title]:
        change_list(url, "DELETE", number)
    pipeline.deliver(connection, run_id, url)
    html = render_report(connection, run_id)
    assert "Free Shipping Nudge" not in links_in(html) and len(links_in(html)) == 6
    # What could not be done is in the report, and in the summary of make run.
    said = io.StringIO()
    print_summary(read_summary(connection, run_id), Console(file=said, width=400))
    for text in (unescape(html), said.getvalue()):
        assert "HubSpot's plan has no room for the segments (lists)" in text


def test_names_are_no_code_in_the_report(
    connection: Connection, few: Path, url: str, strategy: Callable[..., None]
) -> None:
    strategy(("Free Shipping Nudge", "<b>Free & 'easy'</b>"))
    run_id = pipeline.run(connection, few)
    note_reach(connection, run_id)
    pipeline.deliver(connection, run_id, url)
    html = render_report(connection, run_id)
    assert "<b>Free" not in html and "<b>Free & 'easy'</b>" in links_in(html)
