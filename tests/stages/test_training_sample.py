"""Above a set size a model learns from a sample: which one, and that the tiers stay those of everybody."""

import hashlib
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from psycopg import Connection
from support import pipeline

from olist.local import demo_data
from olist.stages import train_clusters
from olist.strategy.reading import read_strategy
from olist.strategy.rules import Model


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine files with 30,000 orders."""
    folder = tmp_path_factory.mktemp("many") / "files"
    demo_data.generate(folder, orders=30_000)
    return folder


def tiers(connection: Connection) -> dict[str, str]:
    return dict(
        connection.execute(
            "select customer_unique_id, loyalty_tier from analytics.vw_customer_segments"
        ).fetchall()
    )


def customers_trained_on(connection: Connection) -> list[int]:
    found = connection.execute("select metrics -> 'customers' from ops.cluster_models order by model_id")
    return [customers for (customers,) in found]


@pytest.mark.slow
def test_tiers_of_a_sample_are_those_of_everybody(
    connection: Connection, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = pipeline.run(connection, many)
    by_everybody = tiers(connection)
    strategy = read_strategy().model_copy(update={"model": Model(sample=20_000)})
    monkeypatch.setattr(train_clusters, "read_strategy", lambda: strategy)
    for stage in pipeline.CORE[4:]:
        stage(connection, run_id)
    by_sample = tiers(connection)
    assert customers_trained_on(connection) == [len(by_everybody), 20_000]
    agreeing = sum(by_sample[person] == tier for person, tier in by_everybody.items())
    assert 0.995 <= agreeing / len(by_everybody) < 1


def test_real_orders_are_too_few_to_need_a_sample(connection: Connection, sample: Path) -> None:
    pipeline.run(connection, sample)
    assert customers_trained_on(connection) == [6_800]
    assert Counter(tiers(connection).values()) == {"Platinum": 52, "Gold": 1_614, "Silver": 5_134}


def test_the_sample_is_chosen_by_the_hash_of_the_id(connection: Connection, demo: Path) -> None:
    pipeline.run(connection, demo)
    query = "select customer_unique_id from ops.training_customers(1, '2018-08-01', %s)"
    everybody = [person for (person,) in connection.execute(query, (100_000,))]
    chosen = [person for (person,) in connection.execute(query, (500,))]
    by_hash = sorted(everybody, key=lambda person: hashlib.sha256(person.encode()).digest())
    assert len(everybody) > 1_000
    assert set(chosen) == set(by_hash[:500])


def test_customers_are_those_of_their_moment(connection: Connection, demo: Path) -> None:
    """At the run's own as_of they are read from what is computed already."""
    pipeline.run(connection, demo)
    (as_of,) = connection.execute("select as_of from ops.pipeline_runs").fetchone()
    for moment in (as_of, datetime(2018, 2, 1), datetime(2019, 2, 1)):
        learned_from, known = (
            connection.execute(
                f"select customer_unique_id, recency_days, frequency, monetary from {source} order by 1",
                {"moment": moment},
            ).fetchall()
            for source in (
                "ops.training_customers(1, %(moment)s, 100000)",
                "ops.customer_rfm_as_of(1, %(moment)s)",
            )
        )
        assert learned_from == known and len(known) > 100


def test_a_model_is_known_by_the_features_of_its_customers_in_order(
    connection: Connection, demo: Path
) -> None:
    """Else a model that is stored already would not be found again, or another one be trained."""
    run_id = pipeline.begin(connection, demo)
    pipeline.load_all(connection, run_id)
    for stage in pipeline.CORE[:4]:
        stage(connection, run_id)
    # In no order: a changed row is stored behind the others.
    connection.execute(
        "update ops.customer_rfm_drafts set monetary = monetary where mod(recency_days, 2) = 0"
    )
    train_clusters.train_clusters(connection, run_id)
    customers = connection.execute(
        "select customer_unique_id, recency_days, frequency, monetary from ops.customer_rfm_drafts"
    ).fetchall()
    customers.sort(key=lambda customer: customer[0].encode())
    features = np.array([row[1:] for row in customers], dtype=np.float64).tobytes()
    (known_by,) = connection.execute("select training_hash from ops.cluster_models").fetchone()
    assert known_by == hashlib.sha256(features).hexdigest()
