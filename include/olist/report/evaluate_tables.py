"""The evaluation in the terminal: what the segments were worth, in numbers and in words."""

from rich.console import Console
from rich.table import Table

from olist.report.evaluate import HORIZON, Evaluation, Group

DAYS = HORIZON.days
BEST = 3


def print_evaluation(evaluation: Evaluation, console: Console) -> None:
    """Everything in one go: segments, tiers, deciles, and every month."""
    months = list(evaluation.months)
    if evaluation.waiting:
        waiting = ", ".join(f"{as_of:%Y-%m-%d}" for as_of in evaluation.waiting)
        console.print(f"The data does not reach {DAYS} days past these snapshots: {waiting}.")
    if not months:
        console.print("So nothing can be said yet: backfill earlier months (see docs/history.md).")
        return
    console.print(
        f"What customers bought in the {DAYS} days after each of {len(months)} snapshots"
        f" ({months[0]:%Y-%m-%d} to {months[-1]:%Y-%m-%d}). Lift is share of revenue over share of customers."
    )
    for kind, title in (("segment", "Segments"), ("tier", "Loyalty tiers")):
        console.print(_group_table(title, evaluation.groups(kind)))
    console.print(_decile_table(evaluation))
    console.print(f"[bold]{_comparison(evaluation)}[/bold]")
    for kind, title in (("segment", "Lift of each segment by month"), ("tier", "Lift of each tier by month")):
        console.print(_lift_table(evaluation, kind, title))
    console.print(_month_table(evaluation))


def _group_table(title: str, groups: list[Group]) -> Table:
    table = _table(title, "", "Customers", "Bought again", "Revenue", "Lift")
    table.add_column("Does it predict?")
    for group in groups:
        table.add_row(
            group.name,
            _percent(group.customer_share),
            _percent(group.repurchase_rate),
            _percent(group.revenue_share),
            _times(group.lift),
            group.verdict,
            style=None if group.predicts else "yellow",
        )
    return table


def _decile_table(evaluation: Evaluation) -> Table:
    table = _table(
        "Tenths of the customers, the best first",
        "Tenth",
        "By RFM: revenue",
        "so far",
        "Lift",
        "By last purchase alone: revenue",
        "so far",
        "Lift",
    )
    rankings = [("rfm_decile", evaluation.groups("rfm_decile"))]
    rankings.append(("recency_decile", evaluation.groups("recency_decile")))
    for number in range(1, 11):
        cells = []
        for kind, groups in rankings:
            decile = next((group for group in groups if group.name == str(number)), None)
            cells += [
                _percent(decile.revenue_share if decile else None),
                _percent(evaluation.reach(None, kind, number)),
                _times(decile.lift if decile else None),
            ]
        table.add_row(str(number), *cells)
    return table


def _comparison(evaluation: Evaluation) -> str:
    by_rfm, by_recency = (evaluation.reach(None, kind, BEST) for kind in ("rfm_decile", "recency_decile"))
    if by_rfm is None or by_recency is None:
        return "Nobody bought anything."
    judgement = (
        "So RFM finds more of it than a plain list by last purchase."
        if by_rfm > by_recency
        else "So RFM finds no more of it than a plain list by last purchase does."
    )
    return (
        f"The best {BEST} tenths by RFM brought {_percent(by_rfm)} of the revenue; the {BEST} tenths who had"
        f" bought last brought {_percent(by_recency)}. {judgement}"
    )


def _lift_table(evaluation: Evaluation, kind: str, title: str) -> Table:
    names = [group.name for group in evaluation.groups(kind)]
    table = _table(title, "As of", *names)
    for as_of in evaluation.months:
        table.add_row(f"{as_of:%Y-%m-%d}", *(_times(evaluation.lift(as_of, kind, name)) for name in names))
    return table


def _month_table(evaluation: Evaluation) -> Table:
    table = _table(
        f"Each month, and what the best {BEST} tenths brought of its revenue",
        "As of",
        "Customers",
        "Bought again",
        "Revenue (R$)",
        "By RFM",
        "By last purchase",
    )
    for as_of, month in evaluation.months.items():
        everybody = month["everybody", "none"]
        table.add_row(
            f"{as_of:%Y-%m-%d}",
            f"{everybody.customers:,}",
            f"{everybody.repurchased:,}",
            f"{everybody.revenue:,.2f}",
            _percent(evaluation.reach(as_of, "rfm_decile", BEST)),
            _percent(evaluation.reach(as_of, "recency_decile", BEST)),
        )
    return table


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _times(lift: float | None) -> str:
    return "" if lift is None else f"{lift:.2f}"
