"""Train clusters: find the model that a run scores with, and train it where there is none yet.

A model belongs to a calendar vintage and is trained on what was known on the vintage's first day. So which
model a month has follows from its data alone, whatever months were run before it, and no model has seen
anything dated after the month it scores. Models are kept as the numbers that assign a customer (scaler,
centres), so that assignment needs PostgreSQL alone.

A month has a model of its own where its data has drifted from what its vintage's model was trained on. The
measure is the population stability index with decile bins; it and its threshold of 0.25 for a major shift
come from E. M. Lewis (1994), "An Introduction to Credit Scoring", and became usual with N. Siddiqi (2006),
"Credit Risk Scorecards".
"""

import hashlib
import json
import logging
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.model.clusters import (
    FEATURES,
    KMEANS_PARAMETERS,
    ROW_BYTES,
    count_different,
    library_versions,
    train,
)
from olist.model.own_process import call
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import fingerprint, one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

# scikit-learn only asks whether its input is a data frame, for a quarter of the time it takes to import.
NOT_NEEDED = ("pandas",)
# With fewer, a decile has fewer than ten customers, and chance alone can drift as far as the threshold.
FEWEST_CUSTOMERS = 100


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


def vintage_date(as_of: datetime, vintage_months: int) -> datetime:
    """The first moment of the vintage that as_of is in: with 3 months, of its calendar quarter."""
    month = (as_of.month - 1) // vintage_months * vintage_months + 1
    return datetime(as_of.year, month, 1)


def _choose_vintage(connection: "Connection", run: Run) -> Choice:
    settings = run.strategy.model
    vintage = vintage_date(run.as_of, settings.vintage_months)
    features = _read_features(connection, run, vintage)
    if too_few := _too_few(features, run.strategy.tiers):
        model_id = _model_of(connection, run, run.as_of)
        reason = f"{too_few} by {vintage:%Y-%m-%d}, so the month has a model of its own."
        return Choice(model_id, "too few", reason, vintage)
    model_id = _model_of(connection, run, vintage, features)
    parameters = {"model_id": model_id, "run_id": run.run_id}
    shifts = connection.execute(read_sql("train_clusters/drift"), parameters)
    drift: dict[str, float] = dict(shifts.fetchall())
    most = max(drift, key=drift.__getitem__)
    shift = f"{most} has shifted by {drift[most]:.2f} since {vintage:%Y-%m-%d}"
    if drift[most] > settings.max_drift:
        model_id = _model_of(connection, run, run.as_of)
        reason = f"{shift}, more than {settings.max_drift}, so the month has a model of its own."
        return Choice(model_id, "drifted", reason, vintage, drift)
    reason = f"The model of {vintage:%Y-%m-%d} fits: {shift}, no more than {settings.max_drift}."
    return Choice(model_id, "vintage", reason, vintage, drift)


def _choose_month(connection: "Connection", run: Run) -> Choice:
    model_id = _model_of(connection, run, run.as_of)
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


def _too_few(features: bytes, tiers: list[str]) -> str | None:
    customers = len(features) // ROW_BYTES
    if customers < FEWEST_CUSTOMERS:
        return f"Only {customers} customers had bought"
    if count_different(features, len(tiers)) < len(tiers):
        return f"Fewer than {len(tiers)} different customers had bought"
    return None


def _model_of(connection: "Connection", run: Run, moment: datetime, features: bytes | None = None) -> int:
    """The model trained as of a moment on the run's files: the stored one, else trained now.

    It is known by what went into it, so two sets of files share a model only if they say the same.
    """
    if features is None:
        features = _read_features(connection, run, moment)
    tiers = run.strategy.tiers
    training_hash = hashlib.sha256(features).hexdigest()
    settings = [str(moment), tiers, FEATURES, KMEANS_PARAMETERS, library_versions()]
    known_by = {"fingerprint": fingerprint(training_hash, json.dumps(settings))}
    # The lock is the session's: a transaction would be idle while the model trains, which servers may limit.
    with _locked(connection, known_by), connection.cursor() as cursor:
        cursor.execute(read_sql("train_clusters/find_model"), known_by)
        if row := cursor.fetchone():
            return row[0]
        model = call(train, features, tiers, needs="sklearn.cluster", what="training", without=NOT_NEEDED)
        cursor.execute(
            read_sql("train_clusters/store_model"),
            known_by
            | {"as_of": moment, "training_hash": training_hash, "k": len(tiers), "features": FEATURES}
            | {part: json.dumps(value) for part, value in model.items()},
        )
        return one_row(cursor)[0]


@contextmanager
def _locked(connection: "Connection", known_by: dict[str, str]) -> Iterator[None]:
    connection.execute(read_sql("train_clusters/lock_model"), known_by)
    try:
        yield
    finally:
        connection.execute(read_sql("train_clusters/unlock_model"), known_by)


def _read_features(connection: "Connection", run: Run, moment: datetime) -> bytes:
    """Three doubles for each customer, as this machine writes them.

    One value of one row: 100,000 rows as Python objects would take 50 MB.
    """
    parameters = {"run_id": run.run_id, "as_of": moment, "sample": run.strategy.model.sample}
    with connection.cursor(binary=True) as cursor:
        cursor.execute(read_sql("train_clusters/features"), parameters)
        (packed,) = one_row(cursor)
    values = array("d", packed or b"")
    if sys.byteorder == "little":
        values.byteswap()
    return values.tobytes()
