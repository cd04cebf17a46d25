"""The tier model itself: K-Means and its metrics, on arrays alone.

`features` are always doubles in rows, one for each customer, sorted by customer, with the columns of FEATURES
(days, orders, BRL): an array of that shape, or its bytes. Everything runs on one thread: sums made by several
differ in their last bits from run to run.

Sources of the methods: scikit-learn's KMeans (k-means++ seeding, Lloyd's algorithm); the silhouette of
Rousseeuw (1987), "Silhouettes", Journal of Computational and Applied Mathematics 20.
"""

from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError

if TYPE_CHECKING:
    import numpy as np

    Features = bytes | np.ndarray

FEATURES = ["recency_days", "frequency", "monetary"]
ROW_BYTES = 8 * len(FEATURES)
# Ten starts, the best of which is kept. The seed makes reruns equal.
KMEANS_PARAMETERS = {"n_init": 10, "random_state": 0}
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

    import numpy as np
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    rows = np.frombuffer(features).reshape(-1, len(FEATURES))
    logs = np.log1p(rows)
    scaler = StandardScaler().fit(logs)
    points = scaler.transform(logs)
    with threadpool_limits(1):
        kmeans = _cluster(points, len(tiers))
        elbow = _elbow(points, kmeans)
    centres = sorted(kmeans.cluster_centers_.tolist(), key=lambda centre: centre[0] - centre[1] - centre[2])
    return {
        "scaler": {"mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()},
        "centres": [
            {"loyalty_tier": tier, "centre": centre} for tier, centre in zip(tiers, centres, strict=True)
        ],
        "metrics": {
            "inertia": kmeans.inertia_,
            "iterations": kmeans.n_iter_,
            "customers": len(rows),
            "elbow": elbow,
            "elbow_customers": min(len(rows), ELBOW_SAMPLE),
        },
        "parameters": KMEANS_PARAMETERS | library_versions(),
        "bins": {name: _bins(column) for name, column in zip(FEATURES, rows.T, strict=True)},
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


def _elbow(points: "np.ndarray", kmeans: Any) -> list[dict[str, Any]]:
    """Inertia and silhouette (-1 to 1) for each k that the points can be told apart into.

    All of the same sample, so that they can be compared; for the k of the model they are the model's own.
    """
    from sklearn.metrics import pairwise_distances

    chosen = _sample(points, ELBOW_SAMPLE)
    steps = {}
    for k in range(ELBOW[0], count_different(chosen, ELBOW[-1]) + 1):
        fit = _cluster(chosen, k)
        steps[k] = (fit.inertia_, fit.labels_)
    labels = _sample(kmeans.labels_, ELBOW_SAMPLE)
    steps[kmeans.n_clusters] = (((chosen - kmeans.cluster_centers_[labels]) ** 2).sum(), labels)
    distances = pairwise_distances(_sample(chosen, SILHOUETTE_SAMPLE))
    return [
        {
            "k": k,
            "inertia": float(inertia),
            "silhouette": _silhouette(distances, _sample(labels, SILHOUETTE_SAMPLE)),
        }
        for k, (inertia, labels) in sorted(steps.items())
    ]


def _cluster(points: "np.ndarray", k: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(n_clusters=k, **KMEANS_PARAMETERS).fit(points)


def _sample(rows: "np.ndarray", size: int) -> "np.ndarray":
    """At most `size` of the rows: always the same sample, in random order; few rows stay as they are."""
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


def _bins(column: "np.ndarray") -> dict[str, list]:
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
