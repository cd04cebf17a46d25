"""A strategy.yaml that differs from the project's in a few texts."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from olist.strategy.reading import STRATEGY_FILE

NO_HOLDOUT = "holdout: {share: 0}"


@contextmanager
def in_force(*replaced: tuple[str, str]) -> Iterator[None]:
    """Puts a strategy.yaml in force in which texts are replaced by others."""
    text = STRATEGY_FILE.read_text(encoding="utf-8")
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    before = os.environ.get("OLIST_STRATEGY")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "strategy.yaml"
        path.write_text(text, encoding="utf-8")
        os.environ["OLIST_STRATEGY"] = str(path)
        try:
            yield
        finally:
            os.environ.pop("OLIST_STRATEGY")
            if before is not None:
                os.environ["OLIST_STRATEGY"] = before


def holdout(share: float, salt: str | None = None) -> tuple[str, str]:
    """To be replaced, so that people are held out."""
    more = "" if salt is None else f", salt: {salt!r}"
    return NO_HOLDOUT, f"holdout: {{share: {share}{more}}}"
