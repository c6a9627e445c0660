"""`Dataset.with_options`."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
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
from tidefall.data.options import Options
from tidefall.tensor.tensor import TypedTensor


class OptionsNode(TransparentNode):
    """The input's elements, and options for the whole pipeline."""

    def __init__(self, source: Node, options: Options):
        self.inputs = (source,)
        self.options = options


def _build(source: Any, *, serialized_options: bytes | str) -> Node:
    data = serialized_options
    options = Options._parsed(data.encode() if isinstance(data, str) else data)
    return OptionsNode(node_of(source), options)


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
    own = Options._merged([options])  # as they are now
    if state.needs_dispatch:
        variant = options_dataset_op(
            self._variant_tensor, serialized_options=own._serialized(), **self._flat_structure
        )
    else:
        variant = TypedTensor(OptionsNode(self._node, own), dtypes.variant)
        variant.storage.shapes = self._structure.shapes
    dataset = new_dataset(variant, self._structure, [self], shown_name(options_dataset_op))
    dataset._own_options = own
    return dataset
