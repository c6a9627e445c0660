"""What a model costs: how long it takes, and how large it is."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from tidefall.lifecycle.tune.space import invalid


def latency_ms(model: Any, inputs: Any = None, repeats: int = 50) -> float:
    """Return how long a model takes for a batch, in milliseconds: the median of many calls.

    The model is called as it is served: traced, and compiled where that pays. Other work on the
    machine, such as other trials, makes it slower.

    Args:
        model: a Keras model, or a function of tensors.
        inputs: a batch; zeros of batch size 1 for None, where the model says what it takes.
        repeats: how many calls are measured.

    Returns:
        Milliseconds.

    Raises:
        InvalidArgumentError: the model does not say what it takes, and nothing was given.

    >>> import tidefall as tf
    >>> model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2)])
    >>> 0 < latency_ms(model) < 1000
    True
    """
    import tidefall as tf

    batch = _zeros(model) if inputs is None else inputs
    is_keras = isinstance(model, tf.keras.Model)
    called = tf.function(lambda x: model(x, training=False) if is_keras else model(x))

    def seconds() -> float:
        began = time.perf_counter()
        for part in tf.nest.flatten(called(batch)):
            part.numpy()
        return time.perf_counter() - began

    began = time.perf_counter()
    # The first calls trace, and a compiler may be at work beside the next.
    for _ in range(repeats):
        seconds()
        if time.perf_counter() - began > 5.0:
            break
    return 1000 * statistics.median(seconds() for _ in range(repeats))


def _zeros(model: Any) -> Any:
    import tidefall as tf

    wanted = getattr(model, "_inputs_struct", None)
    if wanted is None and getattr(model, "inputs", None):
        wanted = model.inputs[0] if len(model.inputs) == 1 else list(model.inputs)
    if wanted is None:
        raise invalid(
            f"latency_ms: {type(model).__name__} does not say what it takes; build it by the "
            "functional API, or give a batch as inputs"
        )
    return tf.nest.map_structure(
        lambda one: tf.zeros([1 if size is None else size for size in one.shape], one.dtype),
        wanted,
    )


def size_bytes(model: Any) -> int:
    """Return how large a model is, in bytes.

    Args:
        model: a file or folder, whose files are added up; or a Keras model or `tf.Module`, whose
            weights are.

    Raises:
        NotFoundError: there is no such file.

    >>> import tidefall as tf
    >>> size_bytes(tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(2)]))
    40
    """
    if isinstance(model, str | os.PathLike):
        return _size_on_disk(os.fspath(model))
    weights = getattr(model, "weights", None)
    if weights is None:
        weights = model.variables
    return sum(int(_count(one.shape)) * _itemsize(one.dtype) for one in weights)


def _size_on_disk(path: str) -> int:
    from tidefall.base import errors

    if os.path.isfile(path):
        return os.path.getsize(path)
    if not os.path.isdir(path):
        raise errors.NotFoundError(None, None, f"size_bytes: there is nothing at {path}")
    return sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(path)
        for name in names
    )


def _count(shape: Any) -> int:
    count = 1
    for size in shape:
        count *= int(size)
    return count


def _itemsize(dtype: Any) -> int:
    import tidefall as tf

    return tf.as_dtype(dtype).size
