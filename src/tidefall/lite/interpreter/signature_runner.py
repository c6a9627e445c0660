"""A signature of a model, called by the names of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tidefall.lite.interpreter.engine import Engine


class SignatureRunner:
    """Runs one signature of an interpreter's model; made by `get_signature_runner`."""

    def __init__(self, engine: Engine, signature_key: str):
        self._engine = engine
        self._key = signature_key
        signature = engine.signatures[signature_key]
        self._inputs: dict[str, int] = signature["inputs"]
        self._outputs: dict[str, int] = signature["outputs"]
        self._subgraph: int = signature["subgraph"]

    def __call__(self, **kwargs: Any) -> dict[str, Any]:
        """Run the signature.

        Args:
            kwargs: an array for each input, by its name; inputs take its shape.

        Returns:
            An array for each output, by its name.

        Raises:
            ValueError: if inputs are missing or unknown, or dtypes are others.
            RuntimeError: if an operator fails.
        """
        if len(kwargs) != len(self._inputs):
            raise ValueError(
                "Invalid number of inputs provided for running a SignatureDef, expected "
                f"{len(self._inputs)} vs provided {len(kwargs)}: {self._key!r} takes "
                f"{', '.join(self._inputs) or 'none'}."
            )
        for name in kwargs:
            if name not in self._inputs:
                raise ValueError(
                    f"Invalid Input name ({name}) for SignatureDef {self._key!r}, which takes "
                    f"{', '.join(self._inputs)}."
                )
        engine, subgraph = self._engine, self._subgraph
        for name, value in kwargs.items():
            engine.resize(subgraph, self._inputs[name], np.shape(value))
        engine.allocate(subgraph)
        for name, value in kwargs.items():
            engine.set(subgraph, self._inputs[name], value)
        engine.invoke(subgraph)
        return {
            name: np.array(engine.current(subgraph, index)) for name, index in self._outputs.items()
        }

    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """What the inputs are, by name, as `Interpreter.get_input_details`."""
        return self._details(self._inputs)

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """What the outputs are, by name, as `Interpreter.get_input_details`."""
        return self._details(self._outputs)

    def _details(self, tensors: dict[str, int]) -> dict[str, dict[str, Any]]:
        return {
            name: self._engine.details(self._subgraph, index) for name, index in tensors.items()
        }
