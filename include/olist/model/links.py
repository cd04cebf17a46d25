"""The links of a chain in the warehouse: each is made from its vintage's features and the link before.

So which model is in force at a vintage follows from the run's files and strategy.yaml. Links are stored and
known by what went into them: whatever months were run before, and in whatever order, a month finds the same
ones or makes them. The chain begins at the first vintage at which the shop has enough customers. Each vintage
before has a new model.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from olist.model import chain
from olist.model.clusters import (
    FEATURES,
    KMEANS_PARAMETERS,
    ROW_BYTES,
    count_different,
    in_doubles,
    library_versions,
)
from olist.model.own_process import call
from olist.warehouse import fingerprint, one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

# scikit-learn only asks whether its input is a data frame, for a quarter of the time it takes to import.
NOT_NEEDED = ("pandas",)
# With fewer, a decile has fewer than ten customers, and chance alone can drift as far as the threshold.
FEWEST_CUSTOMERS = 100
# With fewer a vintage before, which split is the best is chance, and a chain would keep it.
ENOUGH_CUSTOMERS = 500
# A link learns from at most so many customers, drawn by the hash of the id. A first run makes all links of
# its chain, in about the time of one model of everybody.
LINK_SAMPLE = 5_000


@dataclass(frozen=True)
class Terms:
    """What strategy.yaml says of a chain."""

    tiers: list[str]
    vintage_months: int
    min_gain: float


@dataclass(frozen=True)
class Link:
    """A row of ops.model_links: which model is in force from a moment on, and why."""

    fingerprint: str
    as_of: datetime
    model_id: int
    decision: str
    reason: str
    bins: dict[str, Any]


def vintage_date(as_of: datetime, vintage_months: int) -> datetime:
    """The first moment of the vintage that as_of is in: with 3 months, of its calendar quarter."""
    month = (as_of.month - 1) // vintage_months * vintage_months + 1
    return datetime(as_of.year, month, 1)


def find_link(connection: "Connection", run_id: int, terms: Terms, vintage: datetime) -> Link | str:
    """The link of the run's vintage, made now if it is not stored; or why no model can be made for it."""
    settings = _settings(terms)
    # Where a run of the same files asked before, nothing has to be computed to know the link.
    known = {"run_id": run_id, "vintage": vintage, "settings": settings}
    if row := connection.execute(read_sql("train_clusters/known_link"), known).fetchone():
        return Link(*row)
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            read_sql("train_clusters/chain_features"),
            {
                "run_id": run_id,
                "vintage": vintage,
                "months": terms.vintage_months,
                "enough_people": ENOUGH_CUSTOMERS,
                "sample": LINK_SAMPLE,
            },
        )
        vintages = cursor.fetchall()
    chain_of = {moment: in_doubles(packed) for moment, _, _, packed in vintages}
    if too_few := _too_few(chain_of.get(vintage, b""), terms.tiers):
        return too_few
    _, people, people_before, _ = vintages[0]
    begins = _why_new(people, people_before)
    # No model can tell customers apart who are all alike: the chain begins after them.
    alike = [moment for moment, features in chain_of.items() if _too_few(features, terms.tiers)]
    if alike:
        chain_of = {moment: features for moment, features in chain_of.items() if moment > max(alike)}
        begins = "the customers of the vintage before were too few, or too alike"
    return _links(connection, terms, chain_of, None, begins)[-1]


def replace_link(
    connection: "Connection", terms: Terms, link: Link, as_of: datetime, features: bytes
) -> Link:
    """The link of a month whose data have drifted since its vintage: another model than that in force.

    `features` are those of at most LINK_SAMPLE customers of the month.
    """
    return _links(connection, terms, {as_of: features}, link, "")[-1]


def _why_new(people: int, people_before: int) -> str:
    """Why a chain begins at a vintage, or a vintage before the chain has a new model.

    Of a shop that has more than doubled since the vintage before, recency says how young the shop is rather
    than how loyal its customers are: it looks different at each vintage whatever they do.
    """
    if people_before < ENOUGH_CUSTOMERS:
        return (
            f"only {people_before:,} customers had bought a vintage before ({ENOUGH_CUSTOMERS:,} are needed)"
        )
    if 2 * people_before < people:
        return f"of {people:,} customers only {people_before:,} were there a vintage before (half are needed)"
    return f"the chain begins here: {people_before:,} of {people:,} customers were there a vintage before"


def _too_few(features: bytes, tiers: list[str]) -> str | None:
    customers = len(features) // ROW_BYTES
    if customers < FEWEST_CUSTOMERS:
        return f"Only {customers} customers had bought"
    if count_different(features, len(tiers)) < len(tiers):
        return f"Fewer than {len(tiers)} different customers had bought"
    return None


def _settings(terms: Terms) -> str:
    """What decides about the links of a chain beside the features, as one text."""
    return json.dumps(
        {
            "tiers": terms.tiers,
            "vintage_months": terms.vintage_months,
            "min_gain": terms.min_gain,
            "customers": [FEWEST_CUSTOMERS, ENOUGH_CUSTOMERS, LINK_SAMPLE],
            "chain": chain.SETTINGS,
            "features": FEATURES,
            "parameters": KMEANS_PARAMETERS | library_versions(),
        }
    )


def _links(
    connection: "Connection",
    terms: Terms,
    features: dict[datetime, bytes],
    before: Link | None,
    begins: str,
) -> list[Link]:
    """The links of moments that follow each other: the stored ones, and those after them made now.

    `before` is the link before the first of them, whose model is then replaced; without it a chain begins,
    and `begins` says why.
    """
    settings = _settings(terms)
    known_by, last = [], before.fingerprint if before else begins
    for moment, each in features.items():
        last = fingerprint(str(moment), hashlib.sha256(each).hexdigest(), settings, last)
        known_by.append(last)
    # Runs of one chain have its first link in common.
    with locked(connection, {"fingerprint": known_by[0]}), connection.cursor() as cursor:
        links = _stored(cursor, known_by)
        missing = list(features.items())[len(links) :]
        if not missing:
            return links
        last_link = links[-1] if links else before
        made = call(
            chain.extend,
            [each for _, each in missing],
            terms.tiers,
            _in_force(cursor, last_link) if last_link else None,
            terms.min_gain,
            before is not None,
            needs="sklearn.cluster",
            what="training",
            without=NOT_NEEDED,
        )
        with connection.transaction():
            for (moment, each), link, name in zip(missing, made, known_by[len(links) :], strict=True):
                known = {"fingerprint": name, "as_of": moment, "settings": settings}
                known |= {
                    "training_hash": hashlib.sha256(each).hexdigest(),
                    "customers": len(each) // ROW_BYTES,
                }
                last_link = _store(cursor, known, link, terms, last_link, begins)
                links.append(last_link)
    return links


@contextmanager
def locked(connection: "Connection", known_by: dict[str, str]) -> Iterator[None]:
    """Of two runs that need the same model, one makes it while the other waits.

    The lock is the session's: a transaction would be idle while the model trains, which servers may limit.
    """
    connection.execute(read_sql("train_clusters/lock_model"), known_by)
    try:
        yield
    finally:
        connection.execute(read_sql("train_clusters/unlock_model"), known_by)


def _stored(cursor: "Cursor", known_by: list[str]) -> list[Link]:
    found = cursor.execute(read_sql("train_clusters/stored_links"), {"fingerprints": known_by}).fetchall()
    return [Link(*row) for row in found]


def _in_force(cursor: "Cursor", link: Link) -> dict[str, Any]:
    """The numbers of a link's model that the next link is judged by."""
    cursor.execute(read_sql("train_clusters/model_in_force"), {"model_id": link.model_id})
    scaler, centres, trained_as_of = one_row(cursor)
    return {"scaler": scaler, "centres": centres, "trained_as_of": trained_as_of}


def _store(
    cursor: "Cursor",
    link: dict[str, Any],
    made: dict[str, Any],
    terms: Terms,
    before: Link | None,
    begins: str,
) -> Link:
    decision, model, fit = made["decision"], made["model"], made["fit"]
    model_id = before.model_id if before else None
    if before:
        since = _in_force(cursor, before)["trained_as_of"]
        reason = _reason(decision, link["as_of"], since, fit, terms.min_gain)
    else:
        reason = f"The model of {link['as_of']:%Y-%m-%d} is new, since {begins}"
    if model:
        known_by = {"fingerprint": link["fingerprint"], "training_hash": link["training_hash"]}
        cursor.execute(
            read_sql("train_clusters/store_model"),
            known_by
            | {"as_of": link["as_of"], "k": len(terms.tiers), "features": FEATURES}
            | {part: json.dumps(value) for part, value in model.items()},
        )
        (model_id,) = one_row(cursor)
    cursor.execute(
        read_sql("train_clusters/store_link"),
        link
        | fit
        | {
            "previous": before.fingerprint if before else None,
            "model_id": model_id,
            "decision": decision,
            "reason": reason,
            "bins": json.dumps(made["bins"]),
        },
    )
    return _stored(cursor, [link["fingerprint"]])[0]


def _reason(decision: str, as_of: datetime, since: datetime, fit: dict[str, Any], min_gain: float) -> str:
    """The sentence that says why a model was kept or replaced, without its full stop.

    `since` is when the model in force before it was trained.
    """
    fitted = f"it fitted {100 * fit['worse']:.1f} % worse than the best new one"
    if decision == "kept":
        return (
            f"The model of {since:%Y-%m-%d} is kept: at {as_of:%Y-%m-%d} {fitted}, no more than"
            f" {100 * min_gain:g} %"
        )
    if fit["worse"] > min_gain:
        fitted += f", more than {100 * min_gain:g} %"
    moved = f"the new one moves {100 * fit['moved']:.1f} % of the customers"
    if chain.is_on_the_way(fit):
        moved += ", and is on the way to a better one, so that not too many move at once"
    return f"The model of {since:%Y-%m-%d} is replaced by one of {as_of:%Y-%m-%d}, when {fitted}; {moved}"
