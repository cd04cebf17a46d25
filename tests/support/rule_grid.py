"""Random rules, and every customer they can tell apart: what olist.strategy.lint is compared with."""

import random

from psycopg import Connection

from olist.strategy.rules import Strategy
from olist.strategy.sql import rule_expression, segment_expression, to_sql

# The values at which rules may differ, and what lies between and beyond.
GRID = {
    "r_score": range(1, 6),
    "f_score": range(1, 6),
    "frequency": range(1, 5),
    "monetary": ["0", "0.5", "1", "1.5", "2", "3"],
    "loyalty_tier": ["Gold", "Silver"],
    "favorite_category": ["audio", "pc_gamer", "baby", "toys"],
    "customer_state": ["SP", "RJ", None],
    "avg_review_score": ["1", "1.5", "2", "3", "4", "5", None],
}
CUTS = {"frequency": [1, 2, 3], "monetary": [1, 2], "avg_review_score": [2, 4]}
CHOICES = {
    "loyalty_tier": ["Gold", "Silver"],
    "favorite_category": ["Tech", "audio", "baby"],
    "customer_state": ["SP", "RJ"],
    "segment_name": ["One", "Two", "Three"],
}


def _random_when(dice: random.Random, fields: list[str]) -> dict:
    when: dict[str, object] = {}
    for field in dice.sample(fields, dice.choice([1, 2, 2, 3])):
        if field in CHOICES:
            when[field] = dice.sample(CHOICES[field], dice.choice([1, 2]))
        else:
            cut = dice.choice(CUTS.get(field, [1, 2, 3, 4, 5]))
            when[field] = dice.choice([f"{dice.choice(['<', '<=', '>', '>='])} {cut}", cut, [cut, 1]])
    return when


def random_strategy(seed: int) -> dict:
    """Three segments, nine rules and two tiers, as YAML would have them. A seed gives the same ones again."""
    dice = random.Random(seed)
    numbers = ["r_score", "f_score", "frequency", "monetary"]
    segments = [{"name": name, "when": _random_when(dice, numbers)} for name in ("One", "Two")]
    fields = ["frequency", "monetary", "avg_review_score", *CHOICES]
    return {
        "excluded_statuses": [],
        "tiers": ["Gold", "Silver"],
        "category_groups": {"Tech": ["audio", "pc_gamer"]},
        "segments": [*segments, {"name": "Three"}],
        "actions": [
            {"next_action": str(number), "because": "b", "when": _random_when(dice, fields)}
            for number in range(9)
        ],
        "default_actions": {tier: {"next_action": tier, "because": "b"} for tier in ("Gold", "Silver")},
    }


def make_grid(database: Connection) -> None:
    """The temporary table `grid` with every combination."""
    kinds = {"monetary": "numeric", "avg_review_score": "numeric"}
    parts = [
        f"unnest(array[{', '.join('null' if each is None else repr(each) for each in values)}]::"
        f"{kinds.get(field) or ('text' if field in CHOICES else 'integer')}[]) as _{field} ({field})"
        for field, values in GRID.items()
    ]
    database.execute(f"create temporary table grid as select * from {' cross join '.join(parts)}")


def reached(database: Connection, document: dict) -> tuple[set[str], set[int]]:
    """The segments and the rules that the strategy's own expressions give to somebody of the grid."""
    strategy = Strategy.model_validate(document)
    segment, rule = to_sql(segment_expression(strategy)), to_sql(rule_expression(strategy))
    pairs = database.execute(
        f"with customers as (select *, {segment} as segment_name from grid offset 0)"
        f" select distinct segment_name, {rule} from customers"
    ).fetchall()
    return {segment for segment, _ in pairs}, {rule for _, rule in pairs}
