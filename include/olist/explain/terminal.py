"""The story in the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from olist.explain import words
from olist.explain.rules import Verdict
from olist.explain.story import Story


def print_story(story: Story, console: Console) -> None:
    """Everything in one go: who it is, why this segment, tier and action, and what HubSpot was told."""
    _print_head(story, console)
    if story.numbers:
        _print_numbers(story, console)
    _print_months(story, console)
    _print_orders(story, console)
    _print_hubspot(story, console)
    _print_personal(story, console)


def _print_head(story: Story, console: Console) -> None:
    console.print(f"[bold]{escape(story.person)}[/bold]", soft_wrap=True)
    if row := story.numbers:
        console.print(
            f"As of {words.day(row['as_of'])}: {row['old_segment']}, {row['loyalty_tier'] or 'no tier'},"
            f" {row['old_action'] or 'no action'}. {row['old_reason'] or ''}",
            markup=False,
        )
    for note in words.notes(story):
        console.print(note, style="yellow", markup=False)


def _print_numbers(story: Story, console: Console) -> None:
    assert story.numbers is not None
    table = _table("The numbers")
    for row in words.numbers(story.numbers):
        table.add_row(*map(escape, row))
    console.print(table)
    _print_tried("Segment: the first whose conditions hold", story.segments, console)
    if story.tiers:
        console.print("\nTier: the nearest centre", style="bold")
        console.print(f"  {story.tiers}", markup=False)
        table = Table("Tier", title_justify="left")
        for heading in ("Days since", "Orders", "R$", "Distance"):
            table.add_column(heading, justify="right")
        for each in story.tiers.centres:
            table.add_row(
                escape(each.tier),
                f"{each.recency_days:,.0f}",
                f"{each.frequency:,.2f}",
                f"{each.monetary:,.2f}",
                f"{each.distance:.2f}",
            )
        console.print(table)
    _print_tried("Next action: the first rule whose conditions hold", story.actions, console)


def _print_tried(title: str, verdicts: list[Verdict], console: Console) -> None:
    console.print(f"\n{title}", style="bold")
    for each in verdicts:
        style, word = ("green", "yes") if each.has_won else (None, "no")
        console.print(f"  {each.number}. {each.name}: {word}: {each.why}.", style=style, markup=False)


def _print_months(story: Story, console: Console) -> None:
    if not story.months:
        return
    table = Table("As of", "Segment", "Tier", "Scores", title="Month by month", title_justify="left")
    table.add_column("Orders", justify="right")
    table.add_column("R$", justify="right")
    table.add_column("Next action")
    for row in story.months:
        if row["is_there"]:
            held_out = " (held out)" if row["is_held_out"] else ""
            table.add_row(
                words.day(row["as_of"]),
                escape(row["segment_name"]),
                escape(row["loyalty_tier"] or "none"),
                row["rfm_code"],
                f"{row['frequency']:,}",
                f"{row['monetary']:,.2f}",
                escape((row["next_action"] or "none") + held_out),
            )
        else:
            table.add_row(words.day(row["as_of"]), "not there")
    console.print(table)


def _print_orders(story: Story, console: Console) -> None:
    if not story.orders:
        return
    table = Table("Order", "Bought", "Status", title="Orders", title_justify="left")
    table.add_column("R$", justify="right")
    table.add_column("Counts")
    for row in story.orders:
        table.add_row(
            escape(row["order_id"]),
            f"{row['order_date']:%Y-%m-%d %H:%M}",
            escape(row["order_status"]),
            "" if row["value"] is None else f"{row['value']:,.2f}",
            "yes" if row["counts"] else escape(f"no: {row['why_not']}"),
            style=None if row["counts"] else "dim",
        )
    console.print(table)


def _print_hubspot(story: Story, console: Console) -> None:
    console.print("\nHubSpot", style="bold")
    for row in story.contacts:
        doubt = ", and a request has no answer yet" if row["is_in_doubt"] else ""
        console.print(
            f"  Contact {row['contact_id'] or 'without a known id'} of the account {row['portal_id']}: last"
            f" acknowledged {words.minute(row['acknowledged_at'])}, as of {words.day(row['as_of'])}{doubt}.",
            markup=False,
        )
    for row in story.failures:
        console.print(
            f"  Refused since then, tries: {row['attempts']}, last on {words.minute(row['last_attempt_at'])}:"
            f" {row['category'] or 'unknown'}: {row['message']}",
            style="red",
            markup=False,
        )
    for row in story.differences:
        console.print(
            f"  {words.difference(row)}, found on {words.minute(row['found_at'])}.",
            style="yellow",
            markup=False,
        )
    if not story.deliveries:
        console.print("  The delivery log has nothing about this person.")
        return
    table = Table("When", "Run", "As of", "What", "Changes", title_justify="left", show_lines=True)
    for row in story.deliveries:
        table.add_row(
            words.minute(row["delivered_at"]),
            str(row["run_id"]),
            words.day(row["as_of"]),
            escape(words.delivery(row)),
            escape("; ".join(words.changes(row["changes"]))),
        )
    console.print(table)


def _print_personal(story: Story, console: Console) -> None:
    if not story.personal:
        return
    console.print("\nE-mail and names: only here, on no page and in no report", style="bold")
    for name, value in story.personal.items():
        console.print(f"  {name}: {value or 'none'}", markup=False)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", show_header=False)
