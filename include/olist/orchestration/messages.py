"""What an alert says, as text and as HTML, with the section of the runbook that is about it."""

import re
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal

RUNBOOK = Path(__file__).resolve().parents[3] / "docs" / "runbook.md"
LINKS = ("Log", "Tasks", "Decide")
Kind = Literal["failure", "warning", "success", "info"]


@dataclass(frozen=True)
class Message:
    """An alert: a line that says it all, the whole sentence, facts by their names, and what kind it is."""

    subject: str
    sentence: str
    facts: dict[str, Any]
    kind: Kind

    @property
    def text(self) -> str:
        """The sentence, and a line for each fact."""
        return "\n".join([self.sentence, "", *(f"{name}: {value}" for name, value in self.facts.items())])

    @property
    def html(self) -> str:
        """The sentence in bold and the facts as a table, with nothing in it that could be a tag."""
        rows = ""
        for name, value in self.facts.items():
            shown = escape(str(value))
            if name in LINKS:
                shown = f'<a href="{shown}">{shown}</a>'
            rows += f"<tr><td>{name}</td><td>{shown}</td></tr>\n"
        return f"<p><b>{escape(self.sentence)}</b></p>\n<table>\n{rows}</table>\n"


def trouble(subject: str, sentence: str, facts: dict[str, Any], kind: Kind = "failure") -> Message:
    """An alert about something that somebody has to look after, with the section of the runbook about it.

    Secrets that Airflow knows become stars.
    """
    from airflow.sdk.log import redact

    sentence = str(redact(sentence))
    with suppress(OSError):
        facts = facts | {"Runbook": f"docs/runbook.md, “{section_about(sentence)}”"}
    return message(subject, sentence, facts, kind)


def message(subject: str, sentence: str, facts: dict[str, Any], kind: Kind) -> Message:
    """An alert whose line has the subject and the sentence, without the facts that have no value."""
    line = shorten(one_line(f"{subject}: {sentence}"), 150, placeholder=" …")
    return Message(line, sentence, {name: value for name, value in facts.items() if value}, kind)


def section_about(sentence: str) -> str | None:
    """The section of the runbook that is about a sentence: the one that quotes it most literally.

    The runbook quotes sentences line by line in its `text` blocks, with … for what differs.
    """
    matches = []
    for section in re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        for block in re.findall(r"^```text\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if re.fullmatch(".*".join(map(re.escape, line.split("…"))), sentence):
                    matches.append((len(line.replace("…", "")), title))
    return max(matches)[1] if matches else None


def one_line(text: object) -> str:
    """Without line breaks and other characters that could end a header of the mail."""
    return "".join(each if each.isprintable() else " " for each in " ".join(str(text).split()))
