"""What next actions brought, in words: people who were told of one beside people held out by chance.

The numbers are those of analytics.vw_action_lift; how many people it takes is planned here.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

from olist.warehouse import read_sql

if TYPE_CHECKING:
    from psycopg import Connection
    from rich.console import Console

# Quantiles of the normal distribution: 95 % in the middle, a power of 80 %.
SURENESS, POWER = 1.959963984540054, 0.8416212335729143
STEPS = 40
# What docs/experiments.md has a table of.
PEOPLE = (2_000, 10_000, 30_000, 95_000, 300_000, 1_000_000)
RATES, SHARES = (0.01, 0.03, 0.1), (0.05, 0.1, 0.2, 0.5)


def read_lift(connection: "Connection") -> list[dict[str, Any]]:
    """The rows of the newest experiment, all actions together first; none where nobody was ever held out."""
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(read_sql("report/action_lift")).fetchall()


def verdict(row: Mapping[str, Any]) -> str:
    """What a row of analytics.vw_action_lift says, for somebody who has never heard of intervals."""
    if row["lift"] is None:
        if row["treated_waiting"] or row["held_out_waiting"]:
            return "too early: the 90 days are not over"
        return "nobody to compare with: one of the two groups is empty"
    low, high, smallest = row["lift_low"], row["lift_high"], row["smallest_visible_lift"]
    if row["verdict"] == "worked":
        return f"worked: {points(row['lift'])} more bought again ({_number(low)} to {_number(high)})"
    if row["verdict"] == "harmed":
        return f"harmed: {points(-row['lift'])} fewer bought again ({_number(-high)} to {_number(-low)})"
    if smallest is None:
        return "no effect that could be seen: too few people to see any"
    return f"no effect that could be seen: too few people to see less than {points(smallest)}"


def points(share: float) -> str:
    """A difference of two rates in hundredths, as `0.30 points`."""
    return f"{_number(share)} points"


def smallest_visible_lift(people: float, rate: float, share: float) -> float:
    """What ops.smallest_visible_lift says of so many people, a base rate and a share who are held out."""
    treated, held_out = people * (1 - share), people * share
    lift = 0.0
    for _ in range(STEPS):
        lifted = min(rate + lift, 1)
        pooled = (1 - share) * lifted + share * rate
        lift = SURENESS * sqrt(pooled * (1 - pooled) * (1 / treated + 1 / held_out)) + POWER * sqrt(
            lifted * (1 - lifted) / treated + rate * (1 - rate) / held_out
        )
    return lift


def planning_table() -> Iterator[str]:
    """How small a lift how many people show, as lines of Markdown; lifts in points."""
    yield "| people | buy again | " + " | ".join(f"{share:.0%} held out" for share in SHARES) + " |"
    yield "| --- " * (2 + len(SHARES)) + "|"
    for people, rate in product(PEOPLE, RATES):
        lifts = (_number(smallest_visible_lift(people, rate, share)) for share in SHARES)
        yield f"| {people:,} | {rate:.0%} | " + " | ".join(lifts) + " |"


def print_lift(rows: list[dict[str, Any]], console: "Console") -> None:
    """The newest experiment in the terminal; nothing where there was none."""
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        return
    table = Table(title="What the next actions brought", title_justify="left")
    table.add_column("Next action")
    for heading in ("Treated", "Held out", "Treated bought again", "Held out bought again", "R$ each more"):
        table.add_column(heading, justify="right")
    table.add_column("Did it work?")
    for row in rows:
        table.add_row(
            "all actions together" if row["next_action"] is None else escape(row["next_action"]),
            f"{row['treated']:,}",
            f"{row['held_out']:,}",
            _percent(row["treated_rate"]),
            _percent(row["held_out_rate"]),
            _spend(row),
            verdict(row),
        )
    console.print(table)
    first = rows[0]
    share = f"{float(100 * first['held_out_share']):g} %"
    console.print(
        f"{share} of the customers are held out by chance (salt {first['salt']}),"
        f" since {first['began_as_of']:%Y-%m-%d}. Each person counts once for each action, in the group that"
        " chance gave them, whatever HubSpot did; what is in brackets holds the truth 95 times out of 100.",
        markup=False,
    )


def _spend(row: Mapping[str, Any]) -> str:
    if row["spend_lift_low"] is None:
        return ""
    return f"{row['spend_lift']:,.2f} ({row['spend_lift_low']:,.2f} to {row['spend_lift_high']:,.2f})"


def _number(share: float) -> str:
    return f"{100 * share:.2f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f} %"


if __name__ == "__main__":
    print(*planning_table(), sep="\n")
