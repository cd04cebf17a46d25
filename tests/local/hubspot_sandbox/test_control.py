"""What the sandbox tells of what it was sent, and how it is emptied."""

import json
import threading

from support.sandbox_api import Api, gold


def test_deliveries_show_what_was_sent_again_without_need(api: Api) -> None:
    api.upsert(gold("a", "b"))
    api.upsert({"a": {"loyalty_tier": "Silver"}})
    api.upsert(gold("a"))
    totals = api.deliveries()
    assert totals["repeated"] == 0, "back to an older payload is news"
    assert (totals["contacts"], totals["payloads"], totals["accepted"]) == (2, 3, 4)
    api.upsert(gold("b"))
    totals = api.deliveries()
    assert totals["repeated"] == 1
    assert totals["deliveries"][0]["contact"] == "b"
    assert totals["deliveries"][0]["count"] == 2
    assert api.deliveries(contact="a")["repeated"] == 0


def test_requests_are_counted_by_path_and_status(api: Api) -> None:
    api.upsert(gold("a"))
    api.read("a")
    api.read("nobody")
    counts = {(row["method"], row["path"], row["status"]): row["count"] for row in api.requests()["requests"]}
    assert counts["POST", f"{api.contacts}/batch/upsert", "200"] == 1
    assert counts["GET", f"{api.contacts}/{{contactId}}", "200"] == 1
    assert counts["GET", f"{api.contacts}/{{contactId}}", "404"] == 1
    assert not [path for _, path, _ in counts if path.startswith("/sandbox")]


def test_all_contacts_can_be_compared(api: Api) -> None:
    for start in range(0, 300, 100):
        api.upsert(gold(*(f"{number:03}" for number in range(start, start + 100))))
    rows = [json.loads(line) for line in api.client.get("/sandbox/contacts.ndjson").text.splitlines()]
    assert [row["properties"]["olist_customer_id"] for row in rows] == [
        f"{number:03}" for number in range(300)
    ]
    assert {row["properties"]["loyalty_tier"] for row in rows} == {"Gold"}


def test_reset_empties_everything(api: Api) -> None:
    api.upsert(gold("a"))
    api.client.delete("/sandbox")
    assert api.client.get("/sandbox/contacts.ndjson").text == ""
    assert api.deliveries()["accepted"] == 0
    assert api.requests()["total"] == 0
    assert api.client.get(f"{api.properties}/olist_customer_id").status_code == 404
    assert api.upsert(gold("a")).status_code == 400


def test_batches_from_several_threads(api: Api) -> None:
    failures: list[int] = []

    def send(worker: int) -> None:
        for _ in range(5):
            status = api.upsert(gold(*(f"{worker}-{number}" for number in range(50)), "shared")).status_code
            if status != 200:
                failures.append(status)

    threads = [threading.Thread(target=send, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(api.client.get("/sandbox/contacts.ndjson").text.splitlines()) == 4 * 50 + 1
