"""What a shape rule sees: shapes, attributes and the input values known before running."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.definition import Attrs, OpDef
from tidefall.tensor.tensor import EagerTensor, TypedTensor

MAX_STATIC_ELEMENTS = 4096
"""Values larger than this are never looked at while inferring shapes."""
LARGEST_RANK = 254
"""TensorFlow's tensors have no more dimensions."""


class Inference:
    """The context of one shape inference; shape rules are `f(c: Inference) -> shapes`.

    A rule returns one TensorShape (or list of dimensions) for a single output, or a list of
    TensorShapes, one for each flat output. It raises ValueError for inputs that cannot fit.
    """

    def __init__(self, definition: OpDef, inputs: Sequence[Any], attrs: Attrs):
        self.definition = definition
        self.inputs = inputs
        self.attrs = attrs

    def attr(self, name: str) -> Any:
        """Value of an attribute."""
        return self.attrs[name]

    @property
    def n_inputs(self) -> int:
        return len(self.inputs)

    def shape(self, index: int) -> TensorShape:
        """Static shape of a flat input."""
        return self.inputs[index].shape

    def shapes(self) -> list[TensorShape]:
        """Static shapes of all flat inputs."""
        return [t.shape for t in self.inputs]

    def constant(self, index: int) -> np.ndarray | None:
        """Value of an input if it is known statically, else None."""
        raise NotImplementedError

    def constant_shape(self, index: int) -> TensorShape:
        """The shape that an integer vector input stands for, with unknown dimensions as None."""
        value = self.constant(index)
        if value is None:
            length = self.shape(index)
            return (
                TensorShape(None)
                if length.rank != 1 or length[0] is None
                else TensorShape([None] * length[0])
            )
        return TensorShape([None if d < 0 else int(d) for d in value.reshape(-1)])


class EagerInference(Inference):
    """Inference over eager tensors: every value is known."""

    def constant(self, index: int) -> np.ndarray | None:
        tensor = self.inputs[index]
        if isinstance(tensor, TypedTensor) or not isinstance(tensor, EagerTensor):
            return None
        return tensor.host_array()
