"""A YAML file as its author meant it: numbers are numbers, texts are texts, and everything has its line.

By YAML 1.1, which PyYAML follows, `yes` is true, the state `NO` is false, `010` is 8 and `1:30` is 90. Here
only `true` and `false` are truth values, only decimal numbers are numbers, and everything else is text, much
as in YAML 1.2. A number with a point is a Decimal, which keeps the digits that were written.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from olist.exceptions import OlistError
from olist.strategy.part import HOW_TO_WRITE, NUMBER

# By tag: what a plain value of this kind looks like, how it may begin, and what becomes of it.
KINDS: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "null": (r"~|null|Null|NULL|", "~nN", lambda text: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text.lower() == "true"),
    "int": (rf"(?=[-+]?[0-9]+$){NUMBER}", "-+0123456789", int),
    "float": (NUMBER, "-+.0123456789", Decimal),
    # What another mapping holds, by YAML's <<.
    "merge": (r"<<", "<", str),
}
TAG = "tag:yaml.org,2002:"
# Keys and, in lists, numbers from 0.
Place = tuple[str | int, ...]
IN_OTHER_WORDS = {"found unhashable key": "a text that begins with braces or brackets has to be in quotes"}


class Document:
    """A file's content, and where each part of it is."""

    def __init__(self, path: Path) -> None:
        """Raises OlistError with the line where the file is not YAML, and FileNotFoundError."""
        self.path = path
        text = _text(path)
        try:
            self.root = yaml.compose(text, Loader=_Loader)
            _check_keys(self.root, path, set())
            self.content = yaml.load(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problem = IN_OTHER_WORDS.get(error.problem or "", error.problem)
            raise OlistError(f"{shown(path)} line {line}: this is not YAML: {problem}.") from error
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            sentence = f"the character U+{error.character:04X} is not allowed"
            raise OlistError(f"{shown(path)} line {line}: this is not YAML: {sentence}.") from error
        except RecursionError as error:
            raise OlistError(f"{shown(path)} line 1: this is not YAML: it is nested too deep.") from error

    def line_of(self, place: Place) -> int:
        """The line (from 1) of the deepest part of `place` that the file has.

        `place` leads there by keys and, in lists, by numbers from 0: ("actions", 2, "when").
        """
        return self._find(place)[0]

    def scalar(self, place: Place) -> yaml.ScalarNode | None:
        """The single value at a place; None if there is none, or more than one."""
        _, node, is_whole = self._find(place)
        return node if is_whole and isinstance(node, yaml.ScalarNode) else None

    def _find(self, place: Place) -> tuple[int, yaml.Node | None, bool]:
        """The line and the node of the deepest part of a place, and whether that is the whole place."""
        node, line = self.root, 1
        for step in place:
            if isinstance(node, yaml.MappingNode):
                pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
                if pair is None:
                    return line, node, False
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
            else:
                return line, node, False
        return line, node, True


def shown(path: Path) -> str:
    """What a file is called in sentences: its name in the project, its whole path elsewhere."""
    return path.name if path.parent == Path(__file__).parent else str(path)


class _Loader(yaml.SafeLoader):
    """Knows the kinds above, texts, lists and mappings, and nothing else."""


def _constructor(kind: str) -> Callable[[yaml.SafeLoader, Any], Any]:
    """Refuses what was only declared to be of a kind (`!!int ten`)."""
    pattern, _, make = KINDS[kind]

    def construct(loader: yaml.SafeLoader, node: Any) -> Any:
        text = loader.construct_scalar(node)
        if not re.fullmatch(pattern, text):
            raise yaml.constructor.ConstructorError(None, None, f"'{text}' is no {kind}", node.start_mark)
        return make(text)

    return construct


_Loader.yaml_implicit_resolvers = {}
_Loader.yaml_constructors = {
    tag: yaml.SafeLoader.yaml_constructors[tag] for tag in (None, f"{TAG}str", f"{TAG}seq", f"{TAG}map")
}
for _kind, (_pattern, _first, _) in KINDS.items():
    _Loader.add_implicit_resolver(f"{TAG}{_kind}", re.compile(f"^(?:{_pattern})$"), [*_first, ""])
    _Loader.add_constructor(f"{TAG}{_kind}", _constructor(_kind))


def _text(path: Path) -> str:
    """The file's text, which has to be UTF-8, with or without a byte order mark."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OlistError(f"The file {path} cannot be read: {error.strerror}.") from error
    try:
        # Every second byte of plain text is 0 in UTF-16, which without its mark would pass for UTF-8.
        return data.replace(b"\0", b"\xff").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise OlistError(
            f"{shown(path)} line {line}: this is not UTF-8: save the file with the encoding UTF-8."
        ) from error


def _check_keys(node: yaml.Node | None, path: Path, visited: set[int]) -> None:
    """Refuses keys that somebody did not mean: the second of two equal ones, and what follows 0 in {a: 0,25}.

    YAML would keep the last of two equal keys without a word, and a condition would be lost. `visited` are
    the nodes that were looked at, since a node may hold itself. Raises OlistError with the line.
    """
    if node is None or id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                line = key.start_mark.line + 1
                if key.value in seen:
                    raise OlistError(f"{shown(path)} line {line}: '{key.value}' is there twice in one place.")
                if node.flow_style and key.value.isdigit() and value.value == "":
                    raise OlistError(
                        f"{shown(path)} line {line}: ',{key.value}' is no part of a number: {HOW_TO_WRITE}."
                    )
                seen.add(key.value)
            _check_keys(value, path, visited)
    elif isinstance(node, yaml.SequenceNode):
        for element in node.value:
            _check_keys(element, path, visited)
