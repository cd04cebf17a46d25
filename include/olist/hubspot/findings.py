"""What was found out about an account before it is delivered to: a sentence each, with the way out."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One sentence. `weight`: it makes a delivery impossible, is to be known, or is only worth a note."""

    sentence: str
    weight: Literal["stop", "warning", "note"] = "stop"
