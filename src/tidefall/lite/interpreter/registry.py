"""Kernels by operator, and what they are told of the operator they are for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tidefall.base import errors
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.schema import Table

if TYPE_CHECKING:
    from tidefall.lite.interpreter.program import Program

Kernel = Callable[..., Any]
"""Arrays of the inputs (None for absent ones) to the array of the output, or a tuple of them."""

_T = TypeVar("_T", bound=Table)


class Node:
    """An operator of a subgraph, as its kernel is made for it.

    Args:
        program: the model that it belongs to, for kernels that run other subgraphs.
        operator: "ADD", or the name of a custom operator.
        version: the version of the operator that the file asks for.
        options: its options; None if the file has none.
        custom_options: the bytes of a custom operator's options.
        inputs: the tensors it reads; None for those that are absent.
        outputs: the tensors it writes.
        temporaries: tensors that tell how intermediate values are quantized.
    """

    def __init__(
        self,
        program: Program,
        operator: str,
        version: int,
        options: Table | None,
        custom_options: bytes,
        inputs: tuple[TensorInfo | None, ...],
        outputs: tuple[TensorInfo, ...],
        temporaries: tuple[TensorInfo, ...] = (),
    ):
        self.program = program
        self.operator = operator
        self.version = version
        self.options = options
        self.custom_options = custom_options
        self.inputs = inputs
        self.outputs = outputs
        self.temporaries = temporaries

    def option(self, cls: type[_T]) -> _T:
        """The options, which must be of this class; its defaults where the file has none."""
        if self.options is None:
            return cls()
        if type(self.options) is not cls:
            raise errors.InvalidArgumentError(
                None,
                None,
                f"{self.operator} has options {type(self.options).__name__}, not {cls.__name__}.",
            )
        return self.options

    def input(self, index: int) -> TensorInfo:
        """An input that must be there."""
        found = self.inputs[index] if index < len(self.inputs) else None
        if found is None:
            raise errors.InvalidArgumentError(
                None, None, f"{self.operator} has no input {index}; it has {len(self.inputs)}."
            )
        return found

    def optional(self, index: int) -> TensorInfo | None:
        """An input that may be absent."""
        return self.inputs[index] if index < len(self.inputs) else None

    def output(self, index: int = 0) -> TensorInfo:
        """An output."""
        if index >= len(self.outputs):
            raise errors.InvalidArgumentError(
                None, None, f"{self.operator} has no output {index}; it has {len(self.outputs)}."
            )
        return self.outputs[index]

    def unsupported(self, what: str = "") -> errors.UnimplementedError:
        """The error for types that the kernel has no code for."""
        types = ", ".join("none" if each is None else each.type.name for each in self.inputs)
        into = ", ".join(each.type.name for each in self.outputs)
        return errors.UnimplementedError(
            None, None, f"{self.operator} of ({types}) to ({into}){what} cannot be run yet."
        )


@dataclass(frozen=True, slots=True)
class Stateful:
    """What a kernel gives that changes variable tensors among its inputs.

    Args:
        outputs: the outputs.
        written: new values of inputs, by their place.
    """

    outputs: tuple[Any, ...]
    written: dict[int, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    """What native code does for an operator, in a row with others.

    Args:
        prepared: a `tidefall.native.prepared.PreparedLayer`; None where the output has the data of the
            input under another shape.
        reads: the places of the inputs that it reads; others are constants, which it has.
    """

    prepared: Any
    reads: tuple[int, ...] = (0,)


class NativeKernel:
    """A kernel that has a native layer, too.

    Args:
        run: the kernel.
        layer: the layer for arrays of its inputs and of its output; None where there is none for such.
    """

    def __init__(self, run: Kernel, layer: Callable[[Sequence[Any], Any], Layer | None]):
        self._run, self.layer = run, layer

    def __call__(self, *inputs: Any) -> Any:
        return self._run(*inputs)


Factory = Callable[[Node], Kernel]
KERNELS: dict[str, Factory] = {}
"""What makes a kernel, by the operator's name."""
TRACEABLE: set[str] = set()
"""Operators whose float kernels take jax arrays as well, and so can be compiled."""


def kernel(*operators: str, traceable: bool = False) -> Callable[[Factory], Factory]:
    """Registers what makes the kernel of an operator, or of several alike."""

    def register(factory: Factory) -> Factory:
        for operator in operators:
            KERNELS[operator] = factory
            if traceable:
                TRACEABLE.add(operator)
        return factory

    return register


def namespace(*arrays: Any) -> Any:
    """`numpy`, or `jax.numpy` if one of the arrays is being traced."""
    for each in arrays:
        if each is not None and not isinstance(each, (np.ndarray, np.generic)):
            import jax.numpy as jnp

            return jnp
    return np
