"""The preview in the terminal: what the rules would change, from what to what, with ten examples."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from olist.strategy.lint import Finding, action_rules, contact_rules, find_dead_rules, segment_rules
from olist.strategy.preview import Moves, Preview


def print_findings(findings: Iterable[Finding | str], console: Console) -> None:
    """Each rule that does nothing, or value that nobody has, in a line of its own."""
    for finding in findings:
        console.print(str(finding), style="yellow", markup=False)


def dead_rules(preview: Preview, idle: list[Finding]) -> list[Finding]:
    """The segments and rules that would reach nobody in the snapshot, though they could."""
    reached = {name: after for name, _, after in preview.segment_reach()}
    segments = [reached[segment.name] for segment in preview.strategy.segments]
    rules = [*segment_rules(preview.strategy), *action_rules(preview.strategy)]
    reach = list(zip(rules, [*segments, *preview.rule_reach()], strict=True))
    if preview.contacts:
        reach += [(rule, preview.contacts.meeting) for rule in contact_rules(preview.strategy)]
    return find_dead_rules(reach, preview.as_of, idle)


def print_preview(preview: Preview, console: Console) -> None:
    """Everything in one go: how many would move, from where to where, each rule's reach, ten examples."""
    segments, actions = preview.segment_moves(), preview.action_moves()
    console.print(
        f"The rules of strategy.yaml as they are now, on the {preview.people:,} customers of the snapshot of"
        f" {preview.as_of}. Nothing was changed, and nothing was sent."
    )
    console.print(f"  {_share(segments, preview)} would change segment.", style="bold")
    console.print(f"  {_share(actions, preview)} would get another next action.", style="bold")
    for sentence in _about_contacts(preview):
        console.print(f"  {sentence}")
    if preview.other_reasons:
        console.print(f"  {preview.other_reasons:,} would keep theirs, with another sentence as the reason.")
    for title, moves in (("segment", segments), ("next action", actions)):
        if moves:
            console.print(_moves_table(f"Who would change {title}", moves))
    console.print(_reach_table("Segments", preview.segment_reach()))
    console.print(_reach_table("Next actions", preview.action_reach()))
    if preview.examples:
        console.print(_examples_table(preview))
    for note in _notes(preview):
        console.print(f"  · {note}", style="dim", markup=False)


def _about_contacts(preview: Preview) -> list[str]:
    contacts, deliver = preview.contacts, preview.strategy.deliver
    if contacts is None:
        return []
    sentences = [f"HubSpot has {contacts.known:,} of them."]
    if deliver.when:
        sentences.append(
            f"deliver.when would let {contacts.let_in:,} others become contacts, and keep"
            f" {contacts.kept_away:,} away."
        )
    if deliver.at_most is not None:
        sentences.append(
            f"deliver.at_most: the next delivery would create {min(deliver.at_most, contacts.let_in):,} of"
            f" these {contacts.let_in:,}."
        )
    return sentences


def _share(moves: Moves, preview: Preview) -> str:
    people = sum(move[2] for move in moves)
    return f"{people:,} of {preview.people:,} customers ({people / preview.people:.1%})"


def _moves_table(title: str, moves: Moves) -> Table:
    table = Table("From", "To", title=title, title_justify="left")
    table.add_column("Customers", justify="right")
    for old, new, people in moves:
        table.add_row(_name(old), _name(new), f"{people:,}")
    return table


def _reach_table(title: str, reach: list[tuple[str | None, int, int]]) -> Table:
    table = Table(title, title=f"{title}: how many customers have them", title_justify="left")
    for heading in ("Snapshot", "These rules", "Change"):
        table.add_column(heading, justify="right")
    for name, before, after in reach:
        change = f"{after - before:+,}" if after != before else ""
        style = None if after else "yellow"
        table.add_row(_name(name), f"{before:,}", f"{after:,}", change, style=style)
    return table


def _examples_table(preview: Preview) -> Table:
    title = f"{len(preview.examples)} of those who would move"
    table = Table("Customer", "Segment and next action", title=title, title_justify="left", show_lines=True)
    for example in preview.examples:
        reviews = f"reviews {example['reviews']}" if example["reviews"] else "no review"
        values = (
            f"{_name(example['tier'])}, {_name(example['category'])}, {_name(example['state'])}, {reviews},"
            f" {example['recency_days']} days ago, orders: {example['frequency']}, R$ {example['monetary']}"
        )
        segment = _change(example["old_segment"], example["segment"])
        action = _change(example["old_action"], example["action"])
        table.add_row(f"{_name(example['customer'])}\n{values}", f"{segment}\n{action}")
    return table


def _notes(preview: Preview) -> list[str]:
    strategy = preview.strategy
    notes = [
        "Tiers are those of the snapshot: what is changed in tiers, model and excluded_statuses takes a run."
    ]
    gone = sorted(preview.tiers() - set(strategy.tiers))
    new = [tier for tier in strategy.tiers if tier not in preview.tiers()]
    if gone:
        notes.append(f"No tier of strategy.yaml any more, but somebody's in the snapshot: {', '.join(gone)}.")
    if new:
        notes.append(f"Nobody in the snapshot has the tier {', '.join(new)}: that takes a run.")
    old = preview.old_statuses
    if old is not None and sorted(old) != sorted(strategy.excluded_statuses):
        now = ", ".join(strategy.excluded_statuses) or "none"
        notes.append(f"excluded_statuses were {', '.join(old) or 'none'} and are {now}: that takes a run.")
    if strategy.holdout.share:
        notes.append(
            f"{strategy.holdout.share:.0%} of the customers are held out (holdout.share), some"
            f" {strategy.holdout.share * preview.people:,.0f} of these: HubSpot gets no next action for them."
        )
    moved = sum(people for *_, people in preview.action_moves())
    limits = strategy.limits
    if preview.people >= limits.compared_customers and moved > limits.max_changed_actions * preview.people:
        notes.append(
            f"That is more than limits.max_changed_actions ({limits.max_changed_actions:.0%}):"
            " a run will stop unless it accepts changed_actions."
        )
    return notes


def _change(old: str | None, new: str | None) -> str:
    return _name(new) if old == new else f"{_name(old)} → {_name(new)}"


def _name(value: object) -> str:
    return "none" if value is None else escape(str(value))
