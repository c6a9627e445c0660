"""Running a model: operator after operator, or compiled by XLA where that pays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.lite.interpreter.program import Program


class Compiler:
    """Runs subgraphs.

    Args:
        program: the model.
        enabled: whether it may compile.
    """

    def __init__(self, program: Program, enabled: bool):
        self.program = program
        self.enabled = enabled

    def run(self, index: int, inputs: Sequence[Any], keep: list[Any] | None) -> list[Any]:
        """Run a subgraph; as `Program.run`."""
        return self.program.run(index, inputs, keep)
