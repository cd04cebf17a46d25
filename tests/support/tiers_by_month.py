"""The table of docs/tiers.md: how tiers move from month to month, on the files of a folder.

    PYTHONPATH=tests .venv/bin/python -m support.tiers_by_month FOLDER

Runs the months from 2017-08 to 2018-09, one after another, in a warehouse of its own.
"""

import logging
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import psycopg
from psycopg import Connection
from sklearn.cluster import KMeans

from olist.local import postgres
from olist.model.clusters import standardise
from olist.stages.start_run import install
from olist.strategy.limits import GATES
from olist.strategy.reading import read_strategy
from support import pipeline

MONTHS = [date(2017 + month // 12, month % 12 + 1, 1) for month in range(7, 21)]
TIERS = """
    select array_position(ops.loyalty_tiers(), loyalty_tier) - 1, recency_days, frequency, monetary::float8
    from analytics.customer_snapshots where as_of = %s
"""
MODEL = """
    select scaler, centres, decision, changed_by_model_on_same_data::float8 / people
    from ops.model_choices
    inner join ops.cluster_models using (model_id)
    left join ops.tier_changes using (run_id)
    where run_id = %s
"""
# Since 2017-09, so that the last twelve months can be the last of three.
BACK_AND_FORTH = """
    select count(distinct customer_unique_id) filter (where tier = first and tier <> second)::float8
        / count(distinct customer_unique_id)
    from (
        select
            customer_unique_id, loyalty_tier as tier,
            lag(loyalty_tier, 2) over person as first, lag(loyalty_tier) over person as second
        from analytics.customer_snapshots
        where as_of >= '2017-09-01'
        window person as (partition by customer_unique_id order by as_of)
    ) as months
"""


def worse_than_best(connection: Connection, month: date, scaler: dict, centres: list[dict]) -> float:
    """By what share the inertia of a month's tiers is above that of the best of 50 starts on everybody."""
    rows = np.array(connection.execute(TIERS, (month,)).fetchall())
    own, points = standardise(rows[:, 1:])
    middles = np.array([each["centre"] for each in centres]) * scaler["scale"] + scaler["mean"]
    distances = points - ((middles - own.mean_) / own.scale_)[rows[:, 0].astype(int)]
    return float(
        (distances**2).sum() / KMeans(len(centres), n_init=50, random_state=1).fit(points).inertia_ - 1
    )


def main(folder: Path) -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        home = Path(name)
        home.chmod(0o755)
        with psycopg.connect(postgres.start(home), autocommit=True) as connection:
            install(connection, read_strategy())
            for month in MONTHS:
                run_id = pipeline.run(connection, folder, month, retrain="auto", accept=GATES)
                scaler, centres, decision, moved = connection.execute(MODEL, (run_id,)).fetchone()
                worse = worse_than_best(connection, month, scaler, centres)
                print(f"{month} {decision:8} moved {moved or 0:.1%}, {worse:.1%} above the best", flush=True)
            (share,) = connection.execute(BACK_AND_FORTH).fetchone()
            print(f"back and forth: {share:.2%}")
        postgres.stop(home)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
