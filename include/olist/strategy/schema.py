"""The JSON schemas by which editors check and explain strategy.yaml and campaigns.yaml.

`make schema` writes them. They are stricter than the models where a value has no sense, and unable to say
what depends on other parts of the file, or on the other file (a tier without a default action, say): `make
preview` and a run check that.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from olist.strategy.campaigns import PLACEHOLDERS
from olist.strategy.lint import POSSIBLE
from olist.strategy.reading import CAMPAIGNS, CAMPAIGNS_FILE, STRATEGY_FILE
from olist.strategy.rules import ACTION_FIELDS, COMPARISON, REASON_FIELDS, SEGMENT_FIELDS, Strategy

STRATEGY_SCHEMA = STRATEGY_FILE.with_suffix(".schema.json")
CAMPAIGNS_SCHEMA = CAMPAIGNS_FILE.with_suffix(".schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"

ABOUT = {
    "r_score": "Recency in fifths of the customers, 1 to 5: 5 has bought most recently.",
    "f_score": "Frequency in fifths of the customers, 1 to 5: 5 has bought most often.",
    "m_score": "Money spent in fifths of the customers, 1 to 5: 5 has spent most.",
    "recency_days": "Whole days since the last purchase.",
    "frequency": "Number of orders, at least 1.",
    "monetary": "Price and freight of everything bought, in BRL.",
    "loyalty_tier": "One of the tiers.",
    "segment_name": "One of the segments.",
    "favorite_category": "The category bought most, or one of the category_groups.",
    "customer_state": "The two letters of the state, such as SP.",
    "avg_review_score": "Mean of the customer's reviews, 1 to 5. Without a review no condition on it holds.",
}


def strategy_schema() -> dict[str, Any]:
    """The schema of strategy.yaml, by JSON Schema 2020-12."""
    schema = Strategy.model_json_schema()
    parts = schema["$defs"]
    for name, fields in (
        ("Segment", SEGMENT_FIELDS),
        ("ActionRule", ACTION_FIELDS),
        ("Deliver", ACTION_FIELDS),
    ):
        when = parts[name]["properties"]["when"]
        when.pop("additionalProperties")
        when.pop("propertyNames", None)
        when |= {
            "properties": {field: _condition(field, kind) for field, kind in fields.items()},
            "additionalProperties": False,
        }
    for name in ("Action", "ActionRule"):
        parts[name]["properties"]["because"]["pattern"] = _with_values(REASON_FIELDS)
    for name in ("tiers", "segments"):
        schema["properties"][name]["uniqueItems"] = True
    return {"$schema": DIALECT, **schema}


def campaigns_schema() -> dict[str, Any]:
    """The schema of campaigns.yaml, by JSON Schema 2020-12."""
    schema = CAMPAIGNS.json_schema()
    for text in schema["$defs"]["Texts"]["properties"].values():
        text["pattern"] = _with_values(PLACEHOLDERS)
    about = "What to tell the customers of each segment, by its name."
    return {"$schema": DIALECT, "title": "Campaigns", "description": about, **schema}


def schema_texts() -> dict[Path, str]:
    """The content of each file of a schema."""
    schemas = {STRATEGY_SCHEMA: strategy_schema(), CAMPAIGNS_SCHEMA: campaigns_schema()}
    return {path: json.dumps(each, indent=2, ensure_ascii=False) + "\n" for path, each in schemas.items()}


def _with_values(names: Iterable[str]) -> str:
    """What Formatter takes, in one expression: braces around one of the names, or doubled braces."""
    return rf"^([^{{}}]|\{{\{{|\}}\}}|\{{({'|'.join(names)})([!:][^{{}}]*)?\}})*$"


def _condition(field: str, kind: str) -> dict[str, Any]:
    if kind == "text":
        value: dict[str, Any] = {"type": "string"}
        single = [value]
    else:
        value = {"type": "number"}
        least, greatest, _ = POSSIBLE[field]
        value["minimum"] = least
        if greatest is not None:
            value["maximum"] = greatest
        single = [value, {"type": "string", "pattern": COMPARISON.pattern}]
    several = {"type": "array", "items": value, "minItems": 1}
    return {"description": ABOUT[field], "anyOf": [*single, several]}


if __name__ == "__main__":
    for path, text in schema_texts().items():
        path.write_text(text, encoding="utf-8")
