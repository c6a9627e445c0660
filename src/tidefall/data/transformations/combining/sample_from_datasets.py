"""`Dataset.sample_from_datasets`: elements of several datasets, chosen at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2, source
from tidefall.data.sources.random import random
from tidefall.data.transformations.batching.batch import batch
from tidefall.data.transformations.combining.directed_interleave import directed_interleave
from tidefall.data.transformations.combining.zip import zip_
from tidefall.data.transformations.map import map_
from tidefall.data.transformations.take import take
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@source("sample_from_datasets")
def sample_from_datasets(
    datasets: Sequence[DatasetV2],
    weights: Any = None,
    seed: Any = None,
    stop_on_empty_dataset: bool = False,
    rerandomize_each_iteration: bool | None = None,
) -> DatasetV2:
    """Elements of several datasets; which one each comes from is drawn at random.

    Args:
        datasets: datasets whose elements have compatible specs.
        weights: how likely each dataset is: a list or a floating point tensor of shape
            `[len(datasets)]`, or a dataset of such tensors, one for each draw. By default all are
            equally likely.
        seed: an int64 that fixes the draws, together with `tf.random.set_seed`.
        stop_on_empty_dataset: end where a drawn dataset has no more elements; otherwise it is
            passed over from then on.
        rerandomize_each_iteration: other draws in every iteration.

    Raises:
        ValueError: `datasets` is empty, or `weights` has another length.
        TypeError: specs do not fit together, or weights are not floats.

    >>> import tidefall as tf
    >>> pair = [tf.data.Dataset.range(2), tf.data.Dataset.range(10, 12)]
    >>> sorted(int(x) for x in tf.data.Dataset.sample_from_datasets(pair, seed=3))
    [0, 1, 10, 11]
    """
    if not datasets:
        raise ValueError("Invalid `datasets`. `datasets` should not be empty.")
    seeds = batch(random(seed, rerandomize_each_iteration), 2)
    if isinstance(weights, DatasetV2):
        logits = map_(weights, lambda *parts: _log(parts))
        selector = map_(zip_((logits, seeds)), _draw)
        return directed_interleave(selector, datasets, stop_on_empty_dataset)
    datasets, logits = _logits(datasets, weights)
    if len(datasets) == 1:
        return datasets[0]
    selector = map_(seeds, lambda pair: _draw(logits, pair))
    return directed_interleave(selector, datasets, stop_on_empty_dataset)


def _log(parts: Any) -> Any:
    return raw.Log(convert_to_tensor(list(parts)))


def _draw(logits: Any, seed: Any) -> Any:
    """The number of a dataset, drawn with a pair of seeds; `logits` has the shape `[1, n]`."""
    drawn = raw.StatelessMultinomial(logits, 1, seed, output_dtype=dtypes.int64)
    return raw.Squeeze(drawn, squeeze_dims=[0, 1])


def _logits(datasets: Sequence[DatasetV2], weights: Any) -> tuple[Sequence[DatasetV2], Any]:
    """The datasets to draw from, and the logarithms of their weights, of shape `[1, n]`."""
    if weights is None:
        return datasets, convert_to_tensor([[1.0] * len(datasets)])
    if isinstance(weights, Tensor):
        if not weights.shape.is_compatible_with([len(datasets)]):
            raise ValueError(
                "Invalid `weights`. The shape of `weights` should be compatible with "
                f"`[len(datasets)]` but is {weights.shape}."
            )
    else:
        if len(datasets) != len(weights):
            raise ValueError(
                "Invalid `weights`. `weights` should have the same length as `datasets` but got "
                f"`len(weights)={len(weights)}` vs. `len(datasets)={len(datasets)}`."
            )
        datasets, weights = _without_zeros(datasets, weights)
    weights = convert_to_tensor(weights)
    if weights.dtype not in (dtypes.float32, dtypes.float64):
        raise TypeError(
            "Invalid `weights`. `weights` type must be either `tf.float32` or `tf.float64` but is "
            f"{weights.dtype!r}."
        )
    return datasets, _log((weights,))


def _without_zeros(
    datasets: Sequence[DatasetV2], weights: Sequence[Any]
) -> tuple[list[DatasetV2], list[Any]]:
    pairs = [(d, w) for d, w in zip(datasets, weights, strict=True) if w > 0]
    if not pairs:
        return [take(datasets[0], 0)], [1.0]
    return [d for d, _ in pairs], [w for _, w in pairs]


@export("data.experimental.sample_from_datasets")
def experimental_sample_from_datasets(
    datasets: Sequence[DatasetV2],
    weights: Any = None,
    seed: Any = None,
    stop_on_empty_dataset: bool = False,
) -> DatasetV2:
    """Same as `Dataset.sample_from_datasets`.

    Args:
        datasets: datasets whose elements have compatible specs.
        weights: how likely each dataset is.
        seed: an int64 that fixes the draws.
        stop_on_empty_dataset: end where a drawn dataset has no more elements.

    >>> import tidefall as tf
    >>> pair = [tf.data.Dataset.range(2), tf.data.Dataset.range(10, 12)]
    >>> sorted(int(x) for x in tf.data.experimental.sample_from_datasets(pair, [0.7, 0.3]))
    [0, 1, 10, 11]
    """
    return sample_from_datasets(datasets, weights, seed, stop_on_empty_dataset)
