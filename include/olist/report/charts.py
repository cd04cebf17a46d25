"""The report's charts: matplotlib figures as SVG that takes its font and colours from the page around it.

A colour is a CSS variable of the page, so that one picture serves light, dark and paper. matplotlib knows no
variables: every colour is drawn as a number that stands for one, and written back as the variable at the end.
"""

import io
import itertools
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

STYLE: "dict[RcKeyType, Any]" = {
    "svg.fonttype": "none",
    "svg.hashsalt": "olist",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
}
WIDTH, HEIGHT = 4.4, 2.9  # inches; half a page wide on a desktop, the whole width of a phone
INK, MUTED, LINE = "#010101", "#010102", "#010103"
COLOURS = {INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)"}
SERIES = [f"#0202{number:02x}" for number in range(1, 9)]
COLOURS |= {colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, start=1)}
# From the page's own colour to that of the heat, in hundredths.
HEAT = [f"#0303{hundredth:02x}" for hundredth in range(101)]
COLOURS |= {
    colour: f"color-mix(in srgb, var(--heat) {hundredth}%, var(--card))"
    for hundredth, colour in enumerate(HEAT)
}


def draw(data: dict[str, list[dict[str, Any]]], segments: list[str], tiers: list[str]) -> dict[str, str]:
    """The charts that have something to show, by name; `data` are the rows of the files in sql/report."""
    moves = {kind: [row for row in data["movement"] if row["kind"] == kind] for kind in ("segment", "tier")}
    drawn = {"heatmap": heatmap(data["heatmap"])}
    if data["states"]:
        drawn["states"] = states(data["states"])
    if data["history"]:
        drawn["history"] = tier_history(data["history"], tiers)
    if len({row["cohort_month"] for row in data["cohorts"]}) > 1:
        drawn["cohorts"] = cohorts(data["cohorts"])
    for kind, known in (("segment", segments), ("tier", [*tiers, "none"])):
        if moves[kind]:
            drawn[f"{kind}_flow"] = flow(moves[kind], _all_names(known, moves[kind]), kind)
    if data["model"] and len(data["model"][0]["elbow"] or []) > 1:
        drawn["curves"] = curves(data["model"][0]["elbow"], data["model"][0]["k"])
    return drawn


def heatmap(rows: list[dict[str, Any]]) -> str:
    """Average spend by recency and frequency score; `rows` are those of report/heatmap.sql."""
    figure, axes = _figure()
    # Where everything was free, nothing has heat.
    most = max(float(row["spend"]) for row in rows) or 1
    for row in rows:
        heat = round(80 * float(row["spend"]) / most)
        x, y = row["f_score"], row["r_score"]
        axes.add_patch(_rectangle(x - 0.48, y - 0.48, 0.96, 0.96, HEAT[heat]))
        axes.text(x, y + 0.12, f"R$ {row['spend']:,.0f}", ha="center", va="center", color=INK)
        axes.text(x, y - 0.24, f"{row['customers']:,}", ha="center", va="center", color=INK, fontsize=7)
    axes.set(xlim=(0.5, 5.5), ylim=(0.5, 5.5), xlabel="frequency score", ylabel="recency score")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return _svg(figure, "heatmap", "Average spend and number of customers by recency and frequency score")


def cohorts(rows: list[dict[str, Any]]) -> str:
    """Who came back how many months after the first order; `rows` are those of report/cohorts.sql."""
    names = sorted({row["cohort_month"] for row in rows}, reverse=True)
    people = {row["cohort_month"]: row["customers"] for row in rows}
    shares = [row["repeat_customers"] / row["customers"] for row in rows]
    # A cohort of three of whom one came back would make all others look cold.
    most = max((share for share, row in zip(shares, rows, strict=True) if row["customers"] >= 50), default=1)
    figure, axes = _figure(height=3.4)
    for row, share in zip(rows, shares, strict=True):
        x, y = row["months_since"], names.index(row["cohort_month"])
        heat = round(80 * min(share / (most or 1), 1))
        axes.add_patch(_rectangle(x - 0.48, y - 0.46, 0.96, 0.92, HEAT[heat]))
        axes.text(x, y, f"{100 * share:.1f}", ha="center", va="center", color=INK, fontsize=6.5)
    columns = max(row["months_since"] for row in rows) + 1
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(-0.5, len(names) - 0.5), xlabel="months since the first order")
    axes.set_xticks(range(columns))
    axes.set_yticks(range(len(names)), [f"{name}  {people[name]:,}" for name in names])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return _svg(figure, "cohorts", "Share of each month's new customers by when they bought a second time")


def flow(moves: list[dict[str, Any]], order: list[str], kind: str) -> str:
    """Who went from where to where, in bands as wide as their customers.

    `moves` are the rows of a kind (segment, tier) of report/movement.sql, `order` the names they may hold
    beside new and gone.
    """
    colours = dict(zip(order, itertools.cycle(SERIES), strict=False)) | {"new": MUTED, "gone": MUTED}
    order = ["new", *order, "gone"]
    total = sum(move["customers"] for move in moves)
    gap = total * 0.03
    figure, axes = _figure(height=3.4)
    left = _stack(moves, "from_name", order, gap)
    right = _stack(moves, "to_name", order, gap)
    for move in sorted(
        moves, key=lambda each: (order.index(each["from_name"]), order.index(each["to_name"]))
    ):
        start, end, people = left[move["from_name"]], right[move["to_name"]], move["customers"]
        axes.add_patch(_band(start["next"], end["next"], people, colours[move["from_name"]]))
        start["next"] -= people
        end["next"] -= people
    for stacks, x, side in ((left, -0.03, "right"), (right, 1.03, "left")):
        places = _apart([stack["bottom"] + stack["size"] / 2 for stack in stacks.values()], total * 0.062)
        for (each, stack), place in zip(stacks.items(), places, strict=True):
            axes.add_patch(_rectangle(round(x) - 0.012, stack["bottom"], 0.024, stack["size"], colours[each]))
            axes.text(x, place, f"{each}  {stack['size']:,}", ha=side, va="center", color=INK, fontsize=8)
    axes.set(xlim=(-0.85, 1.85), ylim=(-gap * (len(order) - 1), total * 1.03))
    axes.axis("off")
    return _svg(figure, f"{kind}-flow", f"Customers by their {kind} in the snapshot before and now")


def curves(elbow: list[dict[str, Any]], k: int) -> str:
    """Inertia and silhouette for each number of clusters; `k` is the one that was chosen."""
    figure, axes = _figure()
    counts = [each["k"] for each in elbow]
    _line(axes, counts, [each["inertia"] for each in elbow], SERIES[0], "inertia (lower is tighter)")
    other = axes.twinx()
    scored = [each for each in elbow if each["silhouette"] is not None]
    _line(
        other,
        [each["k"] for each in scored],
        [each["silhouette"] for each in scored],
        SERIES[1],
        "silhouette",
    )
    other.spines["top"].set_visible(False)
    axes.axvline(k, color=MUTED, linestyle=":", linewidth=1)
    axes.set(xlabel="clusters", xticks=counts)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return _svg(
        figure, "curves", f"Inertia and silhouette for {counts[0]} to {counts[-1]} clusters; {k} are used"
    )


def states(rows: list[dict[str, Any]], most: int = 12) -> str:
    """Customers of the biggest states; `rows` are those of report/states.sql."""
    shown = rows[:most][::-1]
    longest = rows[0]["customers"]
    figure, axes = _figure(height=3.4)
    axes.barh(
        [row["state"] for row in shown], [row["customers"] for row in shown], color=SERIES[0], height=0.7
    )
    for place, row in enumerate(shown):
        spend = row["revenue"] / row["customers"]
        label = f"{row['customers']:,}, R$ {spend:,.0f} each"
        axes.text(row["customers"] + longest * 0.02, place, label, va="center", color=INK)
    axes.set_xlim(0, longest * 1.45)
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return _svg(figure, "states", "Customers by state")


def tier_history(rows: list[dict[str, Any]], tiers: list[str]) -> str:
    """Customers by tier over the last snapshots; `rows` are those of report/history.sql."""
    dates: list[datetime] = sorted({row["as_of"] for row in rows})
    counts = {(row["as_of"], row["tier"]): row["customers"] for row in rows}
    figure, axes = _figure()
    bottom = [0] * len(dates)
    for tier, colour in zip(tiers, SERIES, strict=False):
        heights = [counts.get((date, tier), 0) for date in dates]
        axes.bar(range(len(dates)), heights, bottom=bottom, color=colour, width=0.75, label=tier)
        bottom = [below + height for below, height in zip(bottom, heights, strict=True)]
    step = -(-len(dates) // 6)
    axes.set_xticks(range(0, len(dates), step), [f"{date:%Y-%m}" for date in dates[::step]])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(0, 1.13),
        ncols=len(tiers),
        frameon=False,
        labelcolor=INK,
        fontsize=8,
    )
    return _svg(figure, "history", "Customers by tier in the last snapshots")


def _all_names(known: list[str], moves: list[dict[str, Any]]) -> list[str]:
    """Those of strategy.yaml, then those that only an older snapshot has."""
    found = {move[side] for move in moves for side in ("from_name", "to_name")} - {"new", "gone"}
    return [name for name in known if name in found] + sorted(found - set(known))


def _figure(height: float = HEIGHT) -> tuple["Figure", "Axes"]:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="tight")
        axes = figure.add_subplot()
    axes.tick_params(colors=MUTED, labelsize=8)
    axes.xaxis.label.set_color(MUTED)
    axes.yaxis.label.set_color(MUTED)
    axes.spines[:].set_color(LINE)
    return figure, axes


def _line(axes: "Axes", x: list[int], y: list[float], colour: str, label: str) -> None:
    axes.plot(x, y, color=colour, marker="o", markersize=3.5, linewidth=1.6)
    axes.set_ylabel(label, color=colour, fontsize=9)
    axes.tick_params(colors=MUTED, labelsize=8)
    axes.spines[:].set_color(LINE)


def _rectangle(x: float, y: float, width: float, height: float, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor=colour, edgecolor="none")


def _stack(moves: list[dict[str, Any]], side: str, order: list[str], gap: float) -> dict[str, dict[str, Any]]:
    """The place of each name's bar. They are stacked, the first at the top, with gaps between."""
    sizes = {name: sum(move["customers"] for move in moves if move[side] == name) for name in order}
    stacks, top = {}, float(sum(sizes.values()))
    for name, size in sizes.items():
        if size:
            stacks[name] = {"bottom": top - size, "size": size, "next": top}
            top -= size + gap
    return stacks


def _apart(places: list[float], least: float) -> list[float]:
    """Places from the top down, moved down where two would be closer than `least`."""
    moved: list[float] = []
    for place in places:
        moved.append(min(place, moved[-1] - least) if moved else place)
    return moved


def _band(left: float, right: float, width: float, colour: str) -> Any:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    upper = [(0.012, left), (0.5, left), (0.5, right), (0.988, right)]
    lower = [(x, y - width) for x, y in reversed(upper)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return PathPatch(Path([*upper, *lower, upper[0]], codes), facecolor=colour, edgecolor="none", alpha=0.35)


def _svg(figure: "Figure", name: str, description: str) -> str:
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'<metadata>.*?</metadata>|<style type="text/css">.*?</style>', "", svg, flags=re.DOTALL)
    # Names inside a picture must differ from those of the other pictures of the page.
    svg = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(
        r'width="[^"]+pt" height="[^"]+pt"',
        f'class="chart" role="img" aria-label="{description}"',
        svg,
        count=1,
    )
    svg = re.sub("|".join(COLOURS), lambda match: COLOURS[match[0]], svg)
    return re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", svg)
