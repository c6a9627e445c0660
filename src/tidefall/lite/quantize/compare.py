"""A float and a quantized model side by side, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tidefall.lite.converter.ir import LiteProgram, Value
from tidefall.lite.quantize.observed import ObservedProgram

Pair = Callable[[str, Value, np.ndarray, np.ndarray], None]


def dequantized(value: Value, array: np.ndarray) -> np.ndarray:
    """The numbers that integers stand for."""
    q = value.quantization
    if q is None or array.dtype.kind != "i":
        return array
    return (array.astype(np.float32) - np.float32(q.zero_point[0])) * q.scale[0]


@dataclass
class LayerError:
    """How far a layer of a quantized model is from the float one.

    Attributes:
        name: of the tensor.
        operator: that makes it.
        layer: of the source.
        scale, zero_point: of its integers.
        signal, noise: sums of squares of the float numbers and of the differences.
        largest: the largest difference.
        used: share of the integers' range that was used, 0 to 1.
        count: how many numbers.
    """

    name: str
    operator: str
    layer: str
    scale: float
    zero_point: int
    signal: float = 0.0
    noise: float = 0.0
    largest: float = 0.0
    used: float = 0.0
    count: int = 0
    _seen: list[int] = field(default_factory=lambda: [2**31, -(2**31)])

    def see(self, wanted: np.ndarray, got: np.ndarray, integers: np.ndarray) -> None:
        """Take in a run."""
        if not got.size:
            return
        difference = got.astype(np.float64) - wanted
        self.signal += float(np.square(wanted, dtype=np.float64).sum())
        self.noise += float(np.square(difference).sum())
        self.largest = max(self.largest, float(np.abs(difference).max()))
        self.count += got.size
        low, high = int(integers.min()), int(integers.max())
        self._seen = [min(self._seen[0], low), max(self._seen[1], high)]
        info = np.iinfo(integers.dtype)
        self.used = (self._seen[1] - self._seen[0]) / (int(info.max) - int(info.min))

    @property
    def snr(self) -> float:
        """Signal-to-noise ratio in decibels."""
        if not self.noise:
            return math.inf
        return 10 * math.log10(max(self.signal, 1e-30) / self.noise)


def compare(
    before: LiteProgram,
    after: LiteProgram,
    samples: Iterable[tuple[str, Sequence[np.ndarray]]],
    look: Pair | None = None,
    outputs: Callable[[list[Any], list[Any]], None] | None = None,
) -> list[LayerError]:
    """Run both models on samples.

    Args:
        before: the float model.
        after: what was made of it; it knows which of its values stand for which.
        samples: pairs of a signature's name and the arrays of its inputs.
        look: called with the name and the quantized value of each tensor, the float numbers and
            the integers.
        outputs: called with the outputs of both for each sample, as floats.

    Returns:
        The error of each quantized tensor, in the order of the model.
    """
    floats: dict[int, np.ndarray] = {}
    found: dict[int, LayerError] = {}

    def note(value: Value, array: np.ndarray) -> None:
        if value.is_float:
            floats[id(value)] = array

    def meet(value: Value, array: np.ndarray) -> None:
        pair = after.origins.get(id(value))
        if pair is None or value.quantization is None or value.is_constant:
            return
        wanted = floats.get(id(pair[1]))
        if wanted is None or wanted.shape != array.shape:
            return
        entry = found.get(id(value))
        if entry is None:
            code = value.producer.code if value.producer is not None else "input"
            q = value.quantization
            entry = found[id(value)] = LayerError(
                pair[1].name, code, value.layer, float(q.scale[0]), int(q.zero_point[0])
            )
        entry.see(wanted, dequantized(value, array), array)
        if look is not None:
            look(pair[1].name, value, wanted, array)

    first, second = ObservedProgram(before, note), ObservedProgram(after, meet)
    for key, arrays in samples:
        wanted = first.call(key, arrays)
        given = _inputs(after, key, arrays)
        got = second.call(key, given)
        if outputs is not None:
            signature = next(s for s in after.signatures if s.key == key)
            pairs = zip(signature.subgraph.outputs, got, strict=True)
            outputs(wanted, [dequantized(v, np.asarray(a)) for v, a in pairs])
    return list(found.values())


def _inputs(program: LiteProgram, key: str, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    signature = next(s for s in program.signatures if s.key == key)
    found: list[np.ndarray] = []
    for value, array in zip(signature.subgraph.inputs, arrays, strict=True):
        if value.quantization is not None and array.dtype.kind == "f":
            array = value.quantization.quantize(array, value.dtype)
        found.append(array)
    return found
