"""Channels last beside channels first.

ONNX has channels first, TensorFlow's kernels want them last. A convolution gives both: what it
made, and a Transpose of that. Ops on elements take the first where they can, so that most of the
Transposes have no reader and fall away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Layouts:
    """Knows which tensors stand for others with channels last."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[Any, Any]] = {}

    def last(self, x: Any, rank: int) -> Any:
        """A tensor [batch, channels, ...] with channels last."""
        import tidefall as tf

        found = self.known_last(x)
        if found is not None:
            return found
        made = tf.transpose(x, [0, *range(2, rank), 1])
        self._last[id(x)] = (x, made)
        return made

    def known_last(self, x: Any) -> Any:
        """A tensor with channels last, if it is there already."""
        found = self._last.get(id(x))
        return None if found is None else found[1]

    def first(self, last: Any, rank: int) -> Any:
        """A tensor with channels first, of which is remembered how it is with channels last."""
        import tidefall as tf

        made = tf.transpose(last, [0, rank - 1, *range(1, rank - 1)])
        self._last[id(made)] = (made, last)
        return made

    def elementwise(self, run: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        """Run a function of elements on what has channels last, where that is known.

        Args:
            run: takes the inputs, broadcast together.
            inputs: tensors, arrays, or None.
        """
        lasts = [
            None if v is None or isinstance(v, np.ndarray) else self.known_last(v) for v in inputs
        ]
        found = [v for v in lasts if v is not None]
        if not found:
            return run(*inputs)
        rank = found[0].shape.rank
        given: list[Any] = []
        for value, last in zip(inputs, lasts, strict=True):
            if last is not None:
                given.append(last)
            elif value is None or not len(value.shape):
                given.append(value)
            elif isinstance(value, np.ndarray) and value.ndim <= rank:
                wide = value.reshape((1,) * (rank - value.ndim) + value.shape)
                given.append(np.moveaxis(wide, 1, -1))
            else:
                return run(*inputs)
        return self.first(run(*given), rank)
