"""Train clusters: find the model that a run scores with, and train it where there is none yet.

A month has the model that is in force at its calendar vintage (olist.model.links). So which model it has
follows from its data alone, whatever months were run before it, and no model has seen anything dated after
the month it scores. Models are kept as the numbers that assign a customer (scaler, centres), so that
assignment needs PostgreSQL alone.

A month has a model of its own where its data has drifted from that of the vintage's first day. The measure is
the population stability index with decile bins; it and its threshold of 0.25 for a major shift come from
E. M. Lewis (1994), "An Introduction to Credit Scoring", and became usual with N. Siddiqi (2006), "Credit Risk
Scorecards".
"""

import hashlib
import json
import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.model.clusters import (
    FEATURES,
    KMEANS_PARAMETERS,
    in_doubles,
    library_versions,
    train,
)
from olist.model.links import (
    LINK_SAMPLE,
    NOT_NEEDED,
    Link,
    Terms,
    find_link,
    locked,
    replace_link,
    vintage_date,
)
from olist.model.own_process import call
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import fingerprint, one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    run_id: int
    as_of: datetime
    strategy: Strategy


@dataclass(frozen=True)
class Choice:
    model_id: int
    decision: str
    reason: str
    vintage_as_of: datetime | None = None
    drift: dict[str, float] = field(default_factory=dict)
    link_fingerprint: str | None = None


def train_clusters(connection: "Connection", run_id: int) -> dict[str, Any]:
    """The model of the run, how it was decided on (see ops.model_choices) and the sentence that says why.

    retrain=auto takes that of the vintage unless it does not fit; always trains on the run's own customers;
    never takes the newest stored one. Training on data a stored model was trained on gives that model again.
    Raises OlistError if there are fewer different customers than tiers, or nothing stored that is not younger
    than the run's as_of.
    """
    as_of, retrain = one_row(connection.execute(read_sql("train_clusters/run"), {"run_id": run_id}))
    choose = {"auto": _choose_vintage, "always": _choose_month, "never": _choose_stored}[retrain]
    choice = choose(connection, Run(run_id, as_of, read_strategy()))
    with connection.transaction():
        connection.execute(
            read_sql("train_clusters/choose_model"),
            {"run_id": run_id} | vars(choice) | {"drift": json.dumps(choice.drift)},
        )
    log.info("%s", choice.reason)
    return {
        "decision": choice.decision,
        "model_id": choice.model_id,
        "reason": choice.reason,
        "drift": choice.drift,
    }


def _choose_vintage(connection: "Connection", run: Run) -> Choice:
    settings = run.strategy.model
    terms = Terms(run.strategy.tiers, settings.vintage_months, settings.min_gain)
    vintage = vintage_date(run.as_of, terms.vintage_months)
    link = find_link(connection, run.run_id, terms, vintage)
    if not isinstance(link, Link):
        model_id = _model_of(connection, run)
        reason = f"{link} by {vintage:%Y-%m-%d}, so the month has a model of its own."
        return Choice(model_id, "too few", reason, vintage)
    drift: dict[str, float] = dict(
        connection.execute(
            read_sql("train_clusters/drift"), {"run_id": run.run_id, "bins": json.dumps(link.bins)}
        ).fetchall()
    )
    most, allowed = max(drift, key=drift.__getitem__), settings.max_drift
    shift = f"{most} has shifted by {drift[most]:.2f} since {vintage:%Y-%m-%d}"
    # On its first day the vintage is the month.
    if drift[most] > allowed and run.as_of > vintage:
        features = _read_features(connection, run, LINK_SAMPLE)
        own = replace_link(connection, terms, link, run.as_of, features)
        reason = f"{shift}, more than {allowed}, so the month has a model of its own. {own.reason}."
        return Choice(own.model_id, "drifted", reason, vintage, drift, own.fingerprint)
    reason = f"{link.reason}."
    if run.as_of > vintage:
        reason = f"{link.reason}; since then the data fit: {shift}, no more than {allowed}."
    return Choice(link.model_id, link.decision, reason, vintage, drift, link.fingerprint)


def _choose_month(connection: "Connection", run: Run) -> Choice:
    model_id = _model_of(connection, run)
    return Choice(model_id, "month", "retrain is 'always', so the month has a model of its own.")


def _choose_stored(connection: "Connection", run: Run) -> Choice:
    row = connection.execute(read_sql("train_clusters/stored_model"), {"as_of": run.as_of}).fetchone()
    if row is None:
        tiers = ", ".join(run.strategy.tiers)
        raise OlistError(
            f"retrain is 'never', and no stored model with the tiers {tiers} was trained as of {run.as_of}"
            " or earlier: run this month with retrain=auto."
        )
    model_id, trained_as_of = row
    reason = f"retrain is 'never', and the model of {trained_as_of} is the newest that is not younger."
    return Choice(model_id, "stored", reason)


def _model_of(connection: "Connection", run: Run) -> int:
    """The model trained on the run's own customers: the stored one, else trained now.

    It is known by what went into it, so two sets of files share a model only if they say the same.
    """
    features = _read_features(connection, run, run.strategy.model.sample)
    tiers = run.strategy.tiers
    training_hash = hashlib.sha256(features).hexdigest()
    settings = [str(run.as_of), tiers, FEATURES, KMEANS_PARAMETERS, library_versions()]
    known_by = {"fingerprint": fingerprint(training_hash, json.dumps(settings))}
    with locked(connection, known_by), connection.cursor() as cursor:
        cursor.execute(read_sql("train_clusters/find_model"), known_by)
        if row := cursor.fetchone():
            return row[0]
        model = call(train, features, tiers, needs="sklearn.cluster", what="training", without=NOT_NEEDED)
        cursor.execute(
            read_sql("train_clusters/store_model"),
            known_by
            | {"as_of": run.as_of, "training_hash": training_hash, "k": len(tiers), "features": FEATURES}
            | {part: json.dumps(value) for part, value in model.items()},
        )
        return one_row(cursor)[0]


def _read_features(connection: "Connection", run: Run, sample: int) -> bytes:
    """Three doubles for each customer of the run, or each of a sample, as this machine writes them.

    One value of one row: 100,000 rows as Python objects would take 50 MB.
    """
    with connection.cursor(binary=True) as cursor:
        cursor.execute(
            read_sql("train_clusters/features"),
            {"run_id": run.run_id, "as_of": run.as_of, "sample": sample},
        )
        (packed,) = one_row(cursor)
    return in_doubles(packed)
