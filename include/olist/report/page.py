"""The report of a run: one HTML page that needs nothing else, for the people who read the results."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from olist.model.own_process import call
from olist.report import charts
from olist.report.experiments import verdict
from olist.report.people import about_people
from olist.report.summary import read_summary
from olist.strategy.campaigns import Campaign, write_campaign
from olist.strategy.reading import read_campaigns, read_strategy
from olist.strategy.rules import Strategy
from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection

TEMPLATE = Path(__file__).with_name("page.html.j2")
# Each is a file of include/sql/report; none gives more rows than a page can show.
QUERIES = (
    "headline",
    "profiles",
    "heatmap",
    "movement",
    "states",
    "history",
    "model",
    "outcomes",
    "verification",
    "action_lift",
    "cohorts",
    "failures",
    "gates",
    "lists",
)
# By how much the silhouette of another number of clusters has to be better, in how many models in a row. Of a
# sample of 1,000 customers it is a few hundredths off.
CLEARLY_BETTER = 0.1
SEVERAL_MODELS = 2


def render_report(connection: "Connection", run_id: int) -> str:
    """The report of a published run as one HTML page."""
    from jinja2 import Environment, FileSystemLoader

    strategy = read_strategy()
    data = {name: _rows(connection, name, run_id) for name in QUERIES}
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "number": _number,
        "money": _money,
        "percent": _percent,
        "about_people": about_people,
        "verdict": verdict,
    }
    return environment.get_template(TEMPLATE.name).render(
        data,
        run=read_summary(connection, run_id),
        strategy=strategy,
        charts=_draw(data, strategy),
        campaigns=_campaigns(data["profiles"], read_campaigns(strategy)),
        why_k=why_k(data["model"][0]) if data["model"] else [],
    )


def why_k(model: dict[str, Any]) -> list[str]:
    """Sentences that say why there are as many clusters as there are, and what the curves say to it."""
    k, elbow = model["k"], {each["k"]: each for each in model["elbow"]}
    sentences = [f"A tier is a cluster, and strategy.yaml names {k} tiers, so there are {k} clusters."]
    if k - 1 in elbow and k + 1 in elbow and elbow[k - 1]["inertia"] and elbow[k]["inertia"]:
        gained = 1 - elbow[k]["inertia"] / elbow[k - 1]["inertia"]
        next_gain = 1 - elbow[k + 1]["inertia"] / elbow[k]["inertia"]
        bend = "the curve bends here" if gained > 1.5 * next_gain else "the curve has no sharp bend here"
        sentences.append(
            f"With the last of them inertia falls by {gained:.0%}, one more would take off {next_gain:.0%}:"
            f" {bend}."
        )
    scored = {each["k"]: each["silhouette"] for each in model["elbow"] if each["silhouette"] is not None}
    if k in scored:
        best = max(scored, key=scored.__getitem__)
        is_best = "the best of all" if best == k else f"the best is {scored[best]:.2f} for {best}"
        sentences.append(
            "The silhouette says how well customers fit into their own cluster (1) rather than the next one"
            f" (-1): it is {scored[k]:.2f} for {k}, and {is_best}."
        )
    sentences += _better_k(k, model["chain_elbows"])
    if model["elbow_customers"] < model["customers"]:
        sentences.append(
            f"Both are of samples, the inertia of {model['elbow_customers']:,} of the"
            f" {model['customers']:,} customers."
        )
    return sentences


def _better_k(k: int, elbows: list[list[dict[str, Any]]]) -> list[str]:
    """A sentence where each of several models, the newest first, would be clearly better with another k."""
    better: list[int] = []
    for elbow in elbows:
        scored = {each["k"]: each["silhouette"] for each in elbow if each["silhouette"] is not None}
        best = max(scored, key=scored.__getitem__, default=k)
        if k not in scored or scored[best] < scored[k] + CLEARLY_BETTER or best != (better or [best])[0]:
            break
        better.append(best)
    if len(better) < SEVERAL_MODELS:
        return []
    return [
        f"So it is in each of the last {len(better)} models: by the silhouette {better[0]} clusters would be"
        f" clearly better than {k}. Nothing changes by itself: who wants that names as many tiers in"
        " strategy.yaml."
    ]


def _rows(connection: "Connection", name: str, run_id: int) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(read_sql(f"report/{name}"), {"run_id": run_id}).fetchall()


def _draw(data: dict[str, list[dict[str, Any]]], strategy: Strategy) -> dict[str, str]:
    segments = [segment.name for segment in strategy.segments]
    return call(
        charts.draw, data, segments, strategy.tiers, needs="matplotlib.figure", what="the report's charts"
    )


def _campaigns(profiles: list[dict[str, Any]], campaigns: dict[str, Campaign]) -> list[dict[str, Any]]:
    written = []
    for row in profiles:
        if row["kind"] == "segment":
            campaign = campaigns.get(row["name"])
            texts = write_campaign(campaign, row) if campaign else []
            written.append({"segment": row["name"], "customers": row["customers"], "texts": texts})
    return written


def _number(value: Any, digits: int = 0) -> str:
    return "none" if value is None else f"{value:,.{digits}f}"


def _money(value: Any, digits: int = 2) -> str:
    return "none" if value is None else f"R$ {value:,.{digits}f}"


def _percent(value: Any, digits: int = 1) -> str:
    return "none" if value is None else f"{100 * value:.{digits}f} %"
