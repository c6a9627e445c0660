"""A model that is run with someone looking at every value, those inside of loops included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.lite.converter.assembly import assemble_with_places
from tidefall.lite.converter.ir import LiteProgram, Value
from tidefall.lite.interpreter.program import Program
from tidefall.lite.schema import read_model, write_model

Observer = Callable[[Value, np.ndarray], None]


class ObservedProgram(Program):
    """Runs a program and shows its values.

    Args:
        program: the program.
        observe: called with each value and its array, after each run of its subgraph.
    """

    def __init__(self, program: LiteProgram, observe: Observer):
        model, self.places = assemble_with_places(program)
        super().__init__(read_model(write_model(model)), "the model")
        self.observe = observe
        self._subgraphs = program.all_subgraphs()
        self._signatures = {s.key: self._subgraphs.index(s.subgraph) for s in program.signatures}

    def call(self, key: str, arrays: Sequence[np.ndarray]) -> list[Any]:
        """Run a signature on arrays in the order of its inputs."""
        return self.run(self._signatures[key], arrays)

    def run(self, index: int, inputs: Sequence[Any], keep: list[Any] | None = None) -> list[Any]:
        """Run a subgraph; see `Program.run`."""
        values: list[Any] = []
        outputs = super().run(index, inputs, values)
        if keep is not None:
            keep[:] = values
        for number, value in self.places[index].items():
            array = values[number]
            if array is not None:
                self.observe(value, np.asarray(array))
        return outputs
