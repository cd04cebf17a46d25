"""Compute actions: the next best action of every customer, and how many customers each rule reached."""

import logging
from typing import TYPE_CHECKING, Any

from olist.stages.results import make_result
from olist.strategy.reading import read_strategy
from olist.strategy.unknown_values import read_known_values, unknown_values
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def compute_actions(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Completes the run's snapshot.

    Returns the reach of each rule, in the order they are tried, and sentences about values that the rules ask
    for and no customer has. Warns of these, and of rules that reached nobody.
    """
    connection.execute("call ops.enter_experiment(%s)", (run_id,))
    make_result(connection, run_id, "snapshot")
    reach_of_rules = connection.execute(read_sql("compute_actions/reach"), {"run_id": run_id})
    reached = {(priority, action): customers for priority, action, customers in reach_of_rules}

    strategy = read_strategy()
    rules = [(number, rule.next_action) for number, rule in enumerate(strategy.actions, start=1)]
    rules += [
        (len(strategy.actions) + 1, strategy.default_actions[tier].next_action) for tier in strategy.tiers
    ]
    reach = [
        {"priority": priority, "next_action": action, "customers": reached.get((priority, action), 0)}
        for priority, action in rules
    ]
    for rule in reach:
        if rule["customers"]:
            log.info("Rule %(priority)s, %(next_action)s: %(customers)s customers", rule)
        else:
            log.warning("Rule %(priority)s, %(next_action)s, reached nobody", rule)
    unknown = unknown_values(strategy, read_known_values(connection, run_id))
    for sentence in unknown:
        log.warning("%s", sentence)
    return {"reach": reach, "unknown_values": unknown}
