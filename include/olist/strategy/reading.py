"""Reads strategy.yaml and campaigns.yaml; a mistake in one of them is a sentence with its line."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from olist.exceptions import OlistError
from olist.strategy.campaigns import Campaign
from olist.strategy.rules import FaultError, Strategy

STRATEGY_FILE = Path(__file__).with_name("strategy.yaml")
CAMPAIGNS_FILE = STRATEGY_FILE.with_name("campaigns.yaml")
Content = TypeVar("Content")
CAMPAIGNS: TypeAdapter[dict[str, Campaign]] = TypeAdapter(dict[str, Campaign])


def strategy_file() -> Path:
    """The file that decides who gets what: OLIST_STRATEGY, else that of the project.

    Read anew each time, so that every task of a run looks where the first one looked.
    """
    given = os.environ.get("OLIST_STRATEGY")
    return Path(given).expanduser().resolve() if given else STRATEGY_FILE


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
            raise _mistake(path, (name,), f"'{name}' is not one of the segments {', '.join(segments)}")
    return campaigns


def shown(path: Path) -> str:
    """What a file is called in sentences: its name in the project, its whole path elsewhere."""
    return path.name if path.parent == STRATEGY_FILE.parent else str(path)


def line_of(path: Path, place: tuple[Any, ...]) -> int:
    """The line (from 1) of the deepest part of `place` that the file has.

    `place` leads there by keys and, in lists, by numbers from 0: ("actions", 2, "when").
    """
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _read(path: Path, check: Callable[[Any], Content]) -> Content:
    """What `check` (a validation by pydantic) makes of the file's content."""
    try:
        _refuse_repeated_keys(path)
        return check(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise OlistError(f"{shown(path)} line {line}: this is not YAML: {error.problem}.") from error
    except ValidationError as error:
        # A misspelt name is both an unknown one and a missing one: its line is that of the unknown one.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        cause = first.get("ctx", {}).get("error")
        place = cause.place if isinstance(cause, FaultError) else first["loc"]
        sentence = str(cause) if cause else f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise _mistake(path, place, sentence) from error


def _mistake(path: Path, place: tuple[Any, ...], sentence: str) -> OlistError:
    return OlistError(f"{shown(path)} line {line_of(path, place)}: {sentence}.")


def _refuse_repeated_keys(path: Path) -> None:
    """YAML would keep the last of two equal keys without a word, and a condition would be lost.

    Raises OlistError with the line of the second one, or yaml.MarkedYAMLError.
    """
    _refuse_repeats_in(yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader), path)


def _refuse_repeats_in(node: yaml.Node | None, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise OlistError(f"{shown(path)} line {line}: '{key.value}' is there twice in one place.")
            seen.add(key.value)
            _refuse_repeats_in(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for element in node.value:
            _refuse_repeats_in(element, path)
