"""Compiles the rules of strategy.yaml into SQL functions, so that they run where the customers are."""

import operator
from decimal import Decimal
from string import Formatter
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, and_, case, cast, column, func, literal, or_, types
from sqlalchemy.dialects import postgresql

from olist.strategy.limits import GATES, Limits
from olist.strategy.rules import (
    ACTION_FIELDS,
    COMPARISON,
    REASON_FIELDS,
    SEGMENT_FIELDS,
    Action,
    Condition,
    Strategy,
    Value,
)

Expression = ColumnElement[Any]

OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
SQL_TYPES: dict[str, types.TypeEngine[Any]] = {
    "text": types.Text(),
    "integer": types.Integer(),
    "numeric": types.Numeric(),
}
# Named parameters keep a "%" in a name as it is; the other styles double it.
DIALECT = postgresql.dialect(paramstyle="named")


def functions(strategy: Strategy) -> str:
    """SQL that installs a strategy: the functions that the procedures of the pipeline call.

    `ops.action_rule` numbers the rules from 1, and the defaults of the tiers go on from there.
    """
    default_priority = len(strategy.actions) + 1
    return "\n".join(
        [
            _function("excluded_statuses", {}, "text[]", _text_array(strategy.excluded_statuses)),
            _function("loyalty_tiers", {}, "text[]", _text_array(strategy.tiers)),
            _function("segment_names", {}, "text[]", _text_array([each.name for each in strategy.segments])),
            _function("keep_months", {}, "integer", _integer(strategy.keep_months)),
            _function("keep_deliveries_months", {}, "integer", _integer(strategy.keep_deliveries_months)),
            _function("keep_rejects_months", {}, "integer", _integer(strategy.keep_rejects_months)),
            _function(
                "keep_campaign_lists_months", {}, "integer", _integer(strategy.keep_campaign_lists_months)
            ),
            _function("keep_edited", {}, "text[]", _text_array(strategy.hubspot.keep_edited)),
            _function("limit_of", {"gate": "text"}, "numeric", _limits(strategy.limits)),
            _function("apologies", {}, "text[]", _text_array(strategy.limits.apologies)),
            _function("compared_customers", {}, "integer", literal(strategy.limits.compared_customers)),
            _function("may_become_contact", ACTION_FIELDS, "boolean", newcomer_expression(strategy)),
            _function("created_at_most", {}, "integer", cast(strategy.deliver.at_most, types.Integer())),
            _function("holdout_salt", {}, "text", literal(strategy.holdout.salt)),
            _function("holdout_share", {}, "numeric", _number(strategy.holdout.share)),
            _function("segment_name", SEGMENT_FIELDS, "text", segment_expression(strategy)),
            _function("action_rule", ACTION_FIELDS, "integer", rule_expression(strategy)),
            _function("action_priority", {"rule": "integer"}, "integer", _priority(default_priority)),
            _function("action_name", {"rule": "integer"}, "text", name_expression(strategy)),
            _function(
                "action_reason", {"rule": "integer", **REASON_FIELDS}, "text", reason_expression(strategy)
            ),
        ]
    )


def segment_expression(strategy: Strategy) -> Expression:
    """The name of the first segment whose conditions hold."""
    *conditional, last = strategy.segments
    if not conditional:
        return literal(last.name)
    return case(
        *((_all(segment.when, SEGMENT_FIELDS, strategy), literal(segment.name)) for segment in conditional),
        else_=literal(last.name),
    )


def rule_expression(strategy: Strategy) -> Expression:
    """The number of the first rule whose conditions hold, the defaults of the tiers after the rules."""
    tier = column("loyalty_tier", types.Text())
    rules = [_all(action.when, ACTION_FIELDS, strategy) for action in strategy.actions]
    rules += [tier == literal(name) for name in strategy.tiers]
    return case(*((rule, literal(number)) for number, rule in enumerate(rules, start=1)))


def newcomer_expression(strategy: Strategy) -> Expression:
    """Whether somebody who is no contact in HubSpot yet may become one. Never NULL."""
    if not strategy.deliver.when:
        return literal(True)
    return func.coalesce(_all(strategy.deliver.when, ACTION_FIELDS, strategy), literal(False))


def met_expression(
    whens: list[dict[str, Condition]], fields: dict[str, str], strategy: Strategy
) -> Expression:
    """Whether each condition of each rule holds, in their order: boolean[], NULL: not known."""
    met = [
        condition_expression(field, condition, fields[field], strategy)
        for when in whens
        for field, condition in when.items()
    ]
    return cast(postgresql.array(met), postgresql.ARRAY(Boolean))


def numbered_actions(strategy: Strategy) -> list[Action]:
    """The actions that the numbers of `rule_expression` stand for, from number 1 on."""
    return [*strategy.actions, *(strategy.default_actions[tier] for tier in strategy.tiers)]


def name_expression(strategy: Strategy) -> Expression:
    """The next action of the column `rule`."""
    return _by_rule([literal(action.next_action) for action in numbered_actions(strategy)])


def reason_expression(strategy: Strategy) -> Expression:
    """Why, of the column `rule` and the values that a reason shows."""
    return _by_rule([_sentence(action.because) for action in numbered_actions(strategy)])


def to_sql(expression: Expression) -> str:
    """The expression as PostgreSQL text with every value written out and quoted."""
    return str(expression.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


def _all(when: dict[str, Condition], fields: dict[str, str], strategy: Strategy) -> Expression:
    return and_(
        *(
            condition_expression(field, condition, fields[field], strategy)
            for field, condition in when.items()
        )
    )


def condition_expression(field: str, condition: Condition, kind: str, strategy: Strategy) -> Expression:
    """Whether the column `field`, which is a text, integer or numeric, meets the condition."""
    value = column(field, SQL_TYPES[kind])
    if isinstance(condition, str) and kind != "text" and (match := COMPARISON.match(condition)):
        sign, number = match.groups()
        return OPERATORS[sign](value, _number(number))
    wanted: list[Value] = condition if isinstance(condition, list) else [condition]
    if kind != "text":
        return or_(*(value == _number(number) for number in wanted))
    names = [str(name) for name in wanted]
    if field == "favorite_category":
        names = categories(names, strategy)
    return value.in_([literal(name) for name in names])


def categories(names: list[str], strategy: Strategy) -> list[str]:
    """The names with each group of categories replaced by what is in it."""
    return [name for group in names for name in strategy.category_groups.get(group, [group])]


def _number(value: Value) -> Expression:
    return literal(Decimal(str(value)), types.Numeric())


def _integer(value: int | None) -> Expression:
    return cast(value, types.Integer())


def _limits(limits: Limits) -> Expression:
    gate = column("gate", Text())
    # A gate without a limit has none in SQL either: the CASE is NULL.
    given = {name: getattr(limits, f"max_{name}") for name in GATES}
    return case(*((gate == literal(name), _number(each)) for name, each in given.items() if each is not None))


def _priority(default_priority: int) -> Expression:
    """The rule's number, the same for every default; NULL for NULL, which LEAST would pass over."""
    rule = column("rule", types.Integer())
    return case((rule < default_priority, rule), (rule >= default_priority, literal(default_priority)))


def _by_rule(results: list[Expression]) -> Expression:
    rule = column("rule", types.Integer())
    return case(*((rule == literal(number), result) for number, result in enumerate(results, start=1)))


def _sentence(template: str) -> Expression:
    parts: list[Expression] = []
    for text, field, _, _ in Formatter().parse(template):
        if text:
            parts.append(literal(text))
        if field:
            parts.append(_shown(field))
    return func.concat(*parts)


def _shown(field: str) -> Expression:
    """A value as a marketer writes it."""
    value = column(field, SQL_TYPES[REASON_FIELDS[field]])
    if field == "monetary":
        return func.to_char(value, "FM999,999,999,990.00")
    if field == "avg_review_score":
        return func.to_char(value, "FM0.0")
    if field == "favorite_category":
        return func.replace(value, "_", " ")
    return cast(value, Text)


def _text_array(values: list[str]) -> Expression:
    return cast(postgresql.array([literal(value) for value in values]), postgresql.ARRAY(Text))


def _function(name: str, parameters: dict[str, str], returns: str, body: Expression) -> str:
    signature = ", ".join(f"{parameter} {kind}" for parameter, kind in parameters.items())
    return (
        f"create or replace function ops.{name}({signature}) returns {returns}\n"
        f"language sql stable\nreturn {to_sql(body)};\n"
    )
