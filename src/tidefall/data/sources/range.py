"""`Dataset.range`: evenly spaced numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    shown_name,
    source,
    variant_of,
)
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Element
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import BY_NUMBER, Stage
from tidefall.op.traits import STATELESS
from tidefall.tensor.specs import TensorSpec


class RangeNode(Node):
    """The numbers of a Python range, in some dtype."""

    def __init__(self, numbers: range, dtype: Any):
        self.numbers = numbers
        self.dtype = dtype

    def describe(self, asked: str) -> Stage:
        numbers = self.numbers
        return Stage(BY_NUMBER, arguments={"": f"{numbers.start}, {numbers.stop}, {numbers.step}"})

    def cardinality(self) -> int:
        return len(self.numbers)

    def random_access(self) -> RandomAccess:
        return _RangeAccess(self)

    def part(self, start: int, end: int) -> np.ndarray:
        """Numbers `start` to `end`, not included."""
        part = self.numbers[start:end]
        return np.arange(part.start, part.stop, part.step, np.int64).astype(self.dtype, copy=False)


class _RangeAccess(RandomAccess):
    __slots__ = ("_node", "size")

    def __init__(self, node: RangeNode):
        self._node = node
        self.size = len(node.numbers)

    def element(self, index: int) -> Element:
        return [np.array(self._node.numbers[index], self._node.dtype)]

    def gather(self, indices: np.ndarray) -> list[Any]:
        numbers = self._node.numbers
        return [(numbers.start + numbers.step * indices).astype(self._node.dtype, copy=False)]

    def part(self, start: int, end: int) -> list[Any]:
        return [self._node.part(start, end)]


def _build(start: Any, stop: Any, step: Any, *, output_types: list[DType]) -> Node:
    if not step:
        raise InvalidArgumentError(None, None, "step must be a non-zero integer.")
    return RangeNode(range(int(start), int(stop), int(step)), output_types[0].as_numpy_dtype)


range_dataset_op = dataset_op("RangeDataset", _build, traits=(STATELESS,))


@source("range")
def range_(*args: Any, output_type: Any = dtypes.int64, name: str | None = None) -> DatasetV2:
    """A dataset of evenly spaced numbers.

    Args:
        *args: `stop`; `start, stop`; or `start, stop, step`, as of Python's `range`.
        output_type: dtype of the elements.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: for no argument, or more than three.
        tf.errors.InvalidArgumentError: `step` is 0.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(5, 0, -2).as_numpy_iterator())
    [np.int64(5), np.int64(3), np.int64(1)]
    """
    if not 1 <= len(args) <= 3:
        raise ValueError(
            f"Invalid `args`. The length of `args` should be between 1 and 3 but was {len(args)}."
        )
    start, stop, step = {1: (0, *args, 1), 2: (*args, 1), 3: args}[len(args)]
    dtype = as_dtype(output_type)
    variant = variant_of(
        range_dataset_op, start, stop, step, output_types=[dtype], output_shapes=[TensorShape([])]
    )
    return new_dataset(variant, TensorSpec([], dtype), kind=shown_name(range_dataset_op))
