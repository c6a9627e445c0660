"""Values that rows of the same key have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tidefall as tf
from tidefall.lifecycle.transform.accumulators.accumulator import Accumulator
from tidefall.lifecycle.transform.accumulators.per_key import PerKey
from tidefall.lifecycle.transform.tensors import checked, is_composite, rows_of, values_of
from tidefall.lifecycle.transform.tracing import (
    apply_analyzer,
    current_trace,
    sanitized,
    table_of_keys,
)


def key_of_each(x: Any, key: Any, elementwise: bool, what: str) -> Any:
    """The key of each value: `[n]` for the flattened values, or `[batch]` if elementwise."""
    key = checked(key, what)
    if key.dtype != tf.string:
        raise ValueError(f"`{what}` wants string keys, got {key.dtype.name}")
    if is_composite(key):
        if type(key) is not type(x):
            raise ValueError(f"`{what}`: keys in a {type(key).__name__} go with values in one")
        return values_of(key)
    flat = tf.reshape(key, [-1])
    if elementwise or (not is_composite(x) and x.shape.rank == 1):
        return flat
    same_rank = not is_composite(x) and key.shape.rank == x.shape.rank
    if same_rank and (key.shape[-1] != 1 or x.shape[-1] == 1):
        return flat
    return tf.gather(flat, rows_of(x))


def values_by_key(
    what: str, x: Any, key: Any, make: Callable[[], Accumulator], settings: tuple[Any, ...],
    dtypes: list[Any], elementwise: bool, file: str | None,
) -> list[Any]:  # fmt: skip
    """Analyze the values of each key, and return for each value of `x` what its key has.

    Args:
        what: the analyzer's name.
        x: numbers.
        key: strings.
        make: makes an accumulator.
        settings: of the accumulator.
        dtypes: of its outputs.
        elementwise: whether each element of the rows has its own.
        file: a name for a file of keys and values, or None.

    Returns:
        For each output a tensor that meets the values of `x`; 0 where the key was never seen.
    """
    if key is None:
        raise ValueError(f"`{what}` wants a key, got None")
    keys = key_of_each(x, key, elementwise, what)
    values = values_of(x)
    flat = values if elementwise else tf.reshape(values, [-1])
    shape = values.shape.as_list()[1:] if elementwise else []
    found = keyed_analyzer(
        what, PerKey, make, settings, [keys, flat],
        [tf.TensorSpec([None, *shape], dtype) for dtype in dtypes], file,
    )  # fmt: skip
    at, columns = found(keys)
    rows = []
    for column in columns:
        # Row 0 stands for keys that were never seen.
        padded = tf.pad(column, [[1, 0], *([0, 0] for _ in shape)])
        each = tf.gather(padded, at + 1)
        rows.append(each if elementwise else tf.reshape(each, tf.shape(values)))
    return rows


def keyed_analyzer(
    what: str, kind: Any, make: Callable[[], Accumulator], settings: tuple[Any, ...],
    inputs: list[Any], outputs: list[Any], file: str | None = None,
) -> Callable[[Any], tuple[Any, list[Any]]]:  # fmt: skip
    """Ask for an accumulator per key.

    Returns:
        A function from keys to their places, int64 and -1 if unknown, and the outputs by place.
    """
    trace = current_trace(what)
    number = len(trace.calls)
    count = len(outputs)
    name = None
    if file is not None:
        file = file or trace.unique(f"vocab_{what}")
        name = sanitized(file)
        trace.assets[file] = name
    _, *columns = apply_analyzer(
        what, lambda: kind(make, count), (kind.__name__, *settings), inputs,
        [tf.TensorSpec([None], tf.string), *outputs], name,
    )  # fmt: skip
    known = trace.result(number)
    if name is not None and known is not None:
        with tf.init_scope():
            trace.track(tf.saved_model.Asset(trace.path_of(number, name, b"")))
    table = table_of_keys(number, None if known is None else known[0])
    return lambda keys: (table.lookup(keys), columns)
