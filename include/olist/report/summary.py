"""What a run did, read back from the warehouse, for the terminal and the report."""

from typing import TYPE_CHECKING, Any

from olist.report.people import about_people
from olist.warehouse import one_row, read_sql

if TYPE_CHECKING:
    from psycopg import Connection
    from rich.console import Console


def read_summary(connection: "Connection", run_id: int) -> dict[str, Any]:
    """Everything worth saying about a run; the keys are those of report/summary.sql."""
    with connection.cursor() as cursor:
        cursor.execute(read_sql("report/summary"), {"run_id": run_id})
        (summary,) = one_row(cursor)
        return summary


def print_summary(run: dict[str, Any], console: "Console") -> None:
    """The closing words of a run in the terminal."""
    from rich.table import Table

    table = Table(title=f"Customers as of {run['as_of']}", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    table.add_column(justify="right")
    table.add_row("Customers", f"R$ {run['monetary']} of purchases", f"{run['customers']:,}")
    for title, rows in (("Tiers", run["tiers"]), ("Segments", run["segments"])):
        table.add_section()
        for number, row in enumerate(rows):
            table.add_row("" if number else title, row["name"], f"{row['customers']:,}")
    table.add_section()
    for number, row in enumerate(run["score_ties"]):
        table.add_row("" if number else "Decided by ties", row["score"], f"{row['share']} %")
    table.add_section()
    for number, rule in enumerate(run["actions"]):
        style = None if rule["customers"] else "yellow"
        reach = f"{rule['customers']:,}" if rule["customers"] else "nobody"
        name = f"{rule['priority']}. {rule['next_action']}"
        table.add_row("" if number else "Next actions", name, reach, style=style)
    table.add_section()
    for number, (name, count) in enumerate(_hubspot_rows(run["hubspot"])):
        table.add_row("" if number else "HubSpot", name, count)
    table.add_section()
    for number, stage in enumerate(run["stages"]):
        table.add_row("" if number else "Seconds", stage["name"], f"{stage['seconds']:.2f}")
    console.print(table)
    for note in [*run["about_tiers"], *run["left_out"], *run["warnings"]]:
        console.print(f"  · {note}", style="dim", highlight=False)


def _hubspot_rows(sync: dict[str, Any] | None) -> list[tuple[str, str]]:
    if sync is None:
        return [("not reached", "")]
    plan = sync["plan"]
    rows = [(f"{sync['mode']}: {sync['status']}", "")]
    if sync["message"]:
        rows.append((sync["message"], ""))
    rows += [(sentence, "") for sentence in about_people(plan)]
    if plan:
        rows += [
            ("new contacts", f"{plan['create']:,}"),
            ("changed contacts", f"{plan['update']:,}"),
            ("contacts who left", f"{plan['clear']:,}"),
            ("unchanged contacts", f"{plan['unchanged']:,}"),
            *(
                (f"no contacts, by deliver.{setting}", f"{people:,}")
                for setting, people in plan.get("kept_away", {}).items()
            ),
            ("contacts sent", f"{sync['accepted']:,}"),
        ]
        rows += [
            (f"{move['from_tier'] or 'no tier'} to {move['to_tier']}", f"{move['people']:,}")
            for move in plan["tier_moves"]
        ]
        if by_model := plan.get("tier_moves_by_model"):
            rows.append(("of them by the new model alone", f"{by_model:,}"))
        rows += [(f"newly: {new['next_action']}", f"{new['people']:,}") for new in plan["new_actions"]]
        rows += [
            (f"newly {'held out' if group == 'control' else group}", f"{people:,}")
            for group, people in plan.get("new_groups", {}).items()
        ]
    if sync["rejected"]:
        rows.append(("contacts rejected", f"{sync['rejected']:,}"))
    if sync["lists_message"]:
        rows.append((sync["lists_message"], ""))
    if sync["opt_outs_message"]:
        rows.append((sync["opt_outs_message"], ""))
    if sync["not_tried"]:
        rows.append(("contacts not tried, refused before", f"{sync['not_tried']:,}"))
    return rows
