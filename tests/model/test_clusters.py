"""The model on arrays alone: what is kept of it besides its centres."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler
from support.customers import TIERS, customers

from olist.exceptions import OlistError
from olist.model.clusters import KMEANS_PARAMETERS, train


def test_the_elbow_goes_from_2_to_10_and_only_down() -> None:
    features = customers(900)
    metrics = train(features, TIERS)["metrics"]
    assert [step["k"] for step in metrics["elbow"]] == list(range(2, 11))
    inertia = [step["inertia"] for step in metrics["elbow"]]
    assert inertia == sorted(inertia, reverse=True) and len(set(inertia)) == 9
    assert metrics["elbow"][1]["inertia"] == pytest.approx(metrics["inertia"])
    assert metrics["elbow_customers"] == 900

    points = StandardScaler().fit_transform(np.log1p(features))
    kmeans = KMeans(n_clusters=3, **KMEANS_PARAMETERS).fit(points)
    assert metrics["inertia"] == pytest.approx(kmeans.inertia_)
    # Fewer than the silhouette's sample, so it is of all of them.
    assert metrics["elbow"][1]["silhouette"] == pytest.approx(silhouette_score(points, kmeans.labels_))


@pytest.mark.slow
def test_the_elbow_of_many_is_near_that_of_all() -> None:
    features = customers(30_000)
    metrics = train(features, TIERS)["metrics"]
    points = StandardScaler().fit_transform(np.log1p(features))
    for step in metrics["elbow"][:4]:
        kmeans = KMeans(n_clusters=step["k"], **KMEANS_PARAMETERS).fit(points)
        by_all = kmeans.inertia_ / len(points)
        assert step["inertia"] / metrics["elbow_customers"] == pytest.approx(by_all, rel=0.04)
    assert (metrics["elbow_customers"], metrics["customers"]) == (5_000, 30_000)


def test_the_elbow_has_the_model_itself() -> None:
    """Not another K-Means of the sample with as many clusters: the report says how well these tiers part."""
    features = customers(12_000)
    model = train(features, TIERS)
    centres = np.array([each["centre"] for each in model["centres"]])
    points = (np.log1p(features) - model["scaler"]["mean"]) / model["scaler"]["scale"]
    chosen = points[np.random.default_rng(0).choice(12_000, 5_000, replace=False)]
    squares = ((chosen[:, None] - centres) ** 2).sum(axis=2)
    assert model["metrics"]["elbow"][1]["inertia"] == pytest.approx(squares.min(axis=1).sum())
    some = np.random.default_rng(0).choice(5_000, 1_000, replace=False)
    silhouette = silhouette_score(chosen[some], squares[some].argmin(axis=1))
    assert model["metrics"]["elbow"][1]["silhouette"] == pytest.approx(silhouette)


@pytest.mark.slow
def test_the_silhouette_of_many_is_near_that_of_all() -> None:
    features = customers(6_000)
    points = StandardScaler().fit_transform(np.log1p(features))
    kmeans = KMeans(n_clusters=3, **KMEANS_PARAMETERS).fit(points)
    sampled = train(features, TIERS)["metrics"]["elbow"][1]["silhouette"]
    assert sampled == pytest.approx(silhouette_score(points, kmeans.labels_), abs=0.02)


def test_bins_are_deciles_that_never_part_equal_values() -> None:
    column = [1.0] * 96 + [2.0, 3.0, 3.0, 7.0]
    features = np.column_stack([np.arange(100.0), column, np.arange(100.0) % 4])
    bins = train(features, TIERS)["bins"]
    assert bins["recency_days"] == {"lower_bounds": list(range(0, 100, 10)), "customers": [10] * 10}
    assert bins["frequency"] == {"lower_bounds": [1.0, 2.0], "customers": [96, 4]}
    assert bins["monetary"] == {"lower_bounds": [0.0, 1.0, 2.0, 3.0], "customers": [25] * 4}


def test_equal_data_give_an_equal_model() -> None:
    assert train(customers(3_000), TIERS) == train(customers(3_000).tobytes(), TIERS)


def test_the_elbow_ends_where_customers_cannot_be_told_apart() -> None:
    features = np.repeat(customers(4), 5, axis=0)
    elbow = train(features, TIERS)["metrics"]["elbow"]
    assert [step["k"] for step in elbow] == [2, 3, 4]


def test_no_silhouette_where_every_customer_is_a_cluster() -> None:
    assert train(customers(3), TIERS)["metrics"]["elbow"][-1]["silhouette"] is None


def test_customers_too_alike_for_the_tiers_are_an_error() -> None:
    with pytest.raises(OlistError, match="3 tiers"):
        train(np.ones((10, 3)), TIERS)
