"""`Dataset.rejection_resample`: elements left out at random, until classes are as common as wanted.

With target probabilities t and initial ones p, the ratios r = t / p say how much more common each
class is to be. A share m = min(r) of the elements is taken as it comes; the others are accepted
with the probability (r - m) / (max(r) - m) of their class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.data.dataset import DatasetV2, transformation
from tidefall.data.sources.tensors import from_tensors
from tidefall.data.transformations.batching.batch import batch
from tidefall.data.transformations.batching.unbatch import unbatch
from tidefall.data.transformations.combining.sample_from_datasets import sample_from_datasets
from tidefall.data.transformations.combining.zip import zip_
from tidefall.data.transformations.filter import filter_
from tidefall.data.transformations.map import map_
from tidefall.data.transformations.prefetch import prefetch
from tidefall.data.transformations.repeat import repeat
from tidefall.data.transformations.scan import scan
from tidefall.function.autograph.calls import traced
from tidefall.graph.static_values import static_value
from tidefall.op import raw
from tidefall.ops.array.selecting import one_hot
from tidefall.ops.math.division import truediv
from tidefall.ops.random.stateful_functions import uniform
from tidefall.tensor.conversion import convert_to_tensor

_NAME = "Dataset.rejection_resample"
_ESTIMATED_AT_ONCE = 32
_SEEN_AT_FIRST = 10
"""The estimate begins as if that many elements of each class had been seen."""


@transformation("rejection_resample")
def rejection_resample(
    self: DatasetV2,
    class_func: Callable[..., Any],
    target_dist: Any,
    initial_dist: Any = None,
    seed: Any = None,
    name: str | None = None,
) -> DatasetV2:
    """Leave out elements at random, so that classes have a wanted distribution.

    Args:
        class_func: takes an element and returns its class, a scalar int32 tensor.
        target_dist: how likely each class is to be, of shape `[classes]`.
        initial_dist: how likely each class is in this dataset; estimated on the way by default.
        seed: an int64 that fixes what is left out, together with `tf.random.set_seed`.
        name: accepted for TensorFlow's sake.

    Returns:
        A dataset of pairs of a class and an element.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(1000).map(lambda x: tf.cast(x % 10 == 0, tf.int32))
    >>> even = dataset.rejection_resample(lambda x: x, [0.5, 0.5], [0.9, 0.1], seed=1)
    >>> classes = [int(c) for c, _ in even]
    >>> 0.3 < sum(classes) / len(classes) < 0.7
    True
    """
    target = raw.Cast(convert_to_tensor(target_dist), DstT=dtypes.float32)

    def with_class(*parts: Any) -> Any:
        found = traced(class_func, _NAME)(*parts)
        return found, parts[0] if len(parts) == 1 else parts

    share = None
    if initial_dist is None:
        initials = _estimates(target, map_(self, class_func))
        pairs = map_(initials, lambda initial: _acceptance(initial, target))
        accepted = map_(pairs, lambda acceptance, _: acceptance)
        shares = map_(pairs, lambda _, share: share)
    else:
        initial = raw.Cast(convert_to_tensor(initial_dist), DstT=dtypes.float32)
        share = _known_share(initial, target)
        acceptance, untouched = _acceptance(initial, target)
        _warn_of_many(acceptance, initial)
        accepted = repeat(from_tensors(acceptance))
        shares = repeat(from_tensors(untouched))
        if share == 1:
            return map_(self, with_class)
    filtered = prefetch(_filtered(self, accepted, with_class, seed), 3)
    if share == 0:
        return filtered
    weights = map_(shares, lambda probability: [(probability, 1.0 - probability)])
    both = [map_(self, with_class), filtered]
    return sample_from_datasets(both, weights, seed=seed, stop_on_empty_dataset=True)


def _acceptance(initial: Any, target: Any) -> tuple[Any, Any]:
    """How likely elements of each class are accepted, and the share taken as it comes."""
    ratio = target / (initial + np.finfo(np.float32).tiny)
    least = raw.Min(ratio, [0])
    most = raw.Max(ratio, [0])
    return (ratio - least) / (most - least), least


def _known_share(initial: Any, target: Any) -> float | None:
    values = [static_value(t) if t.is_symbolic else t.host_array() for t in (initial, target)]
    if values[0] is None or values[1] is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.min(values[1] / values[0]))


def _warn_of_many(acceptance: Any, initial: Any) -> None:
    if acceptance.is_symbolic:
        return
    rejected = float(np.sum((1 - acceptance.host_array()) * initial.host_array()))
    if rejected >= 0.5:
        get_logger().warning("Proportion of examples rejected by sampler is high: %s", rejected)


def _filtered(
    dataset: DatasetV2, accepted: DatasetV2, with_class: Callable[..., Any], seed: Any
) -> DatasetV2:
    """Pairs of class and element, accepted at random."""

    def weighed(acceptance: Any, element: Any) -> Any:
        found, _ = with_class(*(element if isinstance(element, tuple) else (element,)))
        return found, raw.GatherV2(acceptance, found, 0), element

    def accept(_: Any, probability: Any, element: Any) -> Any:
        drawn = uniform([], seed=seed, dtype=probability.dtype)
        return raw.Less(drawn, probability)

    candidates = filter_(map_(zip_((accepted, dataset)), weighed), accept)
    return map_(candidates, lambda found, _, element: (found, element))


def _estimates(target: Any, classes: DatasetV2) -> DatasetV2:
    """The distribution of the classes seen so far, for each element."""
    count = target.shape[0]
    if count is None:
        count = raw.Shape(target)[0]
    first = raw.Fill([count], np.int64(_SEEN_AT_FIRST))

    def update(seen: Any, batch_: Any) -> Any:
        ones = one_hot(batch_, seen.shape[0], dtype=dtypes.int64)
        seen = seen + raw.Sum(ones, [0])
        total = raw.Sum(seen, [0])
        share = truediv(seen, total)
        row = raw.ExpandDims(raw.Cast(share, DstT=dtypes.float32), 0)
        return seen, raw.Tile(row, [_ESTIMATED_AT_ONCE, 1])

    return unbatch(scan(batch(classes, _ESTIMATED_AT_ONCE), first, update))


@export("data.experimental.rejection_resample")
def experimental_rejection_resample(
    class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None, seed: Any = None
) -> Callable[[DatasetV2], DatasetV2]:
    """A transformation that gives classes a wanted distribution; see `Dataset.rejection_resample`.

    Args:
        class_func: takes an element and returns its class.
        target_dist: how likely each class is to be.
        initial_dist: how likely each class is in the dataset.
        seed: an int64 that fixes what is left out.

    >>> import tidefall as tf
    >>> dataset = tf.data.Dataset.range(100).map(lambda x: tf.cast(x % 2, tf.int32))
    >>> only_ones = tf.data.experimental.rejection_resample(
    ...     lambda x: x, target_dist=[0.0, 1.0], initial_dist=[0.5, 0.5]
    ... )
    >>> {int(x) for _, x in dataset.apply(only_ones)}
    {1}
    """
    return lambda dataset: rejection_resample(dataset, class_func, target_dist, initial_dist, seed)
