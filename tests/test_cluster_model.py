"""The model on arrays alone: what is kept of it besides its centres."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from olist.cluster_model import KMEANS_PARAMETERS, train
from olist.exceptions import OlistError

TIERS = ["Platinum", "Gold", "Silver"]


def customers(count: int) -> np.ndarray:
    chance = np.random.default_rng(5)
    return np.column_stack(
        [chance.integers(1, 600, count), chance.geometric(0.97, count), chance.lognormal(4.7, 0.9, count)]
    ).astype(float)


def test_the_elbow_goes_from_2_to_10_and_only_down() -> None:
    features = customers(1_500)
    metrics = train(features, TIERS)["metrics"]
    assert [step["k"] for step in metrics["elbow"]] == list(range(2, 11))
    inertia = [step["inertia"] for step in metrics["elbow"]]
    assert inertia == sorted(inertia, reverse=True) and len(set(inertia)) == 9
    assert metrics["elbow"][1]["inertia"] == metrics["inertia"]

    points = StandardScaler().fit_transform(np.log1p(features))
    kmeans = KMeans(n_clusters=3, **KMEANS_PARAMETERS).fit(points)
    assert metrics["inertia"] == pytest.approx(kmeans.inertia_)
    # Fewer than the silhouette's sample, so it is of all of them.
    assert metrics["elbow"][1]["silhouette"] == pytest.approx(silhouette_score(points, kmeans.labels_))


def test_the_silhouette_of_many_is_near_that_of_all() -> None:
    features = customers(6_000)
    points = StandardScaler().fit_transform(np.log1p(features))
    kmeans = KMeans(n_clusters=3, **KMEANS_PARAMETERS).fit(points)
    sampled = train(features, TIERS)["metrics"]["elbow"][1]["silhouette"]
    assert sampled == pytest.approx(silhouette_score(points, kmeans.labels_), abs=0.02)


def test_equal_data_give_an_equal_model() -> None:
    assert train(customers(3_000), TIERS) == train(customers(3_000), TIERS)


def test_the_elbow_ends_where_customers_cannot_be_told_apart() -> None:
    features = np.repeat(customers(4), 5, axis=0)
    elbow = train(features, TIERS)["metrics"]["elbow"]
    assert [step["k"] for step in elbow] == [2, 3, 4]


def test_no_silhouette_where_every_customer_is_a_cluster() -> None:
    assert train(customers(3), TIERS)["metrics"]["elbow"][-1]["silhouette"] is None


def test_customers_too_alike_for_the_tiers_are_an_error() -> None:
    with pytest.raises(OlistError, match="3 tiers"):
        train(np.ones((10, 3)), TIERS)
