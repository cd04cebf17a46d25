"""Where something is in a YAML file, so that a person can be sent to the line."""

from pathlib import Path
from typing import Any

import yaml

from olist.exceptions import OlistError


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


def refuse_repeated_keys(path: Path) -> None:
    """YAML would keep the last of two equal keys without a word, and a condition would be lost.

    Raises OlistError with the line of the second one, or yaml.MarkedYAMLError.
    """
    _refuse_repeated_keys(yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader), path)


def _refuse_repeated_keys(node: yaml.Node | None, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise OlistError(f"{path.name} line {line}: '{key.value}' is there twice in one place.")
            seen.add(key.value)
            _refuse_repeated_keys(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for element in node.value:
            _refuse_repeated_keys(element, path)
