"""Where things are: the project, and beside it what a fresh clone does not have."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared"
SAMPLE = SHARED / "olist-sample"
