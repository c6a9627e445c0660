"""How programs are executed: what every back end offers, and what it makes of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tidefall.core.run_state import RunState


class Executable(Protocol):
    """A program that is ready to run."""

    def run(self, arguments: Sequence[Any], state: RunState | None = None, /) -> list[Any]:
        """Run once.

        Args:
            arguments: the values of the program's inputs: arrays, and the storage of variables.
            state: what its nodes keep from run to run; only asked for if the program keeps any.
                That of what runs in this thread by default.

        Returns:
            The values of its outputs.
        """
        ...
