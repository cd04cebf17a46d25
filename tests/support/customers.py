"""Customers as the model sees them: how long ago, how often, for how much."""

import numpy as np

TIERS = ["Platinum", "Gold", "Silver"]


def customers(count: int) -> np.ndarray:
    chance = np.random.default_rng(5)
    return np.column_stack(
        [chance.integers(1, 600, count), chance.geometric(0.97, count), chance.lognormal(4.7, 0.9, count)]
    ).astype(float)
