"""The size of a dataset's batches, told from the pipeline without making an element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import data_nest, dtypes
from tidefall.data.dataset import DatasetV2, node_of, scalar
from tidefall.data.engine.node import Node
from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.tensor.conversion import convert_to_tensor

UNKNOWN_BATCH_SIZE = -1

# Stages whose elements are some of their input's, as the node's `title` has it. Not `map`, whose
# function may change the leading dimension.
_PASSING = frozenset(
    {
        "assert_cardinality",
        "cache",
        "file_cache",
        "filter",
        "global_shuffle",
        "ignore_errors",
        "prefetch",
        "repeat",
        "shuffle",
        "skip",
        "snapshot",
        "take",
        "take_while",
    }
)
_JOINING = frozenset({"concatenate", "zip"})


def _of_node(node: Node) -> int:
    if node.title in ("batch", "padded_batch", "sparse_batch"):
        return node.size  # type: ignore[attr-defined]
    if node.is_transparent or node.title in _PASSING:
        return _of_node(node.inputs[0])
    if node.title in _JOINING:
        sizes = {_of_node(source) for source in node.inputs}
        return sizes.pop() if len(sizes) == 1 else UNKNOWN_BATCH_SIZE
    return UNKNOWN_BATCH_SIZE


def _host(input_dataset: Any) -> np.ndarray:
    return np.array(_of_node(node_of(input_dataset)), np.int64)


compute_batch_size_op = op(
    "ComputeBatchSize", shape=scalar, host=_host, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


def compute_batch_size(dataset: DatasetV2) -> Any:
    """The leading dimension of a dataset's elements.

    Args:
        dataset: a dataset of batches.

    Returns:
        An int64 scalar: the dimension, or -1 where it differs or is not known.

    Raises:
        IndexError: elements are scalars.

    >>> import tidefall as tf
    >>> from tidefall.data.report.batch_size import compute_batch_size
    >>> compute_batch_size(tf.data.Dataset.range(10).batch(4).repeat()).numpy()
    np.int64(4)
    """
    shapes = [getattr(spec, "shape", None) for spec in data_nest.flatten(dataset.element_spec)]
    # Elements that are datasets have no shape.
    leading = {None if shape is None or shape.rank is None else shape[0] for shape in shapes}
    if None in leading or not leading:
        return compute_batch_size_op(dataset._variant_tensor)
    size = leading.pop() if len(leading) == 1 else UNKNOWN_BATCH_SIZE
    return convert_to_tensor(size, dtypes.int64)
