"""Tiers from the stored numbers are the tiers scikit-learn itself would predict."""

from pathlib import Path

import numpy as np
import pipeline
import pytest
from psycopg import Connection
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from olist.cluster_model import KMEANS_PARAMETERS, train
from olist.exceptions import OlistError

TIERS = ["Platinum", "Gold", "Silver"]


def test_assignment_in_sql_is_sklearns_predict(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    rows = connection.execute(
        "select recency_days, frequency, monetary::float8, loyalty_tier"
        " from analytics.vw_customer_segments order by customer_unique_id"
    ).fetchall()
    logs = np.log1p(np.array([row[:3] for row in rows], dtype=float))
    scaler = StandardScaler().fit(logs)
    kmeans = KMeans(n_clusters=3, **KMEANS_PARAMETERS).fit(scaler.transform(logs))
    recency, frequency, monetary = kmeans.cluster_centers_.T
    ranking = np.argsort(-(frequency + monetary - recency))
    tier_of = {int(cluster): tier for cluster, tier in zip(ranking, TIERS, strict=True)}
    predicted = [tier_of[int(cluster)] for cluster in kmeans.predict(scaler.transform(logs))]
    assert [row[3] for row in rows] == predicted


def test_training_again_on_the_same_data_gives_the_same_model(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo, retrain="always")
    pipeline.run(connection, demo, retrain="always")
    assert connection.execute("select count(*) from ops.cluster_models").fetchone() == (1,)


def test_never_retraining_needs_a_stored_model(connection: Connection, demo: Path) -> None:
    with pytest.raises(OlistError, match="no stored model"):
        pipeline.run(connection, demo, retrain="never")


def test_never_retraining_takes_the_stored_model(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    expected = pipeline.snapshot(connection)
    pipeline.run(connection, demo, retrain="never")
    assert pipeline.snapshot(connection) == expected


def test_customers_too_alike_for_the_tiers_are_an_error() -> None:
    with pytest.raises(OlistError, match="3 tiers"):
        train(np.ones((10, 3)), TIERS)
