"""`tf.data.experimental.pad_to_cardinality`: elements of zeros up to a number of elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidefall.base import data_nest
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.data.dataset import DatasetV2
from tidefall.data.report.cardinality import cardinality_op
from tidefall.data.sources.tensors import from_tensors
from tidefall.data.transformations.combining.concatenate import concatenate
from tidefall.data.transformations.map import map_
from tidefall.data.transformations.repeat import repeat
from tidefall.op import raw
from tidefall.ops.array.constants import zeros


@export("data.experimental.pad_to_cardinality")
def pad_to_cardinality(
    cardinality: Any, mask_key: str = "valid"
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation, for `Dataset.apply`, that adds elements of zeros to a dataset of dicts.

    Args:
        cardinality: how many elements there are then.
        mask_key: the key under which elements say whether they are real.

    Raises:
        ValueError: the elements are not dicts, or have a component of unknown shape; the number of
            elements is not known, or larger than `cardinality`.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.from_tensor_slices({"a": [1, 2]})
    >>> dataset = dataset.apply(tf.data.experimental.pad_to_cardinality(3))
    >>> [(int(x["a"]), bool(x["valid"])) for x in dataset]
    [(1, True), (2, True), (0, False)]
    """
    return lambda dataset: _padded(dataset, cardinality, mask_key)


def _padded(dataset: DatasetV2, cardinality: Any, mask_key: str) -> DatasetV2:
    count = cardinality_op(dataset._variant_tensor)
    if state.graph is None:
        _check(int(count), int(cardinality))
    spec = dataset.element_spec
    if not isinstance(spec, Mapping):
        raise ValueError(
            "`pad_to_cardinality` requires its input dataset to be a dictionary. Its elements are "
            f"{spec}."
        )
    empty = data_nest.map_structure(lambda leaf: zeros(leaf.shape, leaf.dtype), spec)
    filler = from_tensors({**empty, mask_key: False})
    missing = raw.Sub(cardinality, count)
    real = map_(dataset, lambda element: {**element, mask_key: True})
    return concatenate(real, repeat(filler, missing))


def _check(count: int, wanted: int) -> None:
    if count < 0:
        raise ValueError(
            "The dataset passed into `pad_to_cardinality` must have a known cardinalty, but has "
            f"cardinality {count}"
        )
    if count > wanted:
        raise ValueError(
            "The dataset passed into `pad_to_cardinality` must have a cardinalty less than the "
            f"target cardinality ({wanted}), but has cardinality {count}"
        )
