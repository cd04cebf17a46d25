"""The tier model itself: K-Means and its metrics, on arrays alone.

`features` are always doubles in rows, one for each customer, sorted by customer, with the columns of FEATURES
(days, orders, BRL): an array of that shape, or its bytes. Everything runs on one thread: sums made by several
differ in their last bits from run to run.

Sources of the methods: scikit-learn's KMeans (k-means++ seeding, Lloyd's algorithm); the silhouette of
Rousseeuw (1987), "Silhouettes", Journal of Computational and Applied Mathematics 20.
"""

import sys
from array import array
from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError

if TYPE_CHECKING:
    import numpy as np

    # An array or bytes. No array is a buffer to numpy's types before Python 3.12.
    Features = Any

FEATURES = ["recency_days", "frequency", "monetary"]
ROW_BYTES = 8 * len(FEATURES)
# The best of these is kept. The seed makes reruns equal.
STARTS = 10
KMEANS_PARAMETERS = {"n_init": STARTS, "random_state": 0}
# The elbow is for people to look at, so a sample does: of 100,000 customers it would take twenty times the
# model's own time, and no inertia per customer differs by more than 4 % (measured on 94,765).
ELBOW = range(2, 11)
ELBOW_SAMPLE = 5_000
# A silhouette compares every customer with every other.
SILHOUETTE_SAMPLE = 1_000


def train(features: "Features", tiers: list[str]) -> dict[str, Any]:
    """Scaler, centres best tier first, metrics, parameters, bins of a K-Means with a cluster for each tier.

    Clusters are ranked by the value of their centre: standardised frequency + monetary - recency. The metrics
    hold the elbow, which is of no more than ELBOW_SAMPLE customers (`elbow_customers`); `bins` are those that
    drift is measured with. Raises OlistError if there are fewer different customers than tiers.
    """
    if count_different(features, len(tiers)) < len(tiers):
        count = memoryview(features).nbytes // ROW_BYTES
        raise OlistError(f"{count} customers are too few, or too alike, for {len(tiers)} tiers.")

    from threadpoolctl import threadpool_limits

    rows = as_rows(features)
    scaler, points = standardise(rows)
    with threadpool_limits(1):
        kmeans = cluster(points, len(tiers))
        steps = elbow(points, kmeans.cluster_centers_, kmeans.labels_)
    metrics = {
        "inertia": kmeans.inertia_,
        "iterations": kmeans.n_iter_,
        "elbow": steps,
        "elbow_customers": min(len(rows), ELBOW_SAMPLE),
    }
    return describe(rows, scaler, kmeans.cluster_centers_, tiers, metrics)


def in_doubles(packed: bytes | None) -> bytes:
    """Doubles as PostgreSQL sends them (most significant byte first), as this machine writes them."""
    values = array("d", packed or b"")
    if sys.byteorder == "little":
        values.byteswap()
    return values.tobytes()


def as_rows(features: "Features") -> "np.ndarray":
    """The features as an array with a row for each customer."""
    import numpy as np

    return np.frombuffer(features).reshape(-1, len(FEATURES))


def standardise(rows: "np.ndarray") -> tuple[Any, "np.ndarray"]:
    """The scaler of ln(1 + x), and the rows in its space: each column has mean 0 and variance 1."""
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    logs = np.log1p(rows)
    scaler = StandardScaler().fit(logs)
    return scaler, scaler.transform(logs)


def cluster(points: "np.ndarray", k: int, **parameters: Any) -> Any:
    """A fitted KMeans: the best of ten starts, unless the parameters say otherwise."""
    from sklearn.cluster import KMeans

    return KMeans(n_clusters=k, **(KMEANS_PARAMETERS | parameters)).fit(points)


def best_first(centres: "np.ndarray") -> list[list[float]]:
    """Standardised centres by their value (frequency + monetary - recency), the best first."""
    return sorted(centres.tolist(), key=lambda centre: centre[0] - centre[1] - centre[2])


def describe(
    rows: "np.ndarray", scaler: Any, centres: "np.ndarray", tiers: list[str], metrics: dict[str, Any]
) -> dict[str, Any]:
    """A model as the numbers that are stored: see `train`."""
    return {
        "scaler": {"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()},
        "centres": [
            {"loyalty_tier": tier, "centre": centre}
            for tier, centre in zip(tiers, best_first(centres), strict=True)
        ],
        "metrics": metrics | {"customers": len(rows)},
        "parameters": KMEANS_PARAMETERS | library_versions(),
        "bins": bins(rows),
    }


def count_different(features: "Features", most: int) -> int:
    """How many customers differ from each other in a feature, counted up to `most`.

    No more clusters can be told apart.
    """
    rows = memoryview(features).cast("B")
    found: set[bytes] = set()
    for start in range(0, len(rows), ROW_BYTES):
        found.add(bytes(rows[start : start + ROW_BYTES]))
        if len(found) == most:
            break
    return len(found)


def library_versions() -> dict[str, str]:
    """The libraries whose versions decide about the numbers of a model."""
    from importlib.metadata import version

    return {"scikit-learn": version("scikit-learn"), "numpy": version("numpy")}


def elbow(
    points: "np.ndarray",
    centres: "np.ndarray",
    labels: "np.ndarray",
    customers: int = ELBOW_SAMPLE,
) -> list[dict[str, Any]]:
    """Inertia and silhouette (-1 to 1) for each k that the points can be told apart into.

    All of the same sample of so many customers, so that they can be compared; for the k of `centres` they are
    those of the split that `labels` tells.
    """
    from sklearn.metrics import pairwise_distances

    chosen = sample(points, customers)
    steps = {}
    for k in range(ELBOW[0], count_different(chosen, ELBOW[-1]) + 1):
        if k != len(centres):
            fit = cluster(chosen, k)
            steps[k] = (fit.inertia_, fit.labels_)
    labels = sample(labels, customers)
    steps[len(centres)] = (((chosen - centres[labels]) ** 2).sum(), labels)
    distances = pairwise_distances(sample(chosen, SILHOUETTE_SAMPLE))
    return [
        {
            "k": k,
            "inertia": float(inertia),
            "silhouette": _silhouette(distances, sample(labels, SILHOUETTE_SAMPLE)),
        }
        for k, (inertia, labels) in sorted(steps.items())
    ]


def bins(rows: "np.ndarray") -> dict[str, Any]:
    """Each feature by decile: what drift is measured against."""
    return {name: _bins(column) for name, column in zip(FEATURES, rows.T, strict=True)}


def sample(rows: "np.ndarray", size: int) -> "np.ndarray":
    """At most `size` of the rows: always the same ones, in random order. Few rows stay as they are."""
    import numpy as np

    if len(rows) <= size:
        return rows
    return rows[np.random.default_rng(0).choice(len(rows), size, replace=False)]


def _silhouette(distances: "np.ndarray", labels: "np.ndarray") -> float | None:
    """None where there is one cluster, or each row is a cluster."""
    import numpy as np
    from sklearn.metrics import silhouette_score

    if not 1 < len(np.unique(labels)) < len(labels):
        return None
    return float(silhouette_score(distances, labels, metric="precomputed"))


def _bins(column: "np.ndarray") -> dict[str, list[float]]:
    """A feature by decile: the least value of each bin, and its customers.

    A value is in the decile that its first customer is in, so equal values are never parted and there may be
    fewer than ten bins: of frequency, which is nearly always 1, there are two (once, more than once). Where
    bins began at the decile itself, both would be one, and no drift would ever show.
    """
    import numpy as np

    values, counts = np.unique(column, return_counts=True)
    percent_ranks = (np.cumsum(counts) - counts) / (len(column) - 1)
    deciles = np.minimum(np.floor(10 * percent_ranks), 9)
    _, starts = np.unique(deciles, return_index=True)
    return {"lower_bounds": values[starts].tolist(), "customers": np.add.reduceat(counts, starts).tolist()}
