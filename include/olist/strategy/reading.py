"""Reads strategy.yaml; a mistake in it is a sentence with its line."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from olist.exceptions import OlistError
from olist.strategy.rules import FaultError, Strategy

STRATEGY_FILE = Path(__file__).with_name("strategy.yaml")


def read_strategy(path: Path = STRATEGY_FILE) -> Strategy:
    """The strategy in a YAML file.

    Raises OlistError with the file, the line and what is wrong there.
    """
    try:
        _refuse_repeated_keys(path)
        return Strategy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except FileNotFoundError as error:
        raise OlistError(f"There is no strategy file {path}.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise OlistError(f"{path.name} line {line}: this is not YAML: {error.problem}.") from error
    except ValidationError as error:
        # A misspelt name is both an unknown one and a missing one: its line is that of the unknown one.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        cause = first.get("ctx", {}).get("error")
        place = cause.place if isinstance(cause, FaultError) else first["loc"]
        sentence = str(cause) if cause else f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise OlistError(f"{path.name} line {line_of(path, place)}: {sentence}.") from error


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
                raise OlistError(f"{path.name} line {line}: '{key.value}' is there twice in one place.")
            seen.add(key.value)
            _refuse_repeats_in(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for element in node.value:
            _refuse_repeats_in(element, path)
