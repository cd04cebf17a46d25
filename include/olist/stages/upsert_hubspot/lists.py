"""Keeps a list (segment) in HubSpot for each next action and each segment of strategy.yaml.

After the people were sent, for three reasons: a new list is full from its first moment, a renamed one takes
its people back without starting workflows, and whatever befalls lists, the delivery has taken. HubSpot keeps
the members by itself, so a quiet month costs two requests. We never delete a list.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.hubspot.answers import HubSpotUnavailableError
from olist.hubspot.client import HubSpot, HubSpotSettings
from olist.hubspot.lists import (
    LISTS,
    SCOPES,
    WAY_OUT,
    KeptList,
    Kind,
    ListRule,
    Lists,
    RefusedError,
    assign,
    is_ours,
    lacks,
    page_of,
)
from olist.hubspot.pace import Pace
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


def keep_lists(connection: "Connection", run_id: int, settings: HubSpotSettings) -> dict[str, int]:
    """Makes the lists that a delivery's account lacks, and gives the others the names and filters of today.

    Returns how many there are, were made and were changed. What could not be done is a sentence in the log
    and in ops.hubspot_syncs.lists_message, and no error.
    """
    strategy = read_strategy()
    work = None
    try:
        if strategy.hubspot.lists is not False:
            work = _Work(connection, run_id, settings, strategy)
            work.do()
        sentences = work.sentences if work else []
    except (OlistError, HubSpotUnavailableError) as error:
        sentences = [f"The segments (lists) in HubSpot were not looked after. {error}"]
    for sentence in sentences:
        log.warning("%s", sentence)
    told = {"run_id": run_id, "message": " ".join(sentences) or None}
    connection.execute(read_sql("upsert_hubspot/tell_lists"), told)
    return work.counts if work else {}


def list_rules(strategy: Strategy) -> Iterator[ListRule]:
    """The lists of a strategy: those of the next actions in the order of the rules, then the segments."""
    conditions: dict[tuple[Kind, str], list[str]] = {}
    for action in strategy.actions:
        conditions.setdefault(("action", action.next_action), []).append(_written(action.when))
    for tier, default in strategy.default_actions.items():
        conditions.setdefault(("action", default.next_action), []).append(f"default of {tier}")
    for segment in strategy.segments:
        conditions["segment", segment.name] = [_written(segment.when)]
    for (kind, name), written in conditions.items():
        yield ListRule(kind, name, tuple(sorted(written)))


@dataclass
class _Work:
    """What one delivery does about lists."""

    connection: "Connection"
    run_id: int
    settings: HubSpotSettings
    strategy: Strategy
    counts: dict[str, int] = field(default_factory=lambda: {"lists": 0, "made": 0, "changed": 0})
    sentences: list[str] = field(default_factory=list)

    def do(self) -> None:
        """Everything. What was done is noted list by list, so that a task that is killed makes none twice."""
        where = {"run_id": self.run_id}
        row = self.connection.execute(read_sql("upsert_hubspot/lists_of_run"), where)
        planned_for, prefix, left_out = one_row(row)
        self.hubspot = HubSpot(self.settings, Pace(self.connection, planned_for), prefix)
        self.account = self.hubspot.details()
        if self.account["portalId"] != planned_for:
            self.sentences.append(
                f"The segments (lists) in HubSpot were not looked after: the access token is of account"
                f" {self.account['portalId']}, and the delivery was to {planned_for}."
            )
            return
        self.lists = Lists(self.hubspot)
        wanted = [each for each in list_rules(self.strategy) if LISTS[each.kind][0] not in left_out]
        try:
            self._keep(wanted)
        except RefusedError as error:
            self.sentences.append(_sentence_about(error))

    def _keep(self, wanted: list[ListRule]) -> None:
        rows = self.connection.execute(
            read_sql("upsert_hubspot/kept_lists"), {"portal_id": self.account["portalId"]}
        )
        kept = [
            KeptList(kind, name, tuple(rules), list_id, is_gone)
            for kind, name, list_id, rules, is_gone in rows
        ]
        known = assign(wanted, kept)
        there = self.lists.read([each.list_id for each in known.values()]) if known else {}
        for rule, each in known.items():
            self._follow(rule, each, there.get(each.list_id))
        if new := [each for each in wanted if each not in known]:
            self._make(new)

    def _follow(self, rule: ListRule, kept: KeptList, there: Mapping[str, Any] | None) -> None:
        """Brings a list that we know in step with its rule, or back where a person has deleted it."""
        if there is None or there.get("deletedAt"):
            if self.strategy.hubspot.lists is not True:
                self._note(rule, kept.list_id, is_gone=True)
                if not kept.is_gone:
                    self.sentences.append(
                        f"A person has deleted the segment '{kept.title}' in HubSpot, so it is not kept any"
                        " more: hubspot.lists: true in strategy.yaml brings it back."
                    )
                return
            if there is None or not self._is_restored(kept.list_id):
                self._make([rule])
                return
            self.counts["made"] += 1
        self._bring_in_step(rule, there)

    def _is_restored(self, list_id: str) -> bool:
        try:
            self.lists.restore(list_id)
        except RefusedError as error:
            if error.answer.status == 403 or error.is_limit:
                raise
            # It was deleted more than 90 days ago, or another one has its name.
            return False
        return True

    def _make(self, rules: list[ListRule]) -> None:
        """Makes lists, but for those that are there under their title, as where the warehouse is new."""
        found = self.lists.find([each.title for each in rules])
        for place, rule in enumerate(rules):
            there = found.get(rule.title.lower())
            try:
                if there is None:
                    self._note(rule, self.lists.create(rule))
                    self.counts["made"] += 1
                    continue
            except RefusedError as error:
                if not error.is_name_taken:
                    self.sentences.append(_sentence_about(error, rules[place:]))
                    return
                # Made a moment ago by a request whose answer got lost, or by another run.
                there = self.lists.find([rule.title]).get(rule.title.lower())
            if there is None or not is_ours(there, rule):
                self.sentences.append(
                    f"HubSpot has a segment '{rule.title}' that is not ours, and it is not touched: rename it"
                    " in HubSpot, and the next delivery makes ours."
                )
            else:
                self._bring_in_step(rule, there)

    def _bring_in_step(self, rule: ListRule, there: Mapping[str, Any]) -> None:
        try:
            self.counts["changed"] += self.lists.bring_in_step(rule, there)
        except RefusedError as error:
            if error.answer.status == 403:
                raise
            self.sentences.append(
                f"HubSpot's segment '{there['name']}' could not be brought in step with '{rule.title}':"
                f" {error}"
            )
        self._note(rule, str(there["listId"]))

    def _note(self, rule: ListRule, list_id: str, is_gone: bool = False) -> None:
        self.connection.execute(
            "call ops.keep_hubspot_list(%s, %s, %s, %s, %s, %s, %s)",
            (
                self.account["portalId"],
                rule.kind,
                rule.name,
                list_id,
                list(rule.rules),
                page_of(self.hubspot, self.account, list_id),
                is_gone,
            ),
        )
        self.counts["lists"] += not is_gone


def _sentence_about(error: RefusedError, missing: list[ListRule] | None = None) -> str:
    """Why there are no lists, or not these; and the way out."""
    if error.answer.status == 403:
        return lacks(error.answer.named_scopes or SCOPES).sentence
    which = ", ".join(f"'{each.title}'" for each in missing or ())
    said = str(error).removesuffix(".")
    if error.is_limit:
        return (
            f"HubSpot's plan has no room for the segments (lists) {which}: {said}. Delete segments that"
            f" nobody needs in HubSpot, take a plan with more, {WAY_OUT}."
        )
    return f"HubSpot does not keep the segments (lists) {which or 'of ours'}: {said}."


def _written(when: Mapping[str, Any]) -> str:
    return json.dumps(when, sort_keys=True, default=str)
