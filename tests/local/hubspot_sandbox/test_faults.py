"""Faults on demand: refusals, lost answers, latency, and what becomes of the contacts."""

import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from support.sandbox_api import TOKEN, Api, batch, connected, gold, people

from olist.local.hubspot_sandbox.faults import Faults


def test_faults_are_set_read_and_reset(api: Api) -> None:
    assert api.client.get("/sandbox/faults").json() == Faults().model_dump()
    api.faults(locked_share=0.5, seed=3)
    assert api.client.get("/sandbox/faults").json() == Faults(locked_share=0.5, seed=3).model_dump()
    for wrong in ({"no_such_switch": 1}, {"locked_share": 1.5}, {"script": ["explode"]}):
        assert api.client.put("/sandbox/faults", json=wrong).status_code == 400
    api.client.delete("/sandbox")
    assert api.client.get("/sandbox/faults").json() == Faults().model_dump()
    with pytest.raises(ValidationError):
        Faults(latency_ms=-1)


def test_faults_can_come_with_the_settings(limited: Callable[..., Any]) -> None:
    with limited(faults=Faults(locked_share=1)) as api:
        assert api.client.get(api.contacts).status_code == 423


@pytest.mark.parametrize(
    ("switch", "status", "policy"),
    [
        ({"too_many_requests_share": 1}, 429, "TEN_SECONDLY_ROLLING"),
        ({"daily_limit_reached": True}, 429, "DAILY"),
        ({"locked_share": 1}, 423, None),
    ],
)
def test_refusals_on_demand(api: Api, switch: dict[str, Any], status: int, policy: str | None) -> None:
    api.faults(**switch)
    refused = api.upsert(gold("a"))
    assert refused.status_code == status
    assert refused.json().get("policyName") == policy
    if policy == "DAILY":
        assert refused.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    api.faults()
    assert api.read("a").status_code == 404
    assert api.requests()["rate_limited"] == ({policy: 1} if policy else {})


def test_server_errors_come_in_several_kinds(api: Api) -> None:
    api.faults(server_error_share=1)
    answers = [api.upsert(gold("a")) for _ in range(40)]
    assert {answer.status_code for answer in answers} == {500, 502, 503, 504}
    kinds = {answer.status_code: answer.headers["content-type"].split(";")[0] for answer in answers}
    assert kinds[502] == kinds[504] == "text/html"
    assert kinds[500] == kinds[503] == "application/json"


def test_a_share_is_a_share_and_its_seed_repeats_it(api: Api) -> None:
    def statuses(seed: int) -> list[int]:
        api.faults(locked_share=0.3, seed=seed)
        return [api.client.get(api.contacts).status_code for _ in range(100)]

    first = statuses(1)
    assert 15 <= first.count(423) <= 45
    assert statuses(1) == first
    assert statuses(2) != first


def test_a_reset_connection_does_nothing(api: Api) -> None:
    api.faults(connection_reset_share=1)
    with pytest.raises(httpx.ReadError):
        api.upsert(gold("a"))
    api.faults()
    assert api.read("a").status_code == 404
    assert api.requests()["by_status"]["connection_reset"] == 1
    assert api.deliveries()["accepted"] == 0


def test_a_lost_answer_has_done_its_work(api: Api) -> None:
    api.faults(lost_answer_share=1)
    with pytest.raises(httpx.ReadError):
        api.upsert(gold("a"))
    api.faults()
    assert api.read("a").status_code == 200
    (delivery,) = api.deliveries()["deliveries"]
    assert (delivery["count"], delivery["acknowledged"]) == (1, 0)
    api.upsert(gold("a"))
    (delivery,) = api.deliveries()["deliveries"]
    assert (delivery["count"], delivery["acknowledged"], delivery["repeated"]) == (2, 1, 0)


def test_a_reset_is_a_reset_on_the_wire(api: Api, url: str) -> None:
    api.faults(connection_reset_share=1)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(
            f"GET {api.contacts} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        with pytest.raises(ConnectionResetError):
            raw.recv(1)


def test_latency_and_slow_requests(api: Api) -> None:
    api.faults(latency_ms=60)
    started = time.perf_counter()
    api.upsert(gold("a"))
    assert time.perf_counter() - started >= 0.06
    api.faults(slow_share=1, slow_ms=120)
    with pytest.raises(httpx.ReadTimeout):
        api.client.get(api.contacts, timeout=0.05)
    assert api.client.get(api.contacts).status_code == 200


def test_a_slow_body_drips(api: Api, url: str) -> None:
    api.upsert(gold(*people(20)))
    api.faults(slow_body_share=1, slow_body_ms=300)
    arrivals = []
    with connected(url) as unchecked, unchecked.stream("GET", api.contacts) as response:
        for _ in response.iter_raw(chunk_size=None):
            arrivals.append(time.perf_counter())
    assert arrivals[-1] - arrivals[0] >= 0.1
    assert len(arrivals) >= 3


def test_a_client_that_hung_up_was_not_told(api: Api, url: str) -> None:
    api.faults(slow_share=1, slow_ms=150)
    with pytest.raises(httpx.ReadTimeout), connected(url) as impatient:
        impatient.post(f"{api.contacts}/batch/upsert", json=batch(gold("a")), timeout=0.05)
    deadline = time.monotonic() + 5
    while "client_gone" not in api.requests()["by_status"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert api.requests()["by_status"]["client_gone"] == 1
    (delivery,) = api.deliveries()["deliveries"]
    assert (delivery["count"], delivery["acknowledged"]) == (1, 0)


def test_empty_results_store_nothing(api: Api) -> None:
    api.faults(empty_results_share=1)
    for answer in (api.upsert(gold("a", "b")), api.update(gold("a"))):
        assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETE")
        assert answer.json()["results"] == []
    api.faults()
    assert api.read("a").status_code == 404
    assert api.deliveries()["accepted"] == 0


def test_rejected_people_are_always_the_same(api: Api) -> None:
    faults = Faults(rejected_people_share=0.2)
    rejected = {person for person in people(100) if faults.rejects(person)}
    assert 10 <= len(rejected) <= 30
    api.faults(rejected_people_share=0.2)
    for _ in range(2):
        answer = api.upsert(gold(*people(100)), objectWriteTraceId="trace")
        assert answer.status_code == 207
        body = answer.json()
        named = {person for error in body["errors"] for person in error["context"]["ids"]}
        assert named == rejected
        assert body["numErrors"] == len(rejected)
        assert {error["category"] for error in body["errors"]} == {"VALIDATION_ERROR"}
        assert {error["context"]["objectWriteTraceId"][0] for error in body["errors"]} == {"trace"}
        assert len(body["results"]) == 100 - len(rejected)
        assert {entry["objectWriteTraceId"] for entry in body["results"]} == {"trace"}
    assert api.deliveries()["contacts"] == 100 - len(rejected)


def test_one_conflicting_person_spoils_the_batch(api: Api) -> None:
    faults = Faults(conflict_people_share=0.03)
    conflicting = {person for person in people(200) if faults.conflicts(person)}
    assert 1 <= len(conflicting) <= 15
    api.faults(conflict_people_share=0.03)
    good = [person for person in people(200) if person not in conflicting]
    refused = api.upsert(gold(*good[:99], min(conflicting)))
    assert (refused.status_code, refused.json()["category"]) == (409, "CONFLICT")
    assert min(conflicting) not in refused.json()["message"]
    assert api.deliveries()["accepted"] == 0
    assert api.upsert(gold(*good[:100])).status_code == 200


def test_a_script_says_what_happens_next(api: Api) -> None:
    script = ["ok", "locked", "too_many_requests", "empty_results", "daily_limit", "server_error"]
    api.faults(
        script=[*script, "connection_reset", "lost_answer", "slow", "slow_body"], slow_ms=50, slow_body_ms=50
    )
    assert api.client.get(api.contacts).status_code == 200, "only batch writes follow the script"
    statuses = [api.upsert(gold("a")).status_code for _ in script]
    assert statuses[:5] == [200, 423, 429, 200, 429]
    assert statuses[5] >= 500
    for _ in range(2):
        with pytest.raises(httpx.ReadError):
            api.upsert(gold("a"))
    for _ in range(2):
        started = time.perf_counter()
        assert api.upsert(gold("a")).status_code == 200
        assert time.perf_counter() - started >= 0.04
    assert api.upsert(gold("a")).status_code == 200
