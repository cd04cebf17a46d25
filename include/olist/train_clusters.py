"""Train clusters: K-Means on standardised log1p of recency, frequency and monetary value.

Source of the method: scikit-learn's KMeans (k-means++ seeding, Lloyd's algorithm). The model is kept as the
numbers that assign a customer (scaler, centres), so that assignment needs PostgreSQL alone.
"""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError
from olist.strategy import read_strategy
from olist.warehouse import read_sql

if TYPE_CHECKING:
    import numpy as np
    from psycopg import Connection

FEATURES = ["recency_days", "frequency", "monetary"]
# Ten starts: enough for the same best solution whatever the first one. The seed makes reruns equal.
KMEANS_PARAMETERS = {"n_init": 10, "random_state": 0}


def train_clusters(connection: "Connection", run_id: int) -> dict[str, Any]:
    """The id of the run's model: trained on the run's customers, or with retrain=never the newest stored one.

    Training on data a stored model was trained on gives that model again. Raises OlistError if there are
    fewer different customers than tiers, or nothing stored that is not younger than the run's as_of.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(read_sql("train_clusters/run"), {"run_id": run_id})
        as_of, retrain = cursor.fetchone()
        if retrain == "never":
            model_id, decision = _stored_model(cursor, as_of), "stored"
        else:
            model_id, decision = _trained_model(cursor, run_id, as_of), "trained"
        cursor.execute(read_sql("train_clusters/use_model"), {"run_id": run_id, "model_id": model_id})
    return {"model_id": model_id, "decision": decision}


def _stored_model(cursor: Any, as_of: Any) -> int:
    cursor.execute(read_sql("train_clusters/newest_model"), {"as_of": as_of})
    row = cursor.fetchone()
    if row is None:
        raise OlistError(f"retrain is 'never', and no stored model was trained as of {as_of} or earlier.")
    return row[0]


def _trained_model(cursor: Any, run_id: int, as_of: Any) -> int:
    tiers = read_strategy().tiers
    features = _read_features(cursor, run_id)
    fingerprint = _fingerprint(features, tiers)
    cursor.execute(read_sql("train_clusters/find_model"), {"fingerprint": fingerprint})
    if row := cursor.fetchone():
        return row[0]
    model = train(features, tiers)
    cursor.execute(
        read_sql("train_clusters/store_model"),
        {"fingerprint": fingerprint, "as_of": as_of, "k": len(tiers), "features": FEATURES}
        | {part: json.dumps(value) for part, value in model.items()},
    )
    return cursor.fetchone()[0]


def train(features: "np.ndarray", tiers: list[str]) -> dict[str, Any]:
    """Scaler, centres best tier first, metrics and parameters of a K-Means with one cluster for each tier.

    `features` has one row per customer, sorted by customer, and the columns of FEATURES (days, orders, BRL).
    Clusters are ranked by the value of their centre: standardised frequency + monetary - recency.
    """
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler

    logs = np.log1p(features)
    if len(np.unique(logs, axis=0)) < len(tiers):
        raise OlistError(f"{len(features)} customers are too few, or too alike, for {len(tiers)} tiers.")
    scaler = StandardScaler().fit(logs)
    kmeans = KMeans(n_clusters=len(tiers), **KMEANS_PARAMETERS).fit(scaler.transform(logs))
    centres = sorted(kmeans.cluster_centers_.tolist(), key=lambda centre: centre[0] - centre[1] - centre[2])
    return {
        "scaler": {"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()},
        "centres": [
            {"loyalty_tier": tier, "centre": centre} for tier, centre in zip(tiers, centres, strict=True)
        ],
        "metrics": {"inertia": kmeans.inertia_, "iterations": kmeans.n_iter_, "customers": len(features)},
        "parameters": KMEANS_PARAMETERS | _library_versions(),
    }


def _read_features(cursor: Any, run_id: int) -> "np.ndarray":
    import numpy as np

    cursor.execute(read_sql("train_clusters/features"), {"run_id": run_id})
    return np.fromiter(cursor, dtype=np.dtype((np.float64, len(FEATURES))))


def _fingerprint(features: "np.ndarray", tiers: list[str]) -> str:
    settings = json.dumps([tiers, FEATURES, KMEANS_PARAMETERS, _library_versions()])
    return hashlib.sha256(features.tobytes() + settings.encode()).hexdigest()


def _library_versions() -> dict[str, str]:
    from importlib.metadata import version

    return {"scikit-learn": version("scikit-learn"), "numpy": version("numpy")}
