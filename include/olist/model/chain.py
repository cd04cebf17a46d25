"""The chain of tier models: at each vintage the model in force stays, unless another one is earned.

K-Means finds one of several splits that are almost equally good, and which one is chance: a hair's breadth
in the data, or in a random start, gives half of the customers another tier. So a model is kept until a new
one is clearly better. Then the tiers go towards a split that is nearly as good as the best, no further than
they have to, and by no more than a tenth of the customers at once. Each link is made from its vintage's
features and the link before alone.

The space that models are compared in is the vintage's own: ln(1 + x), standardised by its customers.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from olist.model.clusters import as_rows, best_first, bins, cluster, describe, elbow, sample, standardise

if TYPE_CHECKING:
    import numpy as np

    from olist.model.clusters import Features

# Up to so much more inertia is hardly a worse split.
NEARLY_EQUAL = 0.01
# At once no more of the customers get another tier, as long as the tiers then fit no worse than so much.
MOST_MOVED = 0.1
STILL_FITS = 0.1
# The places on the way from one split to another that are looked at.
STEPS = 10
# Random starts, on a sample of the customers. The best goes on with all of them; where the model in force is
# not good enough, all that end apart by more than a thousandth do, and no more than a tenth above the best. A
# chain begins with more of them: whatever follows stays near its first split.
STARTS, STARTS_SAMPLE = 12, 1_000
FIRST_STARTS, FIRST_STARTS_SAMPLE = 30, 2_000
APART, WORTH_GOING_ON = 0.001, 0.1
# The elbow is for people to look at, and a chain makes several.
ELBOW_SAMPLE = 500
# All of them decide about the numbers of a link.
SETTINGS = [
    *(NEARLY_EQUAL, MOST_MOVED, STILL_FITS, STEPS),
    *(STARTS, STARTS_SAMPLE, FIRST_STARTS, FIRST_STARTS_SAMPLE, APART, WORTH_GOING_ON),
    ELBOW_SAMPLE,
]


@dataclass(frozen=True)
class Split:
    """Centres, best tier first, the number of each point's nearest one, and the sum of squares to those."""

    centres: "np.ndarray"
    labels: "np.ndarray"
    inertia: float


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
    from sklearn import config_context
    from threadpoolctl import threadpool_limits

    links: list[dict[str, Any]] = []
    # Most calls are of few customers: to check their parameters each time takes a third of the time.
    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
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


def is_on_the_way(fit: dict[str, Any]) -> bool:
    """Whether a link's new model is not yet nearly as good as the best: the rest is for the next link."""
    return fit["inertia"] > (1 + NEARLY_EQUAL) * fit["best"]


def _begin(rows: "np.ndarray", tiers: list[str]) -> dict[str, Any]:
    """A new chain, with the clearest of the best splits: whose two nearest centres are farthest apart.

    In Olist's data that is the one that is still the best in later months.
    """
    scaler, points = standardise(rows)
    found = _splits(points, len(tiers), FIRST_STARTS, FIRST_STARTS_SAMPLE)
    best = min(split.inertia for split in found)
    nearly_equal = [split for split in found if split.inertia <= (1 + NEARLY_EQUAL) * best]
    clearest = max(nearly_equal, key=_nearest_centres)
    fit = {"inertia": clearest.inertia, "best": best, "worse": None, "moved": None}
    return _link("vintage", rows, scaler, points, clearest, tiers, fit)


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
    few = cluster(sample(points, STARTS_SAMPLE), len(tiers), n_init=STARTS)
    found = [_converged(points, centres), _converged(points, few.cluster_centers_)]
    best = min(split.inertia for split in found)
    if inertia <= (1 + min_gain) * best and not must_replace:
        fit = {"inertia": inertia, "best": best, "worse": inertia / best - 1, "moved": 0.0}
        return {"decision": "kept", "model": None, "fit": fit, "bins": bins(rows)}
    found += _splits(points, len(tiers), STARTS, STARTS_SAMPLE)
    best = min(split.inertia for split in found)

    def moved(split: Split) -> float:
        return float((split.labels != labels).mean())

    limit = (1 + NEARLY_EQUAL) * best
    ways = [_way(points, centres, split.centres, limit) for split in found if split.inertia <= limit]
    way = min(ways, key=lambda splits: (moved(splits[-1]), splits[-1].inertia))
    chosen = way[-1]
    if moved(chosen) > MOST_MOVED:
        bearable = (1 + STILL_FITS) * best
        gentle = [split for split in way if moved(split) <= MOST_MOVED and split.inertia <= bearable]
        chosen = gentle[-1] if gentle else chosen
    fit = {"inertia": chosen.inertia, "best": best, "worse": inertia / best - 1, "moved": moved(chosen)}
    return _link("replaced", rows, scaler, points, chosen, tiers, fit)


def _splits(points: "np.ndarray", k: int, starts: int, size: int) -> list[Split]:
    """The different splits that random starts end in."""
    few = sample(points, size)
    ends = sorted(
        (cluster(few, k, n_init=1, random_state=start) for start in range(starts)),
        key=lambda end: end.inertia_,
    )
    different = ends[:1]
    for end in ends:
        if (1 + APART) * different[-1].inertia_ < end.inertia_ <= (1 + WORTH_GOING_ON) * ends[0].inertia_:
            different.append(end)
    return [_converged(points, end.cluster_centers_) for end in different]


def _converged(points: "np.ndarray", centres: "np.ndarray") -> Split:
    return _split(points, cluster(points, len(centres), n_init=1, init=centres).cluster_centers_)


def _way(points: "np.ndarray", start: "np.ndarray", end: "np.ndarray", limit: float) -> list[Split]:
    """Splits on the way from the centres `start` to `end`, up to the first with no more inertia than `limit`.

    Half way between two splits the centres are where nobody is: each is moved to the middle of its points.
    """
    import numpy as np

    splits: list[Split] = []
    for step in range(1, STEPS + 1):
        between = _split(points, start + step / STEPS * (end - start), ranked=True)
        middles = [
            points[between.labels == number].mean(axis=0) if (between.labels == number).any() else centre
            for number, centre in enumerate(between.centres)
        ]
        splits.append(_split(points, np.array(middles)))
        if splits[-1].inertia <= limit:
            break
    return splits


def _split(points: "np.ndarray", centres: "np.ndarray", ranked: bool = False) -> Split:
    import numpy as np

    if not ranked:
        centres = np.array(best_first(centres))
    squares = _squares(points, centres)
    return Split(centres, squares.argmin(axis=1), float(squares.min(axis=1).sum()))


def _nearest_centres(split: Split) -> float:
    """The squared distance of the two centres that are nearest to each other."""
    return min(float(((one - other) ** 2).sum()) for one, other in combinations(split.centres, 2))


def _link(
    decision: str,
    rows: "np.ndarray",
    scaler: Any,
    points: "np.ndarray",
    split: Split,
    tiers: list[str],
    fit: dict[str, Any],
) -> dict[str, Any]:
    steps = elbow(points, split.centres, split.labels, ELBOW_SAMPLE)
    metrics = {"inertia": split.inertia, "elbow": steps, "elbow_customers": min(len(rows), ELBOW_SAMPLE)}
    model = describe(rows, scaler, split.centres, tiers, metrics)
    return {"decision": decision, "model": model, "fit": fit, "bins": model["bins"]}


def _centres(model: dict[str, Any]) -> "np.ndarray":
    import numpy as np

    return np.array([each["centre"] for each in model["centres"]])


def _squares(points: "np.ndarray", centres: "np.ndarray") -> "np.ndarray":
    """Squared distances, a row for each point and a column for each centre."""
    import numpy as np

    return np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres], axis=1)
