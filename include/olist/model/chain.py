"""The chain of tier models: at each vintage the model in force stays, unless another one is earned.

K-Means finds one of several splits that are almost equally good, and which one is chance: a hair's breadth
in the data, or in a random start, gives half of the customers another tier. So a model is kept until a new
one is clearly better, and of new ones that are nearly as good as the best the one that moves the fewest
customers is taken. Each link is made from its vintage's features and the link before alone.

The space that models are compared in is the vintage's own: ln(1 + x), standardised by its customers.
"""

from typing import TYPE_CHECKING, Any

from olist.model.clusters import (
    as_rows,
    best_first,
    bins,
    cluster,
    describe,
    elbow,
    sample,
    standardise,
)

if TYPE_CHECKING:
    import numpy as np

    from olist.model.clusters import Features

# Up to 2 % more inertia is hardly a worse split: the two that Olist's data offer are 0.5 to 3 % apart, and
# change places from one quarter to the next (docs/tiers.md).
NEARLY_EQUAL = 0.02
# Random starts, on a sample of the customers. The best of those that end apart by more than a thousandth go
# on with all of them. The ten starts of a single model now and then miss the best split of Olist's data.
STARTS = 20
STARTS_SAMPLE = 5_000
APART = 0.001
MOST_SPLITS = 5
# The elbow is for people to look at, and a chain makes several.
ELBOW_STARTS = 3
ELBOW_SAMPLE = 2_000
# All of them decide about the numbers of a link.
SETTINGS = [NEARLY_EQUAL, STARTS, STARTS_SAMPLE, APART, MOST_SPLITS, ELBOW_STARTS, ELBOW_SAMPLE]


def extend(
    vintages: list["Features"],
    tiers: list[str],
    in_force: dict[str, Any] | None,
    min_gain: float,
    must_replace: bool = False,
) -> list[dict[str, Any]]:
    """The links of vintages that follow each other, the oldest first.

    A link is {decision, model, fit, bins}. decision: `vintage` begins the chain, `kept`, `replaced`.
    model: as `train` gives it, None where the one in force is kept. fit: inertia of the link's model
    (`inertia`) and of the best that was found (`best`), `worse`, by what share the model in force is above
    that, and `moved`, the share of the customers to whom the link gives another tier. bins: those of the
    vintage's features, which months measure their drift against.

    `in_force` needs scaler and centres; it is None where a chain begins. Where the model `must_replace`, it
    is replaced however well it fits.
    """
    from threadpoolctl import threadpool_limits

    links: list[dict[str, Any]] = []
    with threadpool_limits(1):
        for features in vintages:
            rows = as_rows(features)
            if in_force is None:
                link = _begin(rows, tiers)
            else:
                link = _challenge(rows, tiers, in_force, min_gain, must_replace)
            in_force = link["model"] or in_force
            links.append(link)
    return links


def assign(model: dict[str, Any], rows: "np.ndarray") -> "np.ndarray":
    """The number of each customer's tier, 0 is the best: the nearest centre, as in ops.tiers_by_model."""
    import numpy as np

    points = (np.log1p(rows) - model["scaler"]["mean"]) / model["scaler"]["scale"]
    return _squares(points, _centres(model)).argmin(axis=1)


def _begin(rows: "np.ndarray", tiers: list[str]) -> dict[str, Any]:
    scaler, points = standardise(rows)
    best = min(_splits(points, len(tiers)), key=lambda each: each.inertia_)
    fit = {"inertia": best.inertia_, "best": best.inertia_, "worse": None, "moved": None}
    return _link("vintage", rows, scaler, points, best, tiers, fit)


def _challenge(
    rows: "np.ndarray", tiers: list[str], in_force: dict[str, Any], min_gain: float, must_replace: bool
) -> dict[str, Any]:
    import numpy as np

    scaler, points = standardise(rows)
    old = in_force["scaler"]
    centres = (_centres(in_force) * old["scale"] + old["mean"] - scaler.mean_) / scaler.scale_
    labels = assign(in_force, rows)
    inertia = float(_squares(points, centres)[np.arange(len(points)), labels].sum())
    # The model in force is a start as well.
    found = [*_splits(points, len(tiers)), cluster(points, len(tiers), n_init=1, init=centres)]
    best = min(each.inertia_ for each in found)
    worse = inertia / best - 1
    if worse <= min_gain and not must_replace:
        fit = {"inertia": inertia, "best": best, "worse": worse, "moved": 0.0}
        return {"decision": "kept", "model": None, "fit": fit, "bins": bins(rows)}

    def moved(kmeans: Any) -> float:
        tier = _squares(points, np.array(best_first(kmeans.cluster_centers_))).argmin(axis=1)
        return float((tier != labels).mean())

    nearly_equal = [each for each in found if each.inertia_ <= (1 + NEARLY_EQUAL) * best]
    chosen = min(nearly_equal, key=lambda each: (moved(each), each.inertia_))
    fit = {"inertia": chosen.inertia_, "best": best, "worse": worse, "moved": moved(chosen)}
    return _link("replaced", rows, scaler, points, chosen, tiers, fit)


def _splits(points: "np.ndarray", k: int) -> list[Any]:
    """The different splits that random starts end in."""
    few = sample(points, STARTS_SAMPLE)
    starts = [cluster(few, k, n_init=1, random_state=start) for start in range(STARTS)]
    different: list[Any] = []
    for each in sorted(starts, key=lambda start: start.inertia_):
        if not different or each.inertia_ > (1 + APART) * different[-1].inertia_:
            different.append(each)
    return [cluster(points, k, n_init=1, init=each.cluster_centers_) for each in different[:MOST_SPLITS]]


def _link(
    decision: str,
    rows: "np.ndarray",
    scaler: Any,
    points: "np.ndarray",
    kmeans: Any,
    tiers: list[str],
    fit: dict[str, Any],
) -> dict[str, Any]:
    steps = elbow(points, kmeans.cluster_centers_, kmeans.labels_, ELBOW_STARTS, ELBOW_SAMPLE)
    model = describe(rows, scaler, kmeans, tiers, steps, ELBOW_SAMPLE)
    return {"decision": decision, "model": model, "fit": fit, "bins": model["bins"]}


def _centres(model: dict[str, Any]) -> "np.ndarray":
    import numpy as np

    return np.array([each["centre"] for each in model["centres"]])


def _squares(points: "np.ndarray", centres: "np.ndarray") -> "np.ndarray":
    """Squared distances, a row for each point and a column for each centre."""
    import numpy as np

    return np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres], axis=1)
