"""Spectra of real signals."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.lite.converter.lowering.builder import Builder
from tidefall.lite.converter.lowering.registry import CannotLower, lower
from tidefall.op import raw


@lower(raw.RFFT)
def _rfft(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    """A transform of pictures of one row."""
    x, length = inputs
    known = length.data
    if known is None or int(known.reshape(-1)[0]) & (int(known.reshape(-1)[0]) - 1):
        raise CannotLower("LiteRT transforms signals whose length is a power of two")
    size = int(known.reshape(-1)[0])
    if x.shape[-1] is None or x.shape[-1] < size:
        raise CannotLower("the signal is shorter than the transform, or its length is free")
    picture = b.reshape(x, (*x.shape[:-1], 1, x.shape[-1]))
    dims = (*x.shape[:-1], 1, size // 2 + 1)
    made = b.op("RFFT2D", [picture, b.const([1, size], np.int32)], dims, np.complex64)
    return b.reshape(made, (*x.shape[:-1], size // 2 + 1))


def _part(code: str) -> Any:
    def rule(b: Builder, node: Operation, inputs: list[Any]) -> Value:
        if inputs[0].dtype != np.complex64:
            raise CannotLower(f"LiteRT has no kernel of it for {inputs[0].dtype}")
        return b.like(code, inputs, node)

    return rule


lower(raw.ComplexAbs)(_part("COMPLEX_ABS"))
lower(raw.Imag)(_part("IMAG"))
lower(raw.Real)(_part("REAL"))
