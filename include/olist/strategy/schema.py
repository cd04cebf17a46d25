"""The JSON schema by which editors check and explain strategy.yaml: `make schema` writes it.

Stricter than the model where a value has no sense, and unable to say what depends on other parts of the file
(a tier without a default action, say): `make preview` and a run check that.
"""

import json
from collections.abc import Iterable
from typing import Any

from olist.strategy.campaigns import PLACEHOLDERS
from olist.strategy.lint import POSSIBLE
from olist.strategy.reading import STRATEGY_FILE
from olist.strategy.rules import ACTION_FIELDS, COMPARISON, REASON_FIELDS, SEGMENT_FIELDS, Strategy

SCHEMA_FILE = STRATEGY_FILE.with_name("strategy.schema.json")

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
    for name, fields in (("Segment", SEGMENT_FIELDS), ("ActionRule", ACTION_FIELDS)):
        when = parts[name]["properties"]["when"]
        when.pop("additionalProperties")
        when.pop("propertyNames", None)
        when |= {
            "properties": {field: _condition(field, kind) for field, kind in fields.items()},
            "additionalProperties": False,
        }
    for name in ("Action", "ActionRule"):
        parts[name]["properties"]["because"]["pattern"] = _with_values(REASON_FIELDS)
    for text in parts["Texts"]["properties"].values():
        text["pattern"] = _with_values(PLACEHOLDERS)
    for name in ("tiers", "segments"):
        schema["properties"][name]["uniqueItems"] = True
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """The file's content."""
    return json.dumps(strategy_schema(), indent=2, ensure_ascii=False) + "\n"


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
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
