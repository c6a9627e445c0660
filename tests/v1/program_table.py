"""The programs by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PROGRAMS: dict[str, Callable[[Any], Any]] = {}


def program(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Add a program, which is given TensorFlow or Tidefall."""
    PROGRAMS[function.__name__] = function
    return function
