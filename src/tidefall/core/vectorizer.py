"""The way from Jacobians, which stand low, to the vectorization of functions, which stands high."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[Any], list[Any]]


class Vectorizer:
    """The way to run a function on many inputs at once; the function layer's, once connected."""

    def connect(self, run: Callable[..., list[Any]]) -> None:
        """Use `run(step, rows, parallel, limit)` from now on."""
        self.run = run

    run: Callable[..., list[Any]]


vectorizer = Vectorizer()
