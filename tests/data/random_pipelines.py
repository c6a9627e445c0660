"""Random pipelines: a seed makes the same one on real TensorFlow and on Tidefall."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

COUNT = 500
WITH_MORE = 200
"""Pipelines from this seed on have all the steps."""
TENSORFLOWS_OWN = {111: "concatenating a dataset that is known to be empty, it forgets shapes"}
"""Seeds of pipelines that TensorFlow does not run, for no reason of the pipeline's."""

OTHER_ERRORS = {369: "a sparse tensor as an operand in a graph: TypeError, here ValueError"}
"""Seeds of pipelines that fail with another class of error, which is none of `tf.data`'s."""

Step = Callable[[Any, random.Random, Any], Any]


def _source(tf: Any, r: random.Random) -> Any:
    d = tf.data.Dataset
    n = r.choice([0, 1, 2, 5, 7, 12, 20])
    kind = r.randrange(8)
    if kind == 0:
        return d.range(n)
    if kind == 1:
        start, step = r.randrange(-5, 9), r.choice([-2, -1, 1, 3])
        return d.range(start, start + step * n, step, output_type=tf.int32)
    if kind == 2:
        return d.from_tensor_slices(np.arange(n * 3, dtype=np.float32).reshape(n, 3))
    if kind == 3:
        return d.from_tensor_slices((np.arange(n), np.arange(n * 2.0).reshape(n, 2)))
    if kind == 4:
        return d.from_tensor_slices({"x": np.arange(n), "text": [f"s{i % 4}" for i in range(n)]})
    if kind == 5:
        return d.from_generator(
            lambda: iter(range(n)), output_signature=tf.TensorSpec([], tf.int64)
        )
    if kind == 6:
        return d.from_tensors(np.arange(n)).unbatch()
    return d.zip((d.range(n), d.range(3, 3 + r.choice([2, n, 30]))))


def _number(tf: Any, element: Any) -> Any:
    """An int64 that depends on the first component of an element."""
    first = tf.nest.flatten(element)[0]
    if isinstance(first, tf.SparseTensor):
        first = first.values
    if first.dtype == tf.string:
        return tf.cast(tf.reduce_sum(tf.strings.length(first)), tf.int64)
    return tf.cast(tf.reduce_sum(first), tf.int64)


def _as_one(function: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda *parts: function(parts if len(parts) > 1 else parts[0])


def _plus(tf: Any, element: Any, by: int) -> Any:
    def change(value: Any) -> Any:
        return value if value.dtype == tf.string else value * 2 + tf.cast(by, value.dtype)

    return tf.nest.map_structure(change, element)


def _map(d: Any, r: random.Random, tf: Any) -> Any:
    by, calls = r.randrange(5), r.choice([None, None, 2, tf.data.AUTOTUNE])
    return d.map(_as_one(lambda e: _plus(tf, e, by)), num_parallel_calls=calls)


def _filter(d: Any, r: random.Random, tf: Any) -> Any:
    by, rest = r.choice([2, 3]), r.randrange(2)
    return d.filter(_as_one(lambda e: _number(tf, e) % by != rest))


def _take_while(d: Any, r: random.Random, tf: Any) -> Any:
    limit = r.randrange(4, 40)
    return d.take_while(_as_one(lambda e: _number(tf, e) < limit))


def _flat_map(d: Any, r: random.Random, tf: Any) -> Any:
    def inner(element: Any) -> Any:
        return tf.data.Dataset.from_tensors(element).repeat(_number(tf, element) % 3)

    if r.random() < 0.5:
        return d.flat_map(_as_one(inner))
    cycle, block = r.randrange(1, 4), r.randrange(1, 3)
    calls = r.choice([None, 1])
    return d.interleave(_as_one(inner), cycle, block, num_parallel_calls=calls)


def _scan(d: Any, r: random.Random, tf: Any) -> Any:
    def step(state: Any, element: Any) -> Any:
        return state + _number(tf, element), (state, element)

    return d.scan(np.int64(r.randrange(3)), step)


def _window(d: Any, r: random.Random, tf: Any) -> Any:
    if not isinstance(d.element_spec, tf.TensorSpec):
        return d.enumerate()
    size, shift = r.randrange(1, 4), r.choice([None, 1, 2, 4])
    stride, drop = r.choice([1, 1, 2]), r.random() < 0.5
    return d.window(size, shift, stride, drop).flat_map(lambda w: w.batch(size))


def _shuffle(d: Any, r: random.Random, tf: Any) -> Any:
    again = r.random() < 0.5
    return d.shuffle(r.randrange(1, 12), seed=r.randrange(5), reshuffle_each_iteration=again)


def _unbatch(d: Any, r: random.Random, tf: Any) -> Any:
    if any(spec.shape.rank in (0, None) for spec in tf.nest.flatten(d.element_spec)):
        return d.batch(r.randrange(1, 4)).unbatch()
    return d.unbatch()


def _padded(d: Any, r: random.Random, tf: Any) -> Any:
    return d.padded_batch(r.randrange(1, 4), drop_remainder=r.random() < 0.3)


def _group(d: Any, r: random.Random, tf: Any) -> Any:
    size = r.randrange(1, 4)
    return d.group_by_window(
        _as_one(lambda e: _number(tf, e) % 2), lambda key, w: w.batch(size), window_size=size + 1
    )


def _sample(d: Any, r: random.Random, tf: Any) -> Any:
    stop = r.random() < 0.5
    return tf.data.Dataset.sample_from_datasets(
        [d, d.take(3)], [0.6, 0.4], seed=r.randrange(4), stop_on_empty_dataset=stop
    )


STEPS: list[Step] = [
    _map, _map, _filter, _take_while, _flat_map, _scan, _window, _shuffle, _shuffle, _unbatch,
    _padded, _group, _sample,
    lambda d, r, tf: d.batch(r.randrange(1, 5), drop_remainder=r.random() < 0.3),
    lambda d, r, tf: d.batch(r.randrange(1, 5), num_parallel_calls=2),
    lambda d, r, tf: d.take(r.choice([-1, 0, 1, 3, 9])),
    lambda d, r, tf: d.skip(r.choice([0, 1, 3, 9])),
    lambda d, r, tf: d.repeat(r.choice([0, 1, 2, 3])),
    lambda d, r, tf: d.shard(3, r.randrange(3)),
    lambda d, r, tf: d.enumerate(r.randrange(3)),
    lambda d, r, tf: d.concatenate(d.take(2)),
    lambda d, r, tf: d.prefetch(r.choice([0, 1, 2, tf.data.AUTOTUNE])),
    lambda d, r, tf: d.cache(),
    lambda d, r, tf: d.rebatch(r.randrange(1, 5), drop_remainder=r.random() < 0.3),
    lambda d, r, tf: tf.data.Dataset.zip((d, d.skip(1))),
    lambda d, r, tf: d.apply(lambda x: x.repeat().take(r.randrange(12))),
    lambda d, r, tf: d.unique() if isinstance(d.element_spec, tf.TensorSpec) else d,
    lambda d, r, tf: d.ragged_batch(2),
]  # fmt: skip


# ---- steps that came later: seeds below COUNT keep the pipelines they had ----


def _padded_to(d: Any, r: random.Random, tf: Any) -> Any:
    if not all(isinstance(s, tf.TensorSpec) for s in tf.nest.flatten(d.element_spec)):
        return d
    lengths = d.map(_as_one(lambda e: tf.fill([_number(tf, e) % 4], _number(tf, e))))
    shapes, value = r.choice([None, [5], [None]]), r.choice([None, np.int64(-1)])
    return lengths.padded_batch(r.randrange(1, 4), shapes, value, drop_remainder=r.random() < 0.3)


def _ragged(d: Any, r: random.Random, tf: Any) -> Any:
    rows = d.map(_as_one(lambda e: tf.range(_number(tf, e) % 4)))
    batches = rows.ragged_batch(r.randrange(1, 4), drop_remainder=r.random() < 0.3)
    return batches if r.random() < 0.5 else batches.unbatch()


def _sparse(d: Any, r: random.Random, tf: Any) -> Any:
    def row(element: Any) -> Any:
        return tf.sparse.from_dense(tf.one_hot(_number(tf, element) % 3, 3))

    rows = d.map(_as_one(row))
    return rows.batch(r.randrange(1, 4)) if r.random() < 0.6 else rows


def _bucket(d: Any, r: random.Random, tf: Any) -> Any:
    rows = d.map(_as_one(lambda e: tf.fill([_number(tf, e) % 6], _number(tf, e))))
    return rows.bucket_by_sequence_length(
        lambda x: tf.size(x),
        bucket_boundaries=[2, 4],
        bucket_batch_sizes=[r.randrange(1, 4) for _ in range(3)],
        drop_remainder=r.random() < 0.3,
        pad_to_bucket_boundary=False,
    )


def _choose(d: Any, r: random.Random, tf: Any) -> Any:
    order = [r.randrange(3) for _ in range(r.randrange(1, 12))]
    choices = tf.data.Dataset.from_tensor_slices(np.array(order, np.int64))
    return tf.data.Dataset.choose_from_datasets(
        [d, d.take(2), d.skip(1)], choices, stop_on_empty_dataset=r.random() < 0.5
    )


def _windows(d: Any, r: random.Random, tf: Any) -> Any:
    def joined(*parts: Any) -> Any:
        return tf.data.Dataset.zip(parts if len(parts) > 1 else parts[0])

    if isinstance(d.element_spec, dict):
        d = d.map(lambda e: tuple(e[key] for key in sorted(e)))
    windows = d.window(r.randrange(1, 5), r.choice([None, 1, 3]), 1, r.random() < 0.5)
    nested = any(
        not isinstance(s, tf.data.DatasetSpec) for s in tf.nest.flatten(windows.element_spec)
    )
    return d if nested else windows.flat_map(joined)


def _rebatched(d: Any, r: random.Random, tf: Any) -> Any:
    sizes = [r.randrange(0, 4) for _ in range(r.randrange(1, 4))]
    return d.batch(r.randrange(1, 5)).rebatch([*sizes, 1], drop_remainder=r.random() < 0.3)


def _resampled(d: Any, r: random.Random, tf: Any) -> Any:
    target = r.choice([[0.5, 0.5], [0.2, 0.8]])
    initial = r.choice([None, [0.5, 0.5], [0.6, 0.4]])
    return d.rejection_resample(
        _as_one(lambda e: tf.cast(_number(tf, e) % 2, tf.int32)),
        target,
        initial,
        seed=r.randrange(1, 5),
    )


def _kept(d: Any, r: random.Random, tf: Any) -> Any:
    folder = tempfile.mkdtemp()
    if r.random() < 0.5:
        return d.cache(os.path.join(folder, "cache"))
    numbered = d.snapshot(folder, shard_func=_as_one(lambda e: np.int64(0)))
    return numbered.map(_as_one(lambda e: e))


def _interleaved(d: Any, r: random.Random, tf: Any) -> Any:
    def inner(element: Any) -> Any:
        return tf.data.Dataset.range(_number(tf, element) % 5).map(lambda x: (x, element))

    return d.interleave(
        _as_one(inner),
        r.choice([3, 1, 2, 4]) if r.random() < 0.7 else 3,
        r.choice([1, 2, 3]),
        num_parallel_calls=r.choice([1, 2, 3, tf.data.AUTOTUNE]),
        deterministic=True,
    )


def _strings(d: Any, r: random.Random, tf: Any) -> Any:
    def text(element: Any) -> Any:
        number = tf.strings.as_string(_number(tf, element) % 7)
        return tf.strings.join([number, tf.constant("é")]), tf.strings.substr(number, 0, 1)

    return d.map(_as_one(text))


def _reduced(d: Any, r: random.Random, tf: Any) -> Any:
    parts = d.batch(3).map(_as_one(lambda e: _number(tf, e)))
    return tf.data.Dataset.from_tensors(parts.take(5).reduce(np.int64(1), lambda a, b: a * 3 + b))


def _grouped(d: Any, r: random.Random, tf: Any) -> Any:
    sizes = r.choice([None, 2, 3])
    more = {"window_size": sizes} if sizes else {"window_size_func": lambda key: key + 1}
    return d.group_by_window(
        _as_one(lambda e: _number(tf, e) % 3),
        lambda key, w: w.enumerate().map(lambda i, e: (key, i)).batch(4),
        **more,
    )


def _nested_datasets(d: Any, r: random.Random, tf: Any) -> Any:
    inner = tf.data.Dataset.range(3).shuffle(3, seed=r.randrange(3))
    return d.flat_map(lambda *e: inner.take(_number(tf, e) % 4))


def _random_numbers(d: Any, r: random.Random, tf: Any) -> Any:
    again = r.choice([None, True, False])
    numbers = tf.data.Dataset.random(seed=r.randrange(4), rerandomize_each_iteration=again)
    return tf.data.Dataset.zip((d, numbers))


def _ignoring(d: Any, r: random.Random, tf: Any) -> Any:
    def check(element: Any) -> Any:
        number = _number(tf, element)
        with tf.control_dependencies([tf.debugging.assert_none_equal(number % 4, np.int64(3))]):
            return tf.identity(number)

    return d.map(_as_one(check)).ignore_errors()


MORE: list[Step] = [
    _padded_to, _ragged, _sparse, _bucket, _choose, _windows, _rebatched, _resampled, _kept,
    _interleaved, _strings, _reduced, _grouped, _nested_datasets, _random_numbers, _ignoring,
    lambda d, r, tf: d.shuffle(4, seed=1).repeat(2),
    lambda d, r, tf: d.unique() if isinstance(d.element_spec, tf.TensorSpec) else d,
    lambda d, r, tf: d.apply(tf.data.experimental.assert_cardinality(int(d.cardinality())))
    if int(d.cardinality()) >= 0 else d,
    lambda d, r, tf: d.apply(tf.data.experimental.dense_to_ragged_batch(2)),
    lambda d, r, tf: d.repeat(),
    lambda d, r, tf: d.concatenate(d.map(lambda *e: e if len(e) > 1 else e[0])),
    lambda d, r, tf: d.filter(_as_one(lambda e: True)),
]  # fmt: skip


def outcome(seed: int, tf: Any, summary: Callable[[Any], Any]) -> Any:
    """What the pipeline of a seed gives, or the name of the error it raises."""
    try:
        return summary(build(seed, tf))
    except Exception as error:  # noqa: BLE001 - whichever it is, its name is the result
        return type(error).__name__


def build(seed: int, tf: Any) -> Any:
    """The pipeline of a seed."""
    r = random.Random(seed)
    dataset = _source(tf, r)
    steps = STEPS if seed < WITH_MORE else [*STEPS, *MORE, *MORE]
    for _ in range(r.randrange(1, 6)):
        dataset = r.choice(steps)(dataset, r, tf)
    # Whatever comes out, it does not go on for long.
    return dataset.take(40)
