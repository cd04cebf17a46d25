"""The sandbox's own page."""

import re

from support.sandbox_api import Api, gold, people


def test_the_page_shows_pages_and_finds_contacts(api: Api) -> None:
    api.upsert(gold(*people(60)))
    api.upsert({"<script>alert(1)</script>": {"next_action": "<b>&", "loyalty_tier": "Silver"}})
    first = api.client.get("/").text
    assert "<dt>Contacts</dt><dd>61</dd>" in first
    assert "<dt>Gold</dt><dd>60</dd>" in first
    assert "person-0<" in first
    assert "person-55" not in first
    assert "color-scheme: light dark" in first
    assert not re.search(r'(src|href)="https?:', first)
    second = api.client.get(re.search(r'href="(/\?after=\d+)"', first).group(1)).text
    assert "person-55" in second
    assert "<script" not in second
    assert "&lt;script&gt;" in second
    assert "&lt;b&gt;&amp;" in second
    found = api.client.get("/", params={"q": "person-7"}).text
    assert "person-7<" in found
    assert "person-8<" not in found
    options = [{"label": "<Ouro>", "value": "Gold", "hidden": False, "displayOrder": 0}]
    assert api.client.patch(f"{api.properties}/loyalty_tier", json={"options": options}).status_code == 200
    labelled = api.client.get("/").text
    assert "<dt>&lt;Ouro&gt;</dt><dd>60</dd>" in labelled and "<td>&lt;Ouro&gt;</td>" in labelled
    assert "<dt>Silver</dt><dd>1</dd>" in labelled
    assert "No contacts." in api.client.get("/", params={"q": '"><script>'}).text
