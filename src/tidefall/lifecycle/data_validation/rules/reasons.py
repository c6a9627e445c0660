"""What is wrong, in TensorFlow Data Validation's words."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """One thing that is wrong.

    Args:
        type: its name among `AnomalyInfo.Type`.
        short: a few words.
        long: a sentence.
    """

    type: str
    short: str
    long: str = ""


def short_number(value: float) -> str:
    """A number with six significant digits."""
    return f"{value:.6g}"


def to_float32(value: float) -> float:
    """A number as a field of type float holds it."""
    import numpy as np

    with np.errstate(over="ignore"):
        return float(np.float32(value))
