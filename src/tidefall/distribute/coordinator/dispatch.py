"""Which worker a function is being run for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.specs import TensorSpec

_OUTSIDE = (
    "Cannot retrieve the worker index: tf.distribute.coordinator."
    "experimental_get_current_worker_index must be called in a tf.function that is run for a "
    "worker: a `dataset_fn` given to `ClusterCoordinator.create_per_worker_dataset`, or a function "
    "given to `ClusterCoordinator.schedule`."
)


class _Dispatch(threading.local):
    worker: int | None = None


_dispatch = _Dispatch()


@contextlib.contextmanager
def dispatched_to(worker: int) -> Iterator[None]:
    """Inside the block, inputs of functions are found for the worker with this index."""
    before, _dispatch.worker = _dispatch.worker, worker
    try:
        yield
    finally:
        _dispatch.worker = before


def _current_worker() -> int:
    if _dispatch.worker is None:
        raise RuntimeError(_OUTSIDE)
    return _dispatch.worker


@export("distribute.coordinator.experimental_get_current_worker_index")
def get_current_worker_index() -> Any:
    """Return the index of the worker that runs the function this is called in.

    Workers may take different parts of the data by it.

    Returns:
        An int64 scalar tensor, different at each call of the function.

    Raises:
        RuntimeError: outside of a `tf.function`, or when that is called by itself and not run for a
            worker.

    >>> import tidefall as tf
    >>> @tf.function
    ... def part_of_worker():
    ...     index = tf.distribute.coordinator.experimental_get_current_worker_index()
    ...     return tf.data.Dataset.range(10).shard(num_shards=2, index=index)
    >>> part_of_worker.get_concrete_function().output_shapes is not None
    True
    """
    graph = state.graph
    if not isinstance(graph, FuncGraph):
        raise RuntimeError(_OUTSIDE)
    spec = TensorSpec([], dtypes.int64)
    return graph.capture_call_time_value(_current_worker, spec, key="worker_index")
