"""Convolutions of constant weights by oneDNN, which packs the weights once.

Floats are what oneDNN makes of them. Integers are added up exactly, and rounded as the reference
kernels do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.layers import ACTIVATIONS
from tidefall.lite.interpreter.registry import Layer, Node, namespace
from tidefall.lite.interpreter.requantize import Requantize, RequantizeReal
from tidefall.lite.schema import ActivationFunctionType

_MOST_SHAPES = 8


class PreparedWeights:
    """What the native kernels have ready of one operator, for each shape of its input.

    Args:
        node: the operator.
        order: the axes of its weights in the order `[*window, channels / groups, filters]`.
        activation: of float operators.
        requantize: what becomes of the sums of integer ones.
    """

    def __init__(
        self,
        node: Node,
        order: tuple[int, ...],
        activation: ActivationFunctionType,
        requantize: Requantize | RequantizeReal | None = None,
    ):
        self._node, self._order = node, order
        self._activation, self._requantize = activation, requantize
        self._made: dict[tuple[int, ...], Any] = {}
        weights, bias = node.input(1), node.optional(2)
        self._possible = (
            weights.constant is not None
            and (bias is None or bias.constant is not None)
            and self._fits()
        )

    def _fits(self) -> bool:
        types = [self._node.input(0).dtype, self._node.input(1).dtype, self._node.output().dtype]
        if self._requantize is None:
            return set(types) == {np.dtype(np.float32)} and self._activation in ACTIVATIONS
        bias = self._node.optional(2)
        return set(types) == {np.dtype(np.int8)} and (bias is None or bias.dtype == np.int32)

    def takes(self, x: Any) -> bool:
        """Whether they can do a convolution of an input."""
        if not self._possible or 0 in x.shape or namespace(x) is not np:
            return False
        return native.available()

    def __call__(
        self, x: np.ndarray, w: Any, bias: Any, geometry: Callable[[], tuple[native.Windows, int]]
    ) -> Any:
        """The output; None if the kernels turn out not to know such windows.

        Args:
            x: `[batch, height, width, channels]`.
            w: the weights, as the file has them.
            bias: `[filters]`, or None.
            geometry: gives the windows and the number of groups, for an input of a new shape.
        """
        made = self._made.get(x.shape)
        if made is None:
            made = self.prepare(x, w, bias, geometry)
        return None if made is None else made(np.ascontiguousarray(x))[0]

    def prepare(
        self, x: np.ndarray, w: Any, bias: Any, geometry: Callable[[], tuple[native.Windows, int]]
    ) -> Any:
        """Make ready what is done once for images of a shape; arguments as for a call."""
        if x.shape not in self._made:
            if len(self._made) == _MOST_SHAPES:
                self._made.clear()
            self._made[x.shape] = self._prepare(x, w, bias, *geometry())
        return self._made[x.shape]

    def layer(self, shape: tuple[int, ...]) -> Layer | None:
        """The layer for images of a shape, if it was prepared."""
        made = self._made.get(shape)
        return None if made is None else Layer(made)

    def _prepare(self, x: np.ndarray, w: Any, bias: Any, g: native.Windows, groups: int) -> Any:
        from tidefall.native.prepared import PreparedLayer

        weights = np.ascontiguousarray(np.transpose(w, self._order))
        filters = weights.shape[-1]
        arrays, settings = [x, weights], [groups, 0, *g.strides, *g.dilations, *g.before, *g.after]
        settings.append(self._node.program.threads)
        if bias is None:
            bias = np.zeros(filters, np.int32 if self._requantize else np.float32)
        arrays.append(bias)
        if self._requantize is None:
            name = "float_convolution"
            settings.append(ACTIVATIONS[self._activation])
        else:
            name = "integer_convolution"
            arrays += self._requantize.for_native()
            settings += [
                self._node.input(0).zero_point, self._node.output().zero_point,
                *self._requantize.limits, self._requantize.is_real,
            ]  # fmt: skip
        shape = (x.shape[0], *g.outs, filters)
        try:
            return PreparedLayer(name, arrays, shape, settings)
        except errors.InternalError:  # windows that see nothing but padding, for one
            return None
