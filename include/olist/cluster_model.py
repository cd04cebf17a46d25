"""The tier model itself: K-Means and its metrics, on arrays alone.

`features` are always arrays with one row per customer, sorted by customer, and the columns of FEATURES (days,
orders, BRL). Everything runs on one thread: sums made by several differ in their last bits from run to run.

Sources of the methods: scikit-learn's KMeans (k-means++ seeding, Lloyd's algorithm); the silhouette of
Rousseeuw (1987), "Silhouettes", Journal of Computational and Applied Mathematics 20.
"""

from typing import TYPE_CHECKING, Any

from olist.exceptions import OlistError

if TYPE_CHECKING:
    import numpy as np

FEATURES = ["recency_days", "frequency", "monetary"]
# Ten starts, the best of which is kept. The seed makes reruns equal.
KMEANS_PARAMETERS = {"n_init": 10, "random_state": 0}
# The elbow is for people to look at, so three starts do.
ELBOW_PARAMETERS = {"n_init": 3, "random_state": 0}
ELBOW = range(2, 11)
# A silhouette compares every customer with every other.
SILHOUETTE_SAMPLE = 2_000


def train(features: "np.ndarray", tiers: list[str]) -> dict[str, Any]:
    """Scaler, centres best tier first, metrics and parameters of a K-Means with one cluster for each tier.

    Clusters are ranked by the value of their centre: standardised frequency + monetary - recency. The metrics
    hold the elbow. Raises OlistError if there are fewer different customers than tiers.
    """
    import numpy as np
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    if count_different(features) < len(tiers):
        raise OlistError(f"{len(features)} customers are too few, or too alike, for {len(tiers)} tiers.")
    logs = np.log1p(features)
    scaler = StandardScaler().fit(logs)
    points = scaler.transform(logs)
    with threadpool_limits(1):
        kmeans = _cluster(points, len(tiers), KMEANS_PARAMETERS)
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
            "customers": len(features),
            "elbow": elbow,
        },
        "parameters": KMEANS_PARAMETERS | library_versions(),
    }


def count_different(features: "np.ndarray") -> int:
    """How many customers differ from each other in a feature: no more clusters can be told apart."""
    import numpy as np

    return len(np.unique(features, axis=0))


def library_versions() -> dict[str, str]:
    """The libraries whose versions decide about the numbers of a model."""
    from importlib.metadata import version

    return {"scikit-learn": version("scikit-learn"), "numpy": version("numpy")}


def _elbow(points: "np.ndarray", kmeans: Any) -> list[dict[str, Any]]:
    """Inertia and silhouette (-1 to 1) for each k that the points can be told apart into."""
    most = min(ELBOW[-1], count_different(points))
    fits = {k: _cluster(points, k, ELBOW_PARAMETERS) for k in range(ELBOW[0], most + 1)}
    fits[kmeans.n_clusters] = kmeans
    return [
        {"k": k, "inertia": fit.inertia_, "silhouette": _silhouette(points, fit.labels_)}
        for k, fit in sorted(fits.items())
    ]


def _cluster(points: "np.ndarray", k: int, parameters: dict[str, int]) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(n_clusters=k, **parameters).fit(points)


def _silhouette(points: "np.ndarray", labels: "np.ndarray") -> float | None:
    """On a bounded sample, always the same one; None where it is of one cluster, or each row is a cluster."""
    import numpy as np
    from sklearn.metrics import silhouette_score

    size = min(SILHOUETTE_SAMPLE, len(points))
    chosen = np.random.default_rng(0).choice(len(points), size, replace=False)
    clusters = len(np.unique(labels[chosen]))
    if not 1 < clusters < size:
        return None
    return float(silhouette_score(points[chosen], labels[chosen]))
