"""How the arrays of one program lie on the devices of a mesh, in jax's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.graph.func_graph import FuncGraph
from tidefall.runtime.backend import Shardings


class ProgramShardings:
    """The shardings of a program's inputs and outputs.

    Args:
        jax: the module.
        shardings: what was asked for.
        graph: the program's graph.
        name: its name, for messages.

    Attributes:
        inputs: a `jax.sharding.NamedSharding` for each input.

    Raises:
        InvalidArgumentError: if there is not one specification for each input, or output.
    """

    def __init__(self, jax: Any, shardings: Shardings, graph: FuncGraph, name: str):
        self._jax = jax
        self._mesh = shardings.mesh
        counts = [("inputs", shardings.inputs, graph.inputs)]
        if shardings.outputs is not None:
            counts.append(("outputs", shardings.outputs, graph.outputs))
        for what, given, wanted in counts:
            if len(given) != len(wanted):
                raise InvalidArgumentError(
                    None,
                    None,
                    f"{name} has {len(wanted)} {what}, captures included, and got the shardings of "
                    f"{len(given)}.",
                )
        self.inputs = [self._named(spec) for spec in shardings.inputs]
        outputs = shardings.outputs
        self._outputs = None if outputs is None else [self._named(spec) for spec in outputs]

    def _named(self, spec: tuple[Any, ...]) -> Any:
        sharding = self._jax.sharding
        return sharding.NamedSharding(self._mesh, sharding.PartitionSpec(*spec))

    def of_flat_call(self, outputs: Sequence[int]) -> dict[str, Any]:
        """Options for `jax.jit` of a function of all inputs.

        Args:
            outputs: which of the program's outputs it returns.
        """
        return {"in_shardings": tuple(self.inputs), "out_shardings": self._of_outputs(outputs)}

    def of_update(
        self,
        written: Sequence[int],
        read: Sequence[int],
        plain: Sequence[int],
        outputs: Sequence[int],
        draws: bool,
    ) -> dict[str, Any]:
        """Options for `jax.jit` of a function of inputs in three lists, and of random positions,
        that returns outputs, new values of what is written, and new positions.

        Args:
            written, read, plain: which inputs are in each list.
            outputs: which of the program's outputs it returns.
            draws: whether there are random positions.
        """
        given = [[self.inputs[i] for i in positions] for positions in (written, read, plain)]
        whole = self._named(())
        positions = whole if draws else None
        return {
            "in_shardings": (*given, whole) if draws else tuple(given),
            "out_shardings": (self._of_outputs(outputs), given[0], positions),
        }

    def _of_outputs(self, outputs: Sequence[int]) -> list[Any] | None:
        return None if self._outputs is None else [self._outputs[i] for i in outputs]
