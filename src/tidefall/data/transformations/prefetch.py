"""`Dataset.prefetch`: elements are made ahead of time, by a thread."""

from __future__ import annotations

from typing import Any

from tidefall.base.config import config
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export_value
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    transformation,
    variant_of,
)
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import AUTOTUNE, Node
from tidefall.data.engine.prefetch_buffer import ReadAhead
from tidefall.data.engine.settings import current_settings
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.engine.tuning import PrefetchTuner

export_value(AUTOTUNE, "data.AUTOTUNE", "data.experimental.AUTOTUNE")


class PrefetchNode(Node):
    """The input's elements, up to `size` of them made before they are asked for."""

    tuning = ("size", "tuner")

    def __init__(self, source: Node, size: int):
        if size < AUTOTUNE:
            raise InvalidArgumentError(
                None,
                None,
                "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning",
            )
        self.inputs = (source,)
        self.size = size
        self.tuner = PrefetchTuner()

    def make_iterator(self) -> ElementIterator:
        source = self.inputs[0].make_iterator()
        if not self.size or 0 <= self.inputs[0].cardinality() <= 1:
            return source  # there is nothing to make while the only element is in use
        tuned = self.size == AUTOTUNE and current_settings().autotune
        threads = AUTOTUNE if tuned else 1
        return ReadAhead(source, threads=threads, size=self.size, tuner=self.tuner)

    def describe(self, asked: str) -> Stage:
        if not self.size:
            return Stage(asked, asked, {"": 0}, ["left out"])
        size = "AUTOTUNE" if self.size == AUTOTUNE else self.size
        tuned = self.size == AUTOTUNE and current_settings().autotune
        threads = "1 thread as it pays" if tuned else "1 thread"
        return Stage(f"{threads}, {ONE_BY_ONE}", arguments={"": size})

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()


def _build(source: Any, buffer_size: Any) -> Node:
    return PrefetchNode(node_of(source), int(buffer_size))


prefetch_dataset_op = dataset_op("PrefetchDataset", _build)


@transformation("prefetch")
def prefetch(self: DatasetV2, buffer_size: Any, name: str | None = None) -> DatasetV2:
    """Make elements ahead of time, in a thread of their own.

    Args:
        buffer_size: the most elements to keep ready. With `tf.data.AUTOTUNE` the buffer begins
            with two and grows while it runs empty, within `options.autotune.ram_budget`, and the
            thread is left out where the program mostly waits and gets more elements without it.
        name: accepted for TensorFlow's sake.

    Raises:
        tf.errors.InvalidArgumentError: `buffer_size` is less than -1.

    >>> import tidefall as tf
    >>> list(tf.data.Dataset.range(2).prefetch(tf.data.AUTOTUNE).as_numpy_iterator())
    [np.int64(0), np.int64(1)]
    """
    if config.dataset_debug_mode:
        return self
    size = AUTOTUNE if buffer_size is None else buffer_size
    variant = variant_of(prefetch_dataset_op, self._variant_tensor, size, **self._flat_structure)
    return new_dataset(variant, self._structure, [self], shown_name(prefetch_dataset_op))
