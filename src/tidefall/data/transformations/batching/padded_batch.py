"""`Dataset.padded_batch`: consecutive elements, padded to one shape and stacked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.base.errors import DataLossError, InvalidArgumentError
from tidefall.base.shapes import TensorShape
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    static_int,
    transformation,
)
from tidefall.data.engine.elements import Element, stack_values
from tidefall.data.engine.iterators import Derived, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.engine.structure import Structure
from tidefall.data.transformations.batching.batch import BatchNode
from tidefall.graph.static_values import static_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import NoneTensorSpec, TensorSpec
from tidefall.tensor.tensor import Tensor


class PaddedBatchNode(BatchNode):
    """Runs of `size` elements, each component padded to a shape (-1: to the longest)."""

    def __init__(
        self,
        source: Node,
        size: int,
        drop_remainder: bool,
        shapes: Sequence[tuple[int, ...]],
        paddings: Sequence[np.ndarray],
    ):
        super().__init__(source, size, drop_remainder)
        self.padded_shapes = shapes
        self.paddings = paddings

    def describe(self, asked: str) -> Stage:
        return Stage(ONE_BY_ONE, arguments={"": self.size, "drop_remainder": self.drop_remainder})

    def make_iterator(self) -> ElementIterator:
        return _PaddedBatches(self)

    def random_access(self) -> None:
        return None


class _PaddedBatches(Derived):
    __slots__ = ("_batch", "_node")
    _kept = ("_batch",)

    def __init__(self, node: PaddedBatchNode):
        super().__init__(node.inputs[0].make_iterator())
        self._node = node
        self._batch = 0

    def __next__(self) -> Element:
        node, batch = self._node, self._batch
        self._batch = batch + 1
        elements = list(islice(self._source, node.size))
        if not elements or (node.drop_remainder and len(elements) < node.size):
            raise StopIteration
        columns = zip(*elements, strict=True)
        return [_pad(column, i, node, batch) for i, column in enumerate(columns)]


def _pad(
    values: Sequence[np.ndarray], component: int, node: PaddedBatchNode, batch: int
) -> np.ndarray:
    shape, padding = node.padded_shapes[component], node.paddings[component]
    for i, value in enumerate(values):
        if value.ndim != len(shape):
            raise InvalidArgumentError(
                None,
                None,
                "All elements in a batch must have the same rank as the padded shape for "
                f"component{component}: expected rank {len(shape)} but got element with rank "
                f"{value.ndim}: its shape is {list(value.shape)}, and the padded shape "
                f"{list(shape)}.{node.place(batch, i)}",
            )
    if not shape:
        return stack_values(values, component)
    longest = [max(sizes) for sizes in zip(*(value.shape for value in values), strict=True)]
    target = tuple(most if size < 0 else size for size, most in zip(shape, longest, strict=True))
    for i, value in enumerate(values):
        if any(size < most for size, most in zip(target, value.shape, strict=True)):
            raise DataLossError(
                None,
                None,
                f"Attempted to pad to a smaller size than the input element: component {component} "
                f"is padded to {list(target)}, and the element has shape {list(value.shape)}."
                f"{node.place(batch, i)}",
            )
    padded = np.full((len(values), *target), padding[()], values[0].dtype)
    for i, value in enumerate(values):
        padded[(i, *map(slice, value.shape))] = value
    return padded


def _build(
    source: Any,
    batch_size: Any,
    shapes: Sequence[Any],
    paddings: Sequence[Any],
    drop_remainder: Any,
) -> Node:
    return PaddedBatchNode(
        node_of(source),
        int(batch_size),
        bool(drop_remainder),
        [tuple(shape.tolist()) for shape in shapes],
        paddings,
    )


padded_batch_dataset_op = dataset_op("PaddedBatchDatasetV2", _build)


@transformation("padded_batch")
def padded_batch(
    self: DatasetV2,
    batch_size: Any,
    padded_shapes: Any = None,
    padding_values: Any = None,
    drop_remainder: Any = False,
    name: str | None = None,
) -> DatasetV2:
    """Stack consecutive elements after padding them to one shape.

    Args:
        batch_size: how many elements make a batch.
        padded_shapes: structure of shapes, one for each component; a dimension that is None or -1
            becomes the largest in the batch. By default every unknown dimension is.
        padding_values: structure of scalars of the components' dtypes, or one for all; 0 or ""
            by default.
        drop_remainder: leave out the last batch if it has fewer.
        name: accepted for TensorFlow's sake.

    Raises:
        ValueError: a component has unknown rank and no padded shape, or a shape does not fit.
        TypeError: a padding value has another dtype.
        tf.errors.DataLossError: while iterating, an element is larger than its padded shape.

    >>> import tidefall as tf
    >>> ragged = tf.data.Dataset.range(1, 3).map(lambda n: tf.range(n))
    >>> [x.numpy().tolist() for x in ragged.padded_batch(2)]
    [[[0, 0], [0, 1]]]
    """
    _require_tensors(self.element_spec)
    specs = self._structure.flat_specs
    shapes = _flat_shapes(self.element_spec, padded_shapes, specs)
    paddings = _flat_paddings(self.element_spec, padding_values, specs)
    size = static_int(batch_size) if static_int(drop_remainder) else None
    flat = [
        TensorSpec(TensorShape([size]).concatenate(_static_shape(shape)), spec.dtype)
        for shape, spec in zip(shapes, specs, strict=True)
    ]
    batched = data_nest.pack_sequence_as(self.element_spec, flat)
    variant = padded_batch_dataset_op(
        self._variant_tensor,
        batch_size,
        shapes,
        paddings,
        drop_remainder,
        output_shapes=Structure(batched).shapes,
    )
    return new_dataset(variant, batched, [self], shown_name(padded_batch_dataset_op))


def _require_tensors(spec: Any) -> None:
    for leaf in data_nest.flatten(spec):
        if not isinstance(leaf, TensorSpec | NoneTensorSpec):
            raise TypeError(
                "`padded_batch` is only supported for datasets that produce tensor elements, but "
                f"an element contains {leaf}. Pad it in a `map` first, as `to_tensor` does."
            )


def _flat_shapes(element_spec: Any, padded_shapes: Any, specs: Sequence[TensorSpec]) -> list[Any]:
    """One int64 vector for each component, -1 for dimensions that depend on the batch."""
    if padded_shapes is None:
        for i, spec in enumerate(specs):
            if spec.shape.rank is None:
                raise ValueError(
                    f"You must provide `padded_shapes` argument because component {i} has unknown "
                    "rank."
                )
        given: list[Any] = [spec.shape for spec in specs]
    else:
        given = data_nest.flatten_up_to(element_spec, padded_shapes)
    return [_shape_tensor(shape, spec) for shape, spec in zip(given, specs, strict=True)]


def _shape_tensor(shape: Any, spec: TensorSpec) -> Any:
    if isinstance(shape, Tensor):
        if shape.dtype != dtypes.int64 or shape.shape.rank != 1:
            raise TypeError(
                f"Padded shape {shape} must be a `tf.int64` vector tensor, but its type is "
                f"{shape.dtype.name} and its shape is {shape.shape}."
            )
        return shape
    dims = shape.as_list() if isinstance(shape, TensorShape) else list(shape)
    known = TensorShape([None if d is None or d < 0 else int(d) for d in dims])
    if spec.shape.rank is not None and (
        spec.shape.rank != known.rank
        or any(
            a is not None and b is not None and a < b
            for a, b in zip(known.as_list(), spec.shape.as_list(), strict=True)
        )
    ):
        raise ValueError(
            f"The padded shape {known} is not compatible with the shape {spec.shape} of the "
            "corresponding input component."
        )
    return convert_to_tensor([-1 if d is None else d for d in known.as_list()], dtypes.int64)


def _static_shape(shape: Any) -> TensorShape:
    value = static_value(shape) if shape.is_symbolic else shape.host_array()
    if value is None:
        return TensorShape([None] * shape.shape[0])
    return TensorShape([None if d < 0 else int(d) for d in value])


def _flat_paddings(
    element_spec: Any, padding_values: Any, specs: Sequence[TensorSpec]
) -> list[Any]:
    if padding_values is None or not data_nest.is_nested(padding_values):
        given = [padding_values] * len(specs)
    else:
        given = data_nest.flatten_up_to(element_spec, padding_values)
    return [_padding_tensor(value, spec) for value, spec in zip(given, specs, strict=True)]


def _padding_tensor(value: Any, spec: TensorSpec) -> Any:
    if value is None:
        empty = b"" if spec.dtype is dtypes.string else 0
        return convert_to_tensor(np.array(empty).astype(spec.dtype.as_numpy_dtype))
    value = convert_to_tensor(value)
    if value.shape.rank:
        raise ValueError(
            "Invalid `padding_values`. `padding_values` values should be scalars, but got "
            f"{value.shape}."
        )
    if value.dtype != spec.dtype:
        raise TypeError(
            f"Invalid `padding_values`. `padding_values` values type {value.dtype!r} does not "
            f"match type {spec.dtype!r} of the corresponding input component."
        )
    return value
