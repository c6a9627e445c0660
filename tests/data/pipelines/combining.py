"""Grouping, sampling, joining batches, and other transformations of several elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.data.pipelines.tables import FAILING, PIPELINES, add, triangle


def int64s(tf: Any, *values: int) -> Any:
    return tf.data.Dataset.from_tensor_slices(tf.constant(values, tf.int64))


def batches(d: Any, count: int, size: int) -> Any:
    return d.range(count).batch(size)


# ---- random numbers ----

add(
    PIPELINES,
    random=lambda tf, d: d.random(seed=4).take(5),
    random_batch=lambda tf, d: d.random(seed=4).skip(3).batch(3).take(2),
    random_rerandomized=lambda tf, d: d.random(seed=4, rerandomize_each_iteration=True).take(3),
    random_repeat=lambda tf, d: d.random(seed=9).take(3).repeat(2),
    random_class=lambda tf, d: tf.data.experimental.RandomDataset(seed=4).take(2),
    random_shuffled=lambda tf, d: d.random(seed=4).take(9).shuffle(4, seed=3),
)

# ---- elements once, and elements that fail ----


def inverses(tf: Any, d: Any, **options: Any) -> Any:
    """1, an error, 0.5, an error, 0.25."""
    return d.from_tensor_slices([1.0, 0.0, 2.0, 0.0, 4.0]).map(
        lambda x: tf.debugging.check_numerics(1 / x, "inverse"), **options
    )


add(
    PIPELINES,
    unique=lambda tf, d: d.from_tensor_slices([1, 37, 2, 37, 2, 1]).unique(),
    unique_int64=lambda tf, d: d.range(20).map(lambda x: x * x % 7).unique(),
    unique_strings=lambda tf, d: d.from_tensor_slices(["a", "b", "a", ""]).unique(),
    unique_vectors=lambda tf, d: d.from_tensor_slices([[1, 2], [2, 1], [1, 2]]).unique(),
    unique_string_vectors=lambda tf, d: d.from_tensor_slices(
        [["a", "b"], ["b", "a"], ["a", "b"]]
    ).unique(),
    unique_of_unequal_shapes=lambda tf, d: triangle(tf, d).concatenate(triangle(tf, d)).unique(),
    unique_empty=lambda tf, d: d.range(0).unique(),
    unique_of_infinite=lambda tf, d: d.range(3).repeat().unique().take(3),
    unique_batch=lambda tf, d: d.range(9).map(lambda x: x // 2).unique().batch(2),
    unique_experimental=lambda tf, d: d.from_tensor_slices([3, 3, 1]).apply(
        tf.data.experimental.unique()
    ),
    ignore_errors=lambda tf, d: inverses(tf, d).ignore_errors(),
    ignore_errors_batch=lambda tf, d: inverses(tf, d).ignore_errors().batch(2),
    ignore_errors_of_none=lambda tf, d: d.range(3).ignore_errors(),
    ignore_errors_parallel=lambda tf, d: inverses(tf, d, num_parallel_calls=2).ignore_errors(),
    ignore_errors_prefetch=lambda tf, d: inverses(tf, d).prefetch(2).ignore_errors(),
    ignore_errors_of_batches=lambda tf, d: triangle(tf, d).batch(2).ignore_errors(),
    ignore_errors_filter=lambda tf, d: (
        d.range(5).filter(lambda x: 6 // (x - 2) > -100).ignore_errors()
    ),
    ignore_errors_flat_map=lambda tf, d: (
        d.from_tensor_slices(np.array([1, 0, 2]))
        .flat_map(lambda x: d.range(4 // x))
        .ignore_errors()
    ),
    ignore_errors_scan=lambda tf, d: (
        d.from_tensor_slices([1, 0, 2]).scan(10, lambda s, x: (s // x, s // x)).ignore_errors()
    ),
    ignore_errors_generator=lambda tf, d: d.from_generator(
        lambda: (1 // (2 - i) for i in range(4)), output_types=tf.int32
    ).ignore_errors(),
    ignore_errors_experimental=lambda tf, d: inverses(tf, d).apply(
        tf.data.experimental.ignore_errors()
    ),
)

# ---- batches of other sizes ----

add(
    PIPELINES,
    rebatch=lambda tf, d: batches(d, 8, 4).rebatch(2),
    rebatch_uneven=lambda tf, d: batches(d, 7, 4).rebatch(3),
    rebatch_larger=lambda tf, d: batches(d, 9, 2).rebatch(5),
    rebatch_drop=lambda tf, d: batches(d, 7, 2).rebatch(3, drop_remainder=True),
    rebatch_sizes=lambda tf, d: batches(d, 9, 4).rebatch([2, 1, 1]),
    rebatch_sizes_drop=lambda tf, d: batches(d, 9, 4).rebatch([2, 3], drop_remainder=True),
    rebatch_size_zero=lambda tf, d: batches(d, 5, 4).rebatch([0, 2]),
    rebatch_known=lambda tf, d: d.range(8).batch(4, drop_remainder=True).rebatch(2),
    rebatch_known_sizes=lambda tf, d: d.range(8).batch(4, drop_remainder=True).rebatch([2, 2]),
    rebatch_known_uneven=lambda tf, d: d.range(8).batch(4, drop_remainder=True).rebatch(3),
    rebatch_tensor=lambda tf, d: batches(d, 9, 2).rebatch(tf.constant(4, tf.int64)),
    rebatch_dict=lambda tf, d: (
        d.from_tensor_slices({"a": [[1], [2], [3]], "b": ["x", "y", "z"]}).batch(2).rebatch(3)
    ),
    rebatch_empty=lambda tf, d: batches(d, 0, 2).rebatch(3),
    rebatch_of_uneven_rows=lambda tf, d: d.range(4).map(lambda n: tf.range(n)).rebatch(4),
    rebatch_ragged=lambda tf, d: (
        d.from_tensor_slices(tf.ragged.constant([[1], [2, 3], []])).batch(3).rebatch(2)
    ),
    rebatch_sparse=lambda tf, d: (
        d.from_tensor_slices(tf.sparse.from_dense([[1, 0], [0, 2], [0, 0]])).batch(3).rebatch(2)
    ),
)

add(
    FAILING,
    unique_floats=lambda tf, d: d.from_tensor_slices([1.0]).unique(),
    unique_tuples=lambda tf, d: d.from_tensor_slices(([1], [1])).unique(),
    unique_ragged=lambda tf, d: d.from_tensor_slices(tf.ragged.constant([[1], [1, 2]])).unique(),
    rebatch_scalars=lambda tf, d: d.range(5).rebatch(2),
    rebatch_matrix_of_sizes=lambda tf, d: batches(d, 5, 2).rebatch([[2]]),
    rebatch_int32_tensor=lambda tf, d: batches(d, 5, 2).rebatch(tf.constant(2)),
    rebatch_components_differ=lambda tf, d: d.from_tensors(([1, 2, 3], [1, 2])).rebatch(2),
    rebatch_rows_differ=lambda tf, d: d.range(1, 4).map(lambda n: tf.fill([2, n], n)).rebatch(3),
)

# ---- several datasets ----


def three(d: Any) -> list[Any]:
    return [d.range(3), d.range(10, 12), d.range(20, 25)]


def numbers(d: Any, count: int) -> list[Any]:
    return [d.from_tensors(i).repeat(6) for i in range(count)]


add(
    PIPELINES,
    choose=lambda tf, d: d.choose_from_datasets(three(d), int64s(tf, 0, 1, 2, 0, 1, 2, 0, 1, 2)),
    choose_go_on=lambda tf, d: d.choose_from_datasets(
        three(d), int64s(tf, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 2), stop_on_empty_dataset=False
    ),
    choose_experimental=lambda tf, d: tf.data.experimental.choose_from_datasets(
        three(d)[:2], int64s(tf, 0, 1, 1, 1, 0, 0, 0)
    ),
    choose_shapes=lambda tf, d: d.choose_from_datasets(
        [d.from_tensors([1, 2]), d.from_tensors([1, 2, 3])], int64s(tf, 1, 0)
    ),
    choose_infinite=lambda tf, d: d.choose_from_datasets(
        [d.range(2), d.range(3).repeat()], d.range(2).repeat(4), stop_on_empty_dataset=False
    ).map(lambda x: x + 1),
    choose_batch=lambda tf, d: d.choose_from_datasets(three(d), d.range(3).repeat(3)).batch(2),
    choose_shuffled=lambda tf, d: d.choose_from_datasets(
        [d.range(9).shuffle(9, seed=1), d.range(10, 19)], d.range(2).repeat(6)
    ),
    choose_empty=lambda tf, d: d.choose_from_datasets(
        [d.range(0), d.range(2)], int64s(tf, 0, 1), stop_on_empty_dataset=False
    ),
    sample=lambda tf, d: d.sample_from_datasets(numbers(d, 2), seed=3),
    sample_weights=lambda tf, d: d.sample_from_datasets(numbers(d, 3), [0.1, 0.2, 0.7], seed=3),
    sample_stop=lambda tf, d: d.sample_from_datasets(
        numbers(d, 3), [0.1, 0.2, 0.7], seed=3, stop_on_empty_dataset=True
    ),
    sample_float64_weights=lambda tf, d: d.sample_from_datasets(
        numbers(d, 3), np.array([0.1, 0.2, 0.7]), seed=3
    ),
    sample_weight_of_zero=lambda tf, d: d.sample_from_datasets(
        numbers(d, 3), [0.5, 0.0, 0.5], seed=3
    ),
    sample_weights_of_zero=lambda tf, d: d.sample_from_datasets(numbers(d, 2), [0, 0], seed=3),
    sample_one=lambda tf, d: d.sample_from_datasets(numbers(d, 1), [0.5], seed=3),
    sample_varying_weights=lambda tf, d: d.sample_from_datasets(
        numbers(d, 2), d.from_tensor_slices([[1.0, 0.0], [0.5, 0.5]]).repeat(4), seed=3
    ),
    sample_rerandomized=lambda tf, d: d.sample_from_datasets(
        numbers(d, 2), seed=3, rerandomize_each_iteration=True
    ),
    sample_repeat=lambda tf, d: d.sample_from_datasets(numbers(d, 2), seed=3).repeat(2),
    sample_many=lambda tf, d: d.sample_from_datasets(
        [d.range(0, 20), d.range(100, 120), d.range(200, 220)], seed=11
    ),
    sample_experimental=lambda tf, d: tf.data.experimental.sample_from_datasets(
        numbers(d, 2), [0.25, 0.75], seed=8
    ),
    resample=lambda tf, d: classes(tf, d).rejection_resample(
        lambda x: x, [0.5, 0.5], [0.9, 0.1], seed=1
    ),
    resample_estimated=lambda tf, d: classes(tf, d).rejection_resample(
        lambda x: x, [0.5, 0.5], seed=1
    ),
    resample_three=lambda tf, d: d.range(60).rejection_resample(
        lambda x: tf.cast(x % 3, tf.int32), [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3], seed=5
    ),
    resample_nothing_to_do=lambda tf, d: d.range(6).rejection_resample(
        lambda x: tf.cast(x % 2, tf.int32), [0.5, 0.5], [0.5, 0.5], seed=5
    ),
    resample_all_filtered=lambda tf, d: d.range(20).rejection_resample(
        lambda x: tf.cast(x % 2, tf.int32), [0.0, 1.0], [0.5, 0.5], seed=5
    ),
    resample_tuples=lambda tf, d: d.zip((d.range(30), d.range(30, 60))).rejection_resample(
        lambda a, b: tf.cast(a % 3 == 0, tf.int32), [0.5, 0.5], [2 / 3, 1 / 3], seed=5
    ),
)


def classes(tf: Any, d: Any) -> Any:
    return d.range(100).map(lambda x: tf.cast(x % 10 == 0, tf.int32))


add(
    FAILING,
    choose_beyond=lambda tf, d: d.choose_from_datasets(three(d), int64s(tf, 0, 3)),
    choose_negative=lambda tf, d: d.choose_from_datasets(three(d), int64s(tf, 0, -1)),
    choose_by_int32=lambda tf, d: d.choose_from_datasets(three(d), d.from_tensor_slices([0])),
    choose_by_list=lambda tf, d: d.choose_from_datasets(three(d), [0, 1]),
    choose_from_nothing=lambda tf, d: d.choose_from_datasets([], d.range(1)),
    choose_dtypes=lambda tf, d: d.choose_from_datasets(
        [d.range(1), d.from_tensors("a")], d.range(2)
    ),
    choose_structures=lambda tf, d: d.choose_from_datasets(
        [d.range(1), d.from_tensors((1, 2))], d.range(2)
    ),
    sample_from_nothing=lambda tf, d: d.sample_from_datasets([]),
    sample_too_few_weights=lambda tf, d: d.sample_from_datasets(numbers(d, 3), [0.5, 0.5]),
    sample_too_few_in_tensor=lambda tf, d: d.sample_from_datasets(
        numbers(d, 3), tf.constant([0.5, 0.5])
    ),
    sample_integer_weights=lambda tf, d: d.sample_from_datasets(numbers(d, 2), [1, 2]),
)

# ---- groups ----


def grouped(source: Any, key: Any, size: Any = None, size_func: Any = None) -> Any:
    return source.group_by_window(
        key, lambda k, group: group.batch(4), window_size=size, window_size_func=size_func
    )


def sequences(tf: Any, d: Any) -> Any:
    """Sequences of 1, 4, 3, 5, 6 and 2 elements."""
    lengths = tf.constant([1, 4, 3, 5, 6, 2], tf.int64)
    return d.from_tensor_slices(lengths).map(lambda n: tf.range(n) + 10 * n)


def bucketed(tf: Any, d: Any, *args: Any, **options: Any) -> Any:
    return sequences(tf, d).bucket_by_sequence_length(lambda x: tf.shape(x)[0], *args, **options)


add(
    PIPELINES,
    group_by_window=lambda tf, d: grouped(d.range(10), lambda x: x % 2, 3),
    group_by_window_keys=lambda tf, d: d.range(10).group_by_window(
        lambda x: x % 3, lambda k, group: d.from_tensors(k).concatenate(group), 4
    ),
    group_by_window_order=lambda tf, d: grouped(int64s(tf, 5, 3, 9, 3, 5, 1), lambda x: -x, 10),
    group_by_window_sizes=lambda tf, d: grouped(
        d.range(12), lambda x: x % 3, size_func=lambda k: k + 1
    ),
    group_by_window_constant=lambda tf, d: grouped(d.range(3), lambda x: 0, 2),
    group_by_window_tuple=lambda tf, d: d.zip((d.range(5), d.range(5, 10))).group_by_window(
        lambda a, b: a % 2, lambda k, group: group.batch(2), 3
    ),
    group_by_window_dict=lambda tf, d: grouped(
        d.from_tensor_slices({"a": [1, 2, 3]}), lambda e: tf.cast(e["a"] % 2, tf.int64), 3
    ),
    group_by_window_drops=lambda tf, d: d.range(6).group_by_window(
        lambda x: x % 2, lambda k, group: group.filter(lambda x: x > 100), 2
    ),
    group_by_window_count=lambda tf, d: d.range(10).group_by_window(
        lambda x: x % 2, lambda k, group: d.from_tensors(group.cardinality()), 3
    ),
    group_by_window_infinite=lambda tf, d: grouped(d.range(3).repeat(), lambda x: x % 2, 5).take(3),
    group_by_window_empty=lambda tf, d: grouped(d.range(0), lambda x: x, 5),
    group_by_window_ragged=lambda tf, d: grouped(
        d.from_tensor_slices(tf.ragged.constant([[1], [2, 3], [], [4]])),
        lambda x: tf.cast(tf.size(x) % 2, tf.int64),
        2,
    ),
    group_by_window_shuffled=lambda tf, d: d.range(12).group_by_window(
        lambda x: x % 2, lambda k, group: group.shuffle(4, seed=2), 6
    ),
    group_by_window_experimental=lambda tf, d: d.range(7).apply(
        tf.data.experimental.group_by_window(lambda x: x % 2, lambda k, g: g.batch(2), 2)
    ),
    bucket=lambda tf, d: bucketed(tf, d, [3, 5], [2, 2, 2]),
    bucket_sizes=lambda tf, d: bucketed(tf, d, [3, 5], [1, 2, 3]),
    bucket_drop=lambda tf, d: bucketed(tf, d, [3, 5], [2, 2, 4], drop_remainder=True),
    bucket_boundary=lambda tf, d: bucketed(
        tf, d, [3, 5, 8], [2, 2, 2, 2], pad_to_bucket_boundary=True
    ),
    bucket_value=lambda tf, d: bucketed(tf, d, [3, 5], [2, 2, 2], padding_values=np.int64(-1)),
    bucket_shapes=lambda tf, d: bucketed(tf, d, [3, 5], [2, 2, 2], padded_shapes=[9]),
    bucket_no_padding=lambda tf, d: bucketed(tf, d, [3, 5], [1, 1, 1], no_padding=True),
    bucket_one=lambda tf, d: bucketed(tf, d, [], [2]),
    bucket_tuple=lambda tf, d: (
        sequences(tf, d)
        .map(lambda x: (x, tf.size(x)))
        .bucket_by_sequence_length(lambda x, n: n, [3, 5], [2, 2, 2])
    ),
    bucket_experimental=lambda tf, d: sequences(tf, d).apply(
        tf.data.experimental.bucket_by_sequence_length(lambda x: tf.size(x), [4], [2, 3])
    ),
    reducer=lambda tf, d: reduced(tf, d.range(10), lambda x: x % 3, total(tf)),
    reducer_order=lambda tf, d: reduced(tf, int64s(tf, 5, -3, 9, -3, 5, 1), lambda x: x, total(tf)),
    reducer_mean=lambda tf, d: reduced(
        tf,
        d.range(10),
        lambda x: x % 2,
        tf.data.experimental.Reducer(
            lambda k: (0.0, 0.0),
            lambda s, x: (s[0] + tf.cast(x, tf.float32), s[1] + 1.0),
            lambda sum_, count: {"mean": sum_ / count},
        ),
    ),
    reducer_growing=lambda tf, d: reduced(
        tf,
        d.range(6),
        lambda x: x % 2,
        tf.data.experimental.Reducer(
            lambda k: tf.constant([], tf.int64),
            lambda s, x: tf.concat([s, [x]], 0),
            lambda s: s,
        ),
    ),
    reducer_empty=lambda tf, d: reduced(tf, d.range(0), lambda x: x, total(tf)),
    pad_to_cardinality=lambda tf, d: d.from_tensor_slices({"a": [1, 2], "b": ["x", "y"]}).apply(
        tf.data.experimental.pad_to_cardinality(4)
    ),
    pad_to_cardinality_nested=lambda tf, d: d.from_tensor_slices({"a": {"b": [[1.0, 2.0]]}}).apply(
        tf.data.experimental.pad_to_cardinality(2, mask_key="real")
    ),
    pad_to_cardinality_none=lambda tf, d: d.from_tensor_slices({"a": [1, 2]}).apply(
        tf.data.experimental.pad_to_cardinality(2)
    ),
)


def total(tf: Any) -> Any:
    return tf.data.experimental.Reducer(
        lambda k: tf.constant(0, tf.int64), lambda s, x: s + x, lambda s: s
    )


def reduced(tf: Any, source: Any, key: Any, reducer: Any) -> Any:
    return source.apply(tf.data.experimental.group_by_reducer(key, reducer))


add(
    FAILING,
    group_by_window_int32_key=lambda tf, d: grouped(d.range(3), lambda x: tf.cast(x, tf.int32), 2),
    group_by_window_vector_key=lambda tf, d: grouped(d.range(3), lambda x: [x], 2),
    group_by_window_without_size=lambda tf, d: grouped(d.range(3), lambda x: x),
    group_by_window_two_sizes=lambda tf, d: grouped(d.range(3), lambda x: x, 2, lambda k: 3),
    group_by_window_size_zero=lambda tf, d: grouped(d.range(3), lambda x: x, 0),
    group_by_window_size_of_key_zero=lambda tf, d: grouped(
        d.range(3), lambda x: x, size_func=lambda k: k
    ),
    group_by_window_vector_size=lambda tf, d: grouped(
        d.range(3), lambda x: x, size_func=lambda k: [k]
    ),
    group_by_window_no_dataset=lambda tf, d: d.range(3).group_by_window(
        lambda x: x, lambda k, group: k, 2
    ),
    group_by_window_two_datasets=lambda tf, d: d.range(3).group_by_window(
        lambda x: x, lambda k, group: (group, group), 2
    ),
    bucket_wrong_sizes=lambda tf, d: bucketed(tf, d, [3, 5], [2, 2]),
    bucket_int64_length=lambda tf, d: sequences(tf, d).bucket_by_sequence_length(
        lambda x: tf.size(x, out_type=tf.int64), [3], [2, 2]
    ),
    bucket_no_padding_unequal=lambda tf, d: bucketed(tf, d, [3, 5], [2, 2, 2], no_padding=True),
    reducer_int32_key=lambda tf, d: reduced(tf, d.range(3), lambda x: 0, total(tf)),
    reducer_changes_dtype=lambda tf, d: reduced(
        tf,
        d.range(3),
        lambda x: x,
        tf.data.experimental.Reducer(lambda k: 0, lambda s, x: x, lambda s: s),
    ),
    pad_to_less=lambda tf, d: d.from_tensor_slices({"a": [1, 2]}).apply(
        tf.data.experimental.pad_to_cardinality(1)
    ),
    pad_unknown=lambda tf, d: (
        d.from_tensor_slices({"a": [1, 2]})
        .filter(lambda x: True)
        .apply(tf.data.experimental.pad_to_cardinality(3))
    ),
    pad_no_dict=lambda tf, d: d.range(2).apply(tf.data.experimental.pad_to_cardinality(3)),
    pad_unknown_shape=lambda tf, d: (
        d.from_tensor_slices({"a": [1, 2]})
        .batch(2)
        .apply(tf.data.experimental.pad_to_cardinality(3))
    ),
)


# ---- datasets by turns ----


def turns(
    d: Any, cycle: int, block: int = 1, lengths: Any = (3, 0, 5, 1, 4), **options: Any
) -> Any:
    """Elements 0, 1, ... of the first dataset, 100, 101, ... of the second, and so on."""
    ends = 100 * np.arange(len(lengths)) + np.array(lengths)
    source = d.from_tensor_slices((100 * np.arange(len(lengths)), ends))
    return source.interleave(d.range, cycle, block, **options)


def old_turns(tf: Any, d: Any, cycle: int, block: int = 1, **options: Any) -> Any:
    lengths = np.array([3, 0, 5, 1, 4, 0, 2])
    source = d.from_tensor_slices((100 * np.arange(7), 100 * np.arange(7) + lengths))
    return source.apply(tf.data.experimental.parallel_interleave(d.range, cycle, block, **options))


def of_seeds(d: Any) -> Any:
    return d.range(3).flat_map(lambda i: d.range(6).shuffle(6, seed=i))


add(
    PIPELINES,
    turns_uneven=lambda tf, d: turns(d, 2, num_parallel_calls=2),
    turns_blocks=lambda tf, d: turns(d, 3, 2, num_parallel_calls=3),
    turns_autotuned=lambda tf, d: turns(d, 4, 3, num_parallel_calls=tf.data.AUTOTUNE),
    turns_more_than_datasets=lambda tf, d: turns(d, 9, num_parallel_calls=4),
    turns_in_order=lambda tf, d: turns(d, 3, num_parallel_calls=2, deterministic=True),
    turns_of_empty=lambda tf, d: turns(d, 2, 1, (0, 0, 0), num_parallel_calls=2),
    turns_of_one=lambda tf, d: turns(d, 1, 2, num_parallel_calls=1),
    turns_batched=lambda tf, d: turns(d, 2, num_parallel_calls=2).batch(4),
    turns_with_errors=lambda tf, d: (
        d.from_tensor_slices(np.array([2, 1, 0, 4]))
        .interleave(lambda x: d.range(4 // x), 2, 1, num_parallel_calls=2)
        .ignore_errors()
    ),
    turns_with_errors_one_thread=lambda tf, d: (
        d.from_tensor_slices(np.array([2, 1, 0, 4]))
        .interleave(lambda x: d.range(4 // x), 2, 1)
        .ignore_errors()
    ),
    parallel_interleave=lambda tf, d: old_turns(tf, d, 2),
    parallel_interleave_blocks=lambda tf, d: old_turns(tf, d, 3, 2),
    parallel_interleave_wide=lambda tf, d: old_turns(tf, d, 9),
    parallel_interleave_buffers=lambda tf, d: old_turns(
        tf, d, 2, buffer_output_elements=3, prefetch_input_elements=4
    ),
    map_and_batch=lambda tf, d: d.range(7).apply(
        tf.data.experimental.map_and_batch(lambda x: 2 * x, 3)
    ),
    map_and_batch_drop=lambda tf, d: d.range(7).apply(
        tf.data.experimental.map_and_batch(
            lambda x: (x, -x), 3, drop_remainder=True, num_parallel_calls=2
        )
    ),
    map_and_batch_batches=lambda tf, d: d.range(7).apply(
        tf.data.experimental.map_and_batch(lambda x: tf.fill([2], x), 3, num_parallel_batches=2)
    ),
    copy_to_device=lambda tf, d: d.range(3).apply(tf.data.experimental.copy_to_device("/cpu:0")),
    prefetch_to_device=lambda tf, d: (
        d.range(5).batch(2).apply(tf.data.experimental.prefetch_to_device("/cpu:0", 2))
    ),
    shuffle_seeds_of_elements=lambda tf, d: of_seeds(d),
    random_seeds_of_elements=lambda tf, d: d.range(2).flat_map(lambda i: d.random(i).take(2)),
    at_every_element=lambda tf, d: d.range(5).map(
        lambda i: tf.data.experimental.at(d.range(10, 20).map(lambda x: x * x), 4 - i)
    ),
)

add(
    FAILING,
    interleave_more_calls_than_cycle=lambda tf, d: turns(d, 2, num_parallel_calls=3),
    interleave_no_calls=lambda tf, d: turns(d, 2, num_parallel_calls=0),
    parallel_interleave_no_cycle=lambda tf, d: old_turns(tf, d, 0),
    parallel_interleave_no_block=lambda tf, d: old_turns(tf, d, 2, 0),
    parallel_interleave_no_buffer=lambda tf, d: old_turns(tf, d, 2, buffer_output_elements=0),
    map_and_batch_both_numbers=lambda tf, d: d.range(7).apply(
        tf.data.experimental.map_and_batch(
            lambda x: x, 3, num_parallel_batches=1, num_parallel_calls=1
        )
    ),
    map_and_batch_of_none=lambda tf, d: d.range(7).apply(
        tf.data.experimental.map_and_batch(lambda x: x, 0)
    ),
    copy_to_no_device=lambda tf, d: d.range(3).apply(
        tf.data.experimental.copy_to_device("nonsense")
    ),
    at_the_end=lambda tf, d: [tf.data.experimental.at(d.range(3), 3)],
    at_negative=lambda tf, d: [tf.data.experimental.at(d.range(3), -1)],
    at_of_filter=lambda tf, d: [tf.data.experimental.at(d.range(3).filter(lambda x: x > 1), 0)],
    at_of_infinite=lambda tf, d: [tf.data.experimental.at(d.range(3).repeat(), 0)],
    at_int32_tensor=lambda tf, d: [tf.data.experimental.at(d.range(3), tf.constant(0))],
    index_table_without_terms=lambda tf, d: tf.data.experimental.index_table_from_dataset(
        d.from_tensor_slices(["a"]), vocab_size=0
    ),
    index_table_of_twice_the_same=lambda tf, d: tf.data.experimental.index_table_from_dataset(
        d.from_tensor_slices(["a", "b", "a"])
    ),
    index_table_too_small=lambda tf, d: tf.data.experimental.index_table_from_dataset(
        d.from_tensor_slices(["a", "b"]), vocab_size=3
    ),
    table_of_triples=lambda tf, d: tf.data.experimental.DatasetInitializer(
        d.zip((d.range(2), d.range(2), d.range(2)))
    ),
    table_of_vectors=lambda tf, d: tf.data.experimental.DatasetInitializer(
        d.zip((d.range(2), d.range(2))).batch(2)
    ),
    table_of_strings_without_default=lambda tf, d: tf.data.experimental.table_from_dataset(
        d.from_tensor_slices((["a"], ["b"]))
    ),
)
