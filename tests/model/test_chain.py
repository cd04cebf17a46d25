"""A model in force stays until another is earned: on arrays alone."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from olist.model import chain
from olist.model.chain import MOST_MOVED, NEARLY_EQUAL, assign, extend, is_on_the_way
from olist.model.clusters import standardise, train

TIERS = ["Platinum", "Gold", "Silver"]


def round_cloud(seed: int, count: int = 4_000) -> np.ndarray:
    """Nearly everybody bought once; recency and money are a round cloud, halved as well in every way."""
    chance = np.random.default_rng(seed)
    return np.column_stack(
        [
            np.exp(chance.normal(5, 0.5, count)).round(),
            np.where(chance.random(count) < 0.02, 2, 1),
            np.exp(chance.normal(4.5, 0.8, count)),
        ]
    ).astype(float)


def best_of_50(rows: np.ndarray) -> float:
    return KMeans(3, n_init=50, random_state=1).fit(standardise(rows)[1]).inertia_


def moved(one: dict, other: dict, rows: np.ndarray) -> float:
    return float((assign(one, rows) != assign(other, rows)).mean())


# Two vintages whose own best models split the cloud along other lines.
BEFORE, AFTER = round_cloud(0), round_cloud(2)


def test_ten_starts_flip_and_the_model_in_force_does_not() -> None:
    own = [train(rows, TIERS) for rows in (BEFORE, AFTER)]
    assert moved(*own, AFTER) > 0.3
    first, second = extend([BEFORE, AFTER], TIERS, None, min_gain=0.04)
    assert (first["decision"], second["decision"]) == ("vintage", "kept")
    assert second["model"] is None and second["fit"]["moved"] == 0
    assert 0 <= second["fit"]["worse"] <= 0.04
    assert second["fit"]["inertia"] <= 1.04 * best_of_50(AFTER)


def test_of_nearly_equal_splits_the_one_that_moves_the_fewest_is_taken() -> None:
    first, second = extend([BEFORE, AFTER], TIERS, None, min_gain=0, must_replace=True)
    assert second["decision"] == "replaced"
    assert second["fit"]["moved"] < 0.1 < 0.2 < moved(first["model"], train(AFTER, TIERS), AFTER)
    assert second["fit"]["moved"] == moved(first["model"], second["model"], AFTER)
    assert second["fit"]["inertia"] <= (1 + NEARLY_EQUAL) * second["fit"]["best"]


def test_the_tiers_go_no_further_towards_a_better_split_than_they_have_to() -> None:
    """The nearest of the splits that K-Means itself ends in would move more people."""
    rows = BEFORE * [0.5, 1, 1.3]
    (first,) = extend([BEFORE], TIERS, None, min_gain=0.04)
    (link,) = extend([rows], TIERS, first["model"], min_gain=0.04)
    ends = chain._splits(standardise(rows)[1], 3, chain.STARTS, chain.STARTS_SAMPLE)
    labels = assign(first["model"], rows)
    assert link["decision"] == "replaced"
    assert link["fit"]["inertia"] <= (1 + NEARLY_EQUAL) * link["fit"]["best"]
    assert link["fit"]["moved"] < min(float((end.labels != labels).mean()) for end in ends)


def two_crowds(parted_by: str, seed: int = 0, count: int = 6_000) -> np.ndarray:
    """Two crowds: apart in recency and a round one in money, or the other way round."""
    chance = np.random.default_rng(seed)
    parted = 0.8 * chance.choice([-1, 1], count) + chance.normal(0, 0.6, count)
    round_one = chance.normal(0, 1, count)
    recency, money = (parted, round_one) if parted_by == "recency" else (round_one, parted)
    bought = np.where(chance.random(count) < 0.03, 2, 1)
    return np.column_stack([np.exp(5 + 0.4 * recency), bought, np.exp(4 + 0.6 * money)]).astype(float)


def test_not_too_many_move_at_once_and_the_rest_moves_next(monkeypatch: pytest.MonkeyPatch) -> None:
    by_recency, by_money = two_crowds("recency"), two_crowds("money")
    monkeypatch.setattr(chain, "STILL_FITS", 1.0)
    links = extend([by_recency, *[by_money] * 12], TIERS, None, min_gain=0.04)
    steps = [link["fit"]["moved"] for link in links[1:] if link["decision"] == "replaced"]
    assert len(steps) > 1
    assert 0 < max(steps) <= MOST_MOVED
    assert is_on_the_way(links[1]["fit"])
    assert links[-1]["decision"] == "kept" and links[-1]["fit"]["worse"] <= 0.04


def test_all_move_at_once_where_the_tiers_would_fit_too_badly_else(monkeypatch: pytest.MonkeyPatch) -> None:
    by_recency, by_money = two_crowds("recency"), two_crowds("money")
    monkeypatch.setattr(chain, "STILL_FITS", 0.02)
    link = extend([by_recency, by_money], TIERS, None, min_gain=0.04)[1]
    assert link["fit"]["moved"] > MOST_MOVED
    assert link["fit"]["inertia"] <= (1 + NEARLY_EQUAL) * best_of_50(by_money)


def test_every_split_that_is_nearly_equal_may_be_the_nearest() -> None:
    """On the way to the best split, or to the one next to the model in force, 8 % would move."""
    _, link = extend([round_cloud(0), round_cloud(6)], TIERS, None, min_gain=0, must_replace=True)
    assert link["fit"]["moved"] < 0.06


def few_came_lately(count: int = 4_000) -> np.ndarray:
    """One in seven of those who bought once bought long after the others; what they spent is a wide crowd."""
    chance = np.random.default_rng(0)
    recency = np.where(chance.random(count) < 0.15, -1.6, 0) + chance.normal(0, 0.6, count)
    money = chance.normal(0, 1, count) + 0.5 * chance.choice([-1, 1], count)
    bought = np.where(chance.random(count) < 0.03, 2, 1)
    return np.column_stack([np.exp(5 + 0.4 * recency), bought, np.exp(4 + 0.6 * money)]).astype(float)


def test_a_chain_begins_with_the_clearest_of_nearly_equal_splits() -> None:
    """Money halves them a little better. Recency does it more clearly: its centres are farther apart."""
    rows = few_came_lately()
    (first,) = extend([rows], TIERS, None, min_gain=0.04)
    assert 1.001 < first["fit"]["inertia"] / first["fit"]["best"] <= 1 + NEARLY_EQUAL
    points = standardise(rows)[1]
    best = KMeans(3, n_init=50, random_state=1).fit(points).cluster_centers_
    own = np.array([each["centre"] for each in first["model"]["centres"]])
    clear, less_clear = (chain._nearest_centres(chain._split(points, centres)) for centres in (own, best))
    assert clear > 1.1 * less_clear


def test_a_split_that_is_not_nearly_equal_is_not_taken_for_moving_fewer() -> None:
    """The start from the model in force is stuck: three tiers in one crowd, and none for the two new ones."""
    chance = np.random.default_rng(3)
    crowds = [(3, 3, 0.1), (6, 6, 0.1), (3, 6, 0.1)]
    after = np.concatenate(
        [
            np.column_stack(
                [np.exp(chance.normal(r, s, 1_000)), np.ones(1_000), np.exp(chance.normal(m, s, 1_000))]
            )
            for r, m, s in crowds
        ]
    )
    before = after[:1_000]
    _, second = extend([before, after], TIERS, None, min_gain=0.04)
    assert second["decision"] == "replaced"
    assert second["fit"]["inertia"] == pytest.approx(best_of_50(after), rel=0.001)


def test_a_model_that_the_data_has_left_is_replaced() -> None:
    drifted = np.concatenate([BEFORE, round_cloud(3) * [0.1, 1, 1]])
    _, second = extend([BEFORE, drifted], TIERS, None, min_gain=0.04)
    assert second["decision"] == "replaced"
    assert second["fit"]["worse"] > 0.04
    assert second["fit"]["inertia"] <= (1 + NEARLY_EQUAL) * best_of_50(drifted)
    assert second["model"]["metrics"]["customers"] == len(drifted)


def test_the_model_in_force_is_one_of_the_starts() -> None:
    """So no model is replaced for fitting worse than a split that was not found."""
    (first,) = extend([BEFORE], TIERS, None, min_gain=0.04)
    again = extend([BEFORE], TIERS, first["model"], min_gain=0.04, must_replace=True)[0]
    assert again["decision"] == "replaced"
    assert again["fit"]["worse"] == pytest.approx(0, abs=1e-3)
    assert again["fit"]["moved"] < 0.005


def test_how_much_worse_a_model_fits_is_measured_in_the_vintages_own_space() -> None:
    first, second = extend([BEFORE, AFTER], TIERS, None, min_gain=1)
    scaler, points = standardise(AFTER)
    model = first["model"]
    logs = np.array([each["centre"] for each in model["centres"]]) * model["scaler"]["scale"]
    centres = (logs + model["scaler"]["mean"] - scaler.mean_) / scaler.scale_
    inertia = ((points - centres[assign(model, AFTER)]) ** 2).sum()
    assert second["fit"]["inertia"] == pytest.approx(inertia)
    assert second["fit"]["worse"] == pytest.approx(inertia / second["fit"]["best"] - 1)
    assert second["fit"]["best"] == pytest.approx(best_of_50(AFTER), rel=0.02)


@pytest.mark.parametrize("gain", [-1e-9, 1e-9])
def test_the_limit_is_what_min_gain_says(gain: float) -> None:
    worse = extend([BEFORE, AFTER], TIERS, None, min_gain=1)[1]["fit"]["worse"]
    link = extend([BEFORE, AFTER], TIERS, None, min_gain=worse + gain)[1]
    assert link["decision"] == ("kept" if gain > 0 else "replaced")


def test_a_chain_made_in_parts_is_the_same_chain() -> None:
    vintages = [BEFORE, AFTER, round_cloud(3), round_cloud(4) * [0.3, 1, 2]]
    whole = extend(vintages, TIERS, None, min_gain=0.02)
    assert {link["decision"] for link in whole} == {"vintage", "kept", "replaced"}
    in_force, parts = None, []
    for features in vintages:
        parts += extend([features.tobytes()], TIERS, in_force, min_gain=0.02)
        in_force = parts[-1]["model"] or in_force
    assert parts == whole
