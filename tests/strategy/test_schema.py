"""The schemas by which an editor checks strategy.yaml and campaigns.yaml while somebody types."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from olist.strategy.reading import CAMPAIGNS_FILE, STRATEGY_FILE
from olist.strategy.rules import Strategy
from olist.strategy.schema import CAMPAIGNS_SCHEMA, STRATEGY_SCHEMA, schema_texts

FILES = {STRATEGY_FILE: STRATEGY_SCHEMA, CAMPAIGNS_FILE: CAMPAIGNS_SCHEMA}


def mistakes(old: str, new: str, file: Path = STRATEGY_FILE) -> list[str]:
    text = file.read_text(encoding="utf-8")
    assert old in text
    document = yaml.safe_load(text.replace(old, new, 1))
    schema = json.loads(FILES[file].read_text(encoding="utf-8"))
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(document)]


def test_the_committed_schemas_are_those_of_the_models() -> None:
    texts = schema_texts()
    assert list(texts) == list(FILES.values())
    for path, text in texts.items():
        assert path.read_text(encoding="utf-8") == text, "`make schema` writes it anew"
        Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_names_its_schema_and_is_valid(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={FILES[file].name}"
    assert mistakes("#", "#", file) == []


def test_every_field_is_explained() -> None:
    def fields(part: Any) -> Iterator[tuple[str, dict]]:
        if isinstance(part, dict):
            yield from part.get("properties", {}).items()
            for each in part.values():
                yield from fields(each)

    found = [each for text in schema_texts().values() for each in fields(json.loads(text))]
    assert len(found) > 35
    assert [name for name, field in found if not field.get("description")] == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("{r_score: 5, frequency: 1}", "{r_scor: 5, frequency: 1}", "$.segments[2].when"),
        ("{r_score: 5, frequency: 1}", "{loyalty_tier: Gold}", "$.segments[2].when"),
        ("{r_score: 5, frequency: 1}", "{r_score: 6, frequency: 1}", "$.segments[2].when.r_score"),
        ("{r_score: 5, frequency: 1}", "{r_score: [], frequency: 1}", "$.segments[2].when.r_score"),
        ("{r_score: 5, frequency: 1}", '{r_score: ["> 4"], frequency: 1}', "$.segments[2].when.r_score"),
        ("{r_score: 5, frequency: 1}", "{r_score: yes, frequency: 1}", "$.segments[2].when.r_score"),
        ('"<= 2"}', '"2 or less"}', "$.actions[0].when.avg_review_score"),
        ('"<= 2"}', '"=< 2"}', "$.actions[0].when.avg_review_score"),
        ('{avg_review_score: "<= 2"}', "{r_score: 1}", "$.actions[0].when"),
        ('{avg_review_score: "<= 2"}', "{}", "$.actions[0].when"),
        ("loyalty_tier: Platinum, fav", "loyalty_tier: 1, fav", "$.actions[1].when.loyalty_tier"),
        ("R$ {monetary}.", "R$ {recency_days}.", "$.default_actions.Platinum.because"),
        ("R$ {monetary}.", "R$ {monetary.", "$.default_actions.Platinum.because"),
        ("    next_action: VIP Concierge Offer", "    action: VIP", "$.default_actions.Platinum"),
        ("excluded_statuses:", "excluded_status:", "$"),
        ("[Platinum, Gold, Silver]", "[Platinum, Gold, Gold]", "$.tiers"),
        ("[Platinum, Gold, Silver]", "[Platinum]", "$.tiers"),
        ("keep_months:", "keep_months: 0", "$.keep_months"),
        ("vintage_months: 1", "vintage_months: 5", "$.model.vintage_months"),
        ("sample: 100000", "sample: 500", "$.model.sample"),
        ("  when: {}", "  when: {r_score: 5}", "$.deliver.when"),
        ("  when: {}", "  when: {frequency: yes}", "$.deliver.when.frequency"),
        ("  at_most:", "  at_most: 0", "$.deliver.at_most"),
        ("max_created_contacts:", "max_created_contacts: 0.5", "$.limits.max_created_contacts"),
        ("max_rows_lost: 0.1", "max_rows_lost: 10", "$.limits.max_rows_lost"),
        ("max_rows_lost: 0.1", "max_rows_gone: 0.1", "$.limits"),
    ],
)
def test_a_mistake_is_refused_in_its_place(old: str, new: str, place: str) -> None:
    assert place in mistakes(old, new)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("{customers} best", "{people} best", "$.Champions.recommendation.en"),
        ("pt-BR: ", "pt_BR: ", "$.Champions.recommendation"),
        ("  offer:", "  offers:", "$.Champions"),
        ('en: "R$ 20 for you and R$ 20 for your friend"', "en: 20", "$['Loyal Customers'].offer.en"),
    ],
)
def test_a_mistake_in_a_campaign_is_refused_in_its_place(old: str, new: str, place: str) -> None:
    assert place in mistakes(old, new, CAMPAIGNS_FILE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{r_score: 5, frequency: 1}", "{r_score: [4, 5], frequency: '=1', monetary: 99.90}"),
        ('"<= 2"}', '">2.5", customer_state: [SP, RJ], favorite_category: [Tech, baby]}'),
        ("R$ {monetary}.", "{{R$}} {monetary:.2f} {loyalty_tier!s}."),
        ("keep_months:", "keep_months: 24"),
        ("  when: {}", '  when: {loyalty_tier: [Platinum, Gold], frequency: ">= 2"}'),
        ("  at_most:", "  at_most: 10"),
    ],
)
def test_what_the_model_takes_is_not_refused(old: str, new: str) -> None:
    assert mistakes(old, new) == []
    Strategy.model_validate(yaml.safe_load(STRATEGY_FILE.read_text().replace(old, new, 1)))
