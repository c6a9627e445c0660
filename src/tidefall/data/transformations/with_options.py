"""`Dataset.with_options`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.state import state
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
)
from tidefall.data.engine.node import Node, TransparentNode
from tidefall.data.options import Options, merge_options, parse_options, serialize_options
from tidefall.tensor.tensor import TypedTensor


class OptionsNode(TransparentNode):
    """The input's elements, and options for the whole pipeline."""

    options: Options

    def __init__(self, source: Node, options: Options, types: Sequence[DType]):
        self.inputs = (source,)
        self.options = options
        self.types = types


def _build(source: Any, *, serialized_options: bytes | str, output_types: Sequence[DType]) -> Node:
    data = serialized_options
    options = parse_options(Options, data.encode() if isinstance(data, str) else data)
    return OptionsNode(node_of(source), options, output_types)


options_dataset_op = dataset_op("OptionsDataset", _build)


@transformation("with_options")
def with_options(self: DatasetV2, options: Options, name: str | None = None) -> DatasetV2:
    """The dataset with options; those set here win over the ones it has.

    Args:
        options: a `tf.data.Options`.
        name: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> options = tf.data.Options()
    >>> options.threading.private_threadpool_size = 2
    >>> dataset = tf.data.Dataset.range(3).with_options(options)
    >>> dataset.options().threading.private_threadpool_size
    2
    """
    own = merge_options([options])  # as they are now
    if state.needs_dispatch:
        variant = options_dataset_op(
            self._variant_tensor, serialized_options=serialize_options(own), **self._flat_structure
        )
    else:
        # The op would parse again what was just serialized.
        node = OptionsNode(self._node, own, self._flat_structure["output_types"])
        node.shapes = self._structure.shapes
        variant = TypedTensor(node, dtypes.variant)
    return new_dataset(variant, self._structure, [self], shown_name(options_dataset_op), own)
