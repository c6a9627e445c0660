"""Pools."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.lite.interpreter import layers
from tidefall.lite.interpreter.kernels.common import (
    activate,
    activation_limits,
    positive,
    quantized_limits,
    window_padding,
)
from tidefall.lite.interpreter.kernels.elementwise import is_quantized
from tidefall.lite.interpreter.registry import Kernel, NativeKernel, Node, kernel, namespace
from tidefall.lite.interpreter.windows import padded
from tidefall.lite.schema import Pool2DOptions


class _Windows:
    """The windows of a pool, one place of the window after another."""

    def __init__(self, options: Pool2DOptions, operator: str):
        self.window = (options.filter_height, options.filter_width)
        self.strides = (options.stride_h, options.stride_w)
        self.padding = options.padding
        self._geometries: dict[tuple[int, ...], list[tuple[int, int, int]]] = {}
        positive(
            operator, filter_height=self.window[0], filter_width=self.window[1],
            stride_h=self.strides[0], stride_w=self.strides[1],
        )  # fmt: skip

    def geometry(self, x: Any) -> list[tuple[int, int, int]]:
        found = self._geometries.get(x.shape[1:3])
        if found is None:
            found = [
                window_padding(
                    x.shape[axis + 1], self.window[axis], self.strides[axis], 1, self.padding
                )
                for axis in range(2)
            ]
            self._geometries[x.shape[1:3]] = found
        return found

    def settings(self, x: Any) -> list[int]:
        """Windows, strides and padding before, as native layers take them."""
        return [*self.window, *self.strides, *(before for _, before, _ in self.geometry(x))]

    def places(self, x: Any, value: Any) -> Any:
        """For each place of the window, what stands there in all windows."""
        rows, columns = self.geometry(x)
        x = padded(x, [rows[1:], columns[1:]], value)
        for row in range(self.window[0]):
            for column in range(self.window[1]):
                yield x[
                    :,
                    row : row + (rows[0] - 1) * self.strides[0] + 1 : self.strides[0],
                    column : column + (columns[0] - 1) * self.strides[1] + 1 : self.strides[1],
                ]

    def reduce(self, x: Any, value: Any, function: Any) -> Any:
        """A reduction of all windows, where `value` stands outside."""
        found = None
        for part in self.places(x, value):
            found = part.copy() if found is None else function(found, part, out=found)
        return found

    def greatest(self, x: Any, lowest: Any) -> Any:
        """The greatest of each window: of its columns, and of those, its rows."""
        rows, columns = self.geometry(x)
        x = padded(x, [rows[1:], columns[1:]], lowest)
        for axis, (count, _, _) in ((1, rows), (2, columns)):
            stride, before = self.strides[axis - 1], (slice(None),) * axis
            reach = (count - 1) * stride + 1
            parts = [
                x[(*before, slice(i, i + reach, stride))] for i in range(self.window[axis - 1])
            ]
            x = parts[0] if len(parts) == 1 else np.maximum(parts[0], parts[1])
            for part in parts[2:]:
                np.maximum(x, part, out=x)
        return x

    def counts(self, x: Any) -> Any:
        """How many elements of each window lie inside, `[1, rows, columns, 1]`."""
        inside = np.ones((1, x.shape[1], x.shape[2], 1), np.int32)
        return self.reduce(inside, 0, np.add)

    def xla(self, x: Any, value: Any, function: Any) -> Any:
        import jax

        rows, columns = self.geometry(x)
        pads = ((0, 0), rows[1:], columns[1:], (0, 0))
        return jax.lax.reduce_window(
            x, x.dtype.type(value), function, (1, *self.window, 1), (1, *self.strides, 1), pads
        )


@kernel("MAX_POOL_2D", traceable=True)
def max_pool(node: Node) -> Kernel:
    options = node.option(Pool2DOptions)
    windows = _Windows(options, node.operator)
    activation = options.fused_activation_function
    if is_quantized(node):
        limits = quantized_limits(node.output(), activation, node.operator)
        lowest = int(np.iinfo(node.input(0).dtype).min)
        whole = limits == (lowest, int(np.iinfo(node.input(0).dtype).max))

        def greatest(x: Any) -> Any:
            found = windows.greatest(x, lowest)
            return found if whole else np.clip(found, *limits)

        return NativeKernel(greatest, layers.pool(True, windows.settings, limits))

    def run(x: Any) -> Any:
        if namespace(x) is np:
            found = windows.greatest(x, np.float32(-np.inf))
        else:
            import jax

            found = windows.xla(x, -np.inf, jax.lax.max)
        return activate(found, activation, node.operator)

    limits = activation_limits(activation, node.operator)
    return NativeKernel(run, layers.pool(True, windows.settings, limits))


@kernel("AVERAGE_POOL_2D", traceable=True)
def average_pool(node: Node) -> Kernel:
    options = node.option(Pool2DOptions)
    windows = _Windows(options, node.operator)
    activation = options.fused_activation_function
    if is_quantized(node):
        limits = quantized_limits(node.output(), activation, node.operator)

        def quantized(x: Any) -> Any:
            total = windows.reduce(x.astype(np.int32), 0, np.add)
            count = windows.counts(x)
            whole = (np.abs(total) + count // 2) // count
            return np.clip(np.where(total < 0, -whole, whole), *limits).astype(x.dtype)

        return NativeKernel(quantized, layers.pool(False, windows.settings, limits))

    def run(x: Any) -> Any:
        if namespace(x) is np:
            total = windows.reduce(x, np.float32(0), np.add)
        else:
            import jax

            total = windows.xla(x, 0, jax.lax.add)
        counts = windows.counts(x).astype(np.float32)
        return activate(total / counts, activation, node.operator)

    limits = activation_limits(activation, node.operator)
    return NativeKernel(run, layers.pool(False, windows.settings, limits))


@kernel("L2_POOL_2D", traceable=True)
def l2_pool(node: Node) -> Kernel:
    options = node.option(Pool2DOptions)
    windows = _Windows(options, node.operator)

    def run(x: Any) -> Any:
        xp = namespace(x)
        if xp is np:
            total = windows.reduce(x * x, np.float32(0), np.add)
        else:
            import jax

            total = windows.xla(x * x, 0, jax.lax.add)
        mean = total / windows.counts(x).astype(np.float32)
        return activate(xp.sqrt(mean), options.fused_activation_function, node.operator)

    return run
