"""docs/runbook.md has a section for every sentence that the pipeline can end with."""

import ast
import re
from collections.abc import Iterator

import pytest
from psycopg import Connection
from support.places import PROJECT

from olist.hubspot import hook
from olist.orchestration.alerts import KILLED, LATE, TIMED_OUT
from olist.orchestration.messages import RUNBOOK, section_about
from olist.orchestration.tasks import ENDED_WITHOUT_A_WORD
from olist.stages.gates import BEFORE
from olist.strategy.limits import GATES

INCLUDE = PROJECT / "include"
UNEXPECTED = "An error that was not expected"
# What stands in an f-string where the runbook needs to know it.
KNOWN = {
    "document.py": {"shown(path)": "strategy.yaml"},
    "reading.py": {"shown(document.path)": "strategy.yaml"},
    "gates.py": {"exceeded": "rows_lost: a file is short"},
    "client.py": {"how": "cannot be reached"},
    "postgres.py": {"Path(command[0]).name": "pg_ctl"},
}
# Not the pipeline's: the sandbox that stands in for HubSpot.
OTHERS = "hubspot_sandbox"
ERRORS = {"OlistError", "HubSpotUnavailableError", "OutageError", "EmbeddedPostgresError"}
# Raised with a sentence that is made elsewhere: which are walked too.
PASSED_ON = {"sentence": "tasks.py"}


def sentences_of_python() -> Iterator[tuple[str, str]]:
    for path in sorted((INCLUDE / "olist").rglob("*.py")):
        if OTHERS not in path.parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                where = f"{path.name}:{getattr(node, 'lineno', 0)}"
                if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ERRORS:
                    if PASSED_ON.get(ast.unparse(node.args[0])) != path.name:
                        yield where, text_of(node.args[0], path.name)
                elif isinstance(getattr(node, "value", None), ast.JoinedStr) and path.name == "outages.py":
                    yield where, text_of(node.value, path.name)


def text_of(node: ast.expr, file: str) -> str:
    """A text of the program, with something in the place of each value."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part, file) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        name = ast.unparse(node.value)
        return "the task is tried again" if name == "AGAIN" else KNOWN.get(file, {}).get(name, "¤")
    if isinstance(node, ast.Name) and hasattr(hook, node.id):
        return getattr(hook, node.id)
    raise AssertionError(
        f"{file}: say {ast.unparse(node)} as a text, so that the runbook can be held against it"
    )


def sentences_of_sql() -> Iterator[tuple[str, str]]:
    for path in sorted((INCLUDE / "sql").rglob("*.sql")):
        for text in re.findall(r"raise exception\s+'((?:[^']|'')+)'", path.read_text(encoding="utf-8")):
            yield path.name, text.replace("''", "'").replace("%", "¤")


ALL = [*sentences_of_python(), *sentences_of_sql()]


@pytest.mark.parametrize(("where", "sentence"), ALL, ids=[where for where, _ in ALL])
def test_every_sentence_has_a_section(where: str, sentence: str) -> None:
    assert section_about(sentence) not in (None, UNEXPECTED), f"{where}: {sentence}"


def test_sentences_are_found() -> None:
    """Of a walk that finds nothing, nothing fails."""
    found = len(
        re.findall(r"\bOlistError\(", "".join(p.read_text() for p in (INCLUDE / "olist").rglob("*.py")))
    )
    assert len(ALL) > found > 30
    assert len(list(sentences_of_sql())) == len(
        re.findall("raise exception", "".join(path.read_text() for path in (INCLUDE / "sql").rglob("*.sql")))
    )


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("stage", BEFORE)
def test_every_gate_has_a_section(gate: str, stage: str) -> None:
    sentence = (
        f"The run was stopped {BEFORE[stage]}: {gate}: 5 of 7 (strategy.yaml allows 0.1). Whoever knows."
    )
    assert section_about(sentence) == f"A gate: {gate}"


@pytest.mark.parametrize(
    ("sentence", "section"),
    [
        (KILLED, "A task was killed"),
        (LATE.format(hours=0.5), "A run is late"),
        (TIMED_OUT, "A task or a run took too long"),
        (ENDED_WITHOUT_A_WORD, "A run was stopped or killed"),
        ("KeyError: 'a'", UNEXPECTED),
        (
            "The data failed 1 critical checks: qualifying_orders on orders: 1 of 1 no.",
            "The data failed a check",
        ),
        (
            "The data failed 1 critical checks: no_isolated_purchases on orders: 3 of 900 orders were.",
            "Isolated purchases",
        ),
        ("HubSpot's daily limit is used up: a later run sends the rest.", "HubSpot's daily limit"),
    ],
)
def test_other_sentences(sentence: str, section: str) -> None:
    assert section_about(sentence) == section


def test_every_quoted_sentence_leads_to_its_own_section() -> None:
    sections = re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    quoted = 0
    for section in sections:
        title = section.partition("\n")[0]
        for block in re.findall(r"^```text\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                quoted += 1
                assert section_about(line.replace("…", "¤")) == title, line
    assert quoted > 50


def test_the_runbooks_links_lead_somewhere() -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-")
        for line in re.findall(r"^## (.*)$", text, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_the_runbooks_sql_works(connection: Connection) -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    blocks = re.findall(r"^```sql\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    statements = [each.strip() for block in blocks for each in block.split(";") if each.strip()]
    inline = re.findall(
        r"`((?:SELECT|DELETE|CALL) [^`]+?);?`", text.replace("`SELECT pg_terminate_backend(pid)`", "")
    )
    assert len(statements) > 10 and len(inline) > 5
    for statement in statements + [" ".join(each.split()) for each in inline]:
        if "refresh_customer_segments(...)" in statement or "drop_old_snapshots(...)" in statement:
            continue
        # A CALL commits, and cannot be undone.
        if statement.startswith("CALL"):
            connection.execute(statement)
        else:
            with connection.transaction(force_rollback=True):
                connection.execute(statement.replace("pg_terminate_backend(pid)", "pid"))
