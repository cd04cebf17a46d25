"""Reads strategy.yaml and campaigns.yaml; a mistake in one of them is a sentence with its line."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from olist.exceptions import OlistError
from olist.strategy.campaigns import Campaign
from olist.strategy.document import Document, Place, shown
from olist.strategy.rules import FaultError, Strategy

STRATEGY_FILE = Path(__file__).with_name("strategy.yaml")
CAMPAIGNS_FILE = STRATEGY_FILE.with_name("campaigns.yaml")
Content = TypeVar("Content")
CAMPAIGNS: TypeAdapter[dict[str, Campaign]] = TypeAdapter(dict[str, Campaign])


def strategy_file() -> Path:
    """The file that decides who gets what: OLIST_STRATEGY (it, or its folder), else that of the project.

    Read anew each time, so that every task of a run looks where the first one looked.
    """
    given = os.environ.get("OLIST_STRATEGY")
    if not given:
        return STRATEGY_FILE
    path = Path(given).expanduser().resolve()
    return path / STRATEGY_FILE.name if path.is_dir() else path


def read_strategy(path: Path | None = None) -> Strategy:
    """The strategy in a YAML file, `strategy_file()` unless another one is named.

    Raises OlistError with the file, the line and what is wrong there.
    """
    path = path or strategy_file()
    try:
        return _read(path, Strategy.model_validate)
    except FileNotFoundError as error:
        raise OlistError(f"There is no strategy file {path}.") from error


def read_campaigns(strategy: Strategy, path: Path | None = None) -> dict[str, Campaign]:
    """The campaigns by segment: those of campaigns.yaml beside the strategy's file, unless another is named.

    Without that file there are none. Raises OlistError as `read_strategy` does, and for a segment that the
    strategy does not have.
    """
    path = path or strategy_file().with_name(CAMPAIGNS_FILE.name)
    try:
        campaigns = _read(path, CAMPAIGNS.validate_python)
    except FileNotFoundError:
        return {}
    segments = [segment.name for segment in strategy.segments]
    for name in campaigns:
        if name not in segments:
            raise _mistake(
                Document(path), (name,), f"'{name}' is not one of the segments {', '.join(segments)}"
            )
    return campaigns


def line_of(path: Path, place: Place) -> int:
    """The line (from 1) of the deepest part of `place` that the file has: see Document."""
    return Document(path).line_of(place)


def _read(path: Path, check: Callable[[Any], Content]) -> Content:
    """What `check` (a validation by pydantic) makes of the file's content."""
    document = Document(path)
    try:
        return check({} if document.content is None else document.content)
    except ValidationError as error:
        # A misspelt name is both an unknown one and a missing one: its line is that of the unknown one.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        raise _mistake(document, *_place_and_sentence(document, first)) from error


def _place_and_sentence(document: Document, error: Any) -> tuple[Place, str]:
    """Where an error of pydantic is, and what it says, with the value as it was written."""
    cause = error.get("ctx", {}).get("error")
    place = cause.place if isinstance(cause, FaultError) else error["loc"]
    where = ".".join(map(str, error["loc"]))
    sentence = str(cause) if cause else f"{where}: {error['msg']}" if where else error["msg"]
    value = document.scalar(place)
    is_about_it = (
        getattr(cause, "shows_value", False) if cause else error["type"] not in ("extra_forbidden", "number")
    )
    if value is None or not is_about_it:
        return place, sentence
    in_quotes = ", which is a text only in quotes" if error["type"] == "string_type" and value.value else ""
    return place, f"{sentence}; the file says {value.value or 'nothing'}{in_quotes}"


def _mistake(document: Document, place: Place, sentence: str) -> OlistError:
    return OlistError(f"{shown(document.path)} line {document.line_of(place)}: {sentence}.")
