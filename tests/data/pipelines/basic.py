"""Sources, transformations of one dataset, and ragged and sparse elements."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np

from tests.data.pipelines.tables import FAILING, PIPELINES, add, pipeline, triangle

Point = collections.namedtuple("Point", "x y")


def grid(start: int = 0) -> np.ndarray:
    return np.arange(start, start + 20, dtype=np.float32).reshape(10, 2)


# ---- sources ----

add(
    PIPELINES,
    range_stop=lambda tf, d: d.range(5),
    range_start_stop=lambda tf, d: d.range(2, 5),
    range_down=lambda tf, d: d.range(7, 0, -3),
    range_empty=lambda tf, d: d.range(3, 3),
    range_int32=lambda tf, d: d.range(3, output_type=tf.int32),
    range_float=lambda tf, d: d.range(3, output_type=tf.float32),
    range_beyond_int32=lambda tf, d: d.range(2**40, 2**40 + 2),
    tensors_scalar=lambda tf, d: d.from_tensors(3),
    tensors_list_is_one_tensor=lambda tf, d: d.from_tensors([1, 2, 3]),
    tensors_nested=lambda tf, d: d.from_tensors(({"b": [1.5], "a": "text"}, (True, None))),
    tensors_namedtuple=lambda tf, d: d.from_tensors(Point(1, [2.0, 3.0])),
    slices_vector=lambda tf, d: d.from_tensor_slices([1, 2, 3]),
    slices_strings=lambda tf, d: d.from_tensor_slices(["a", "bc", ""]),
    slices_matrix=lambda tf, d: d.from_tensor_slices(grid()),
    slices_tuple=lambda tf, d: d.from_tensor_slices((grid(), np.arange(10))),
    slices_dict=lambda tf, d: d.from_tensor_slices({"y": [1, 2], "x": [[3.0], [4.0]]}),
    slices_namedtuple=lambda tf, d: d.from_tensor_slices(Point([1, 2], [3, 4])),
    slices_none=lambda tf, d: d.from_tensor_slices(([1, 2], None)),
    slices_bool=lambda tf, d: d.from_tensor_slices([True, False]),
    slices_complex=lambda tf, d: d.from_tensor_slices([1 + 2j, 3j]),
    slices_empty=lambda tf, d: d.from_tensor_slices(np.zeros([0, 2], np.float32)),
    slices_bfloat16=lambda tf, d: d.from_tensor_slices(tf.cast([1.5, 2.0], tf.bfloat16)),
    counter=lambda tf, d: d.counter(start=3, step=-2, dtype=tf.int32).take(3),
    generator=lambda tf, d: d.from_generator(
        lambda: iter([1, 2, 3]), output_signature=tf.TensorSpec([], tf.int32)
    ),
    generator_types=lambda tf, d: d.from_generator(lambda: [1, 2], output_types=tf.float32),
    generator_shapes=lambda tf, d: d.from_generator(
        lambda: [([1, 2], "a")], (tf.int64, tf.string), ([None], [])
    ),
    generator_dict=lambda tf, d: d.from_generator(
        lambda: [{"a": 1, "b": [2.0]}],
        output_signature={"a": tf.TensorSpec([], tf.int32), "b": tf.TensorSpec([1], tf.float32)},
    ),
    generator_arguments=lambda tf, d: d.from_generator(
        lambda n, s: [f"{n}{s.decode()}{type(n).__name__}"],
        args=(3, "x"),
        output_types=tf.string,
    ),
    generator_in_flat_map=lambda tf, d: d.range(3).flat_map(
        lambda n: d.from_generator(lambda m: range(int(m)), args=(n,), output_types=tf.int64)
    ),
    generator_reuses_its_array=lambda tf, d: d.from_generator(
        _one_array, output_signature=tf.TensorSpec([2], tf.int32)
    ),
)


def _one_array() -> Any:
    array = np.zeros(2, np.int32)
    for i in range(3):
        array[:] = i
        yield array


# ---- one element to one ----

add(
    PIPELINES,
    map_scalar=lambda tf, d: d.range(4).map(lambda x: x * x + 1),
    map_tuple=lambda tf, d: d.from_tensor_slices(([1, 2], [3, 4])).map(lambda a, b: (b, a + b)),
    map_dict=lambda tf, d: d.from_tensor_slices({"a": [1, 2]}).map(lambda e: {"z": e["a"] * 2}),
    map_namedtuple=lambda tf, d: d.from_tensor_slices(Point([1, 2], [3, 4])).map(lambda p: p.y),
    map_to_list=lambda tf, d: d.range(2).map(lambda x: [x, x + 1]),
    map_to_nested_list=lambda tf, d: d.range(2).map(lambda x: {"a": [x, x + 1]}),
    map_to_constants=lambda tf, d: d.range(2).map(lambda x: (1, "a", None, 2.5)),
    map_parallel=lambda tf, d: d.range(5).map(lambda x: -x, num_parallel_calls=2),
    map_autotune=lambda tf, d: d.range(5).map(lambda x: -x, num_parallel_calls=tf.data.AUTOTUNE),
    map_captures=lambda tf, d: _map_captures(tf, d),
    map_of_function=lambda tf, d: d.range(3).map(tf.function(lambda x: x + 5)),
    map_unknown_shape=lambda tf, d: triangle(tf, d),
    map_string=lambda tf, d: d.from_tensor_slices(["a", "b"]).map(lambda s: (s, s)),
    map_none_through=lambda tf, d: d.from_tensor_slices(([1, 2], None)).map(lambda a, b: (b, a)),
    map_gather=lambda tf, d: d.range(3).map(lambda i: tf.gather(tf.constant(grid()), i)),
    map_cond=lambda tf, d: d.range(4).map(lambda x: tf.cond(x < 2, lambda: x, lambda: -x)),
    map_row_of_batch=lambda tf, d: d.from_tensor_slices(grid()).batch(5).map(lambda b: b[1]),
    enumerate=lambda tf, d: d.from_tensor_slices(["a", "b"]).enumerate(start=5),
    scan=lambda tf, d: d.range(1, 6).scan(tf.constant(0, tf.int64), lambda s, x: (s + x, s * x)),
    filter=lambda tf, d: d.range(10).filter(lambda x: x % 3 == 1),
    filter_tuple=lambda tf, d: d.from_tensor_slices(([1, 2, 3], [3, 2, 1])).filter(
        lambda a, b: a > b
    ),
    filter_all=lambda tf, d: d.range(3).filter(lambda x: x > 5),
    filter_then_map=lambda tf, d: d.range(10).filter(lambda x: x % 2 == 0).map(lambda x: x / 2),
)


def _map_captures(tf: Any, d: Any) -> Any:
    factor = tf.constant(np.arange(200, dtype=np.int64))
    variable = tf.Variable(7, dtype=tf.int64)
    return d.range(3).map(lambda x: factor[x + 100] * variable)


# ---- parts and sequences ----

add(
    PIPELINES,
    take=lambda tf, d: d.range(9).take(3),
    take_all=lambda tf, d: d.range(3).take(-1),
    take_none=lambda tf, d: d.range(3).take(0),
    take_more=lambda tf, d: d.range(3).take(7),
    take_of_infinite=lambda tf, d: d.range(2).repeat().take(5),
    skip=lambda tf, d: d.range(5).skip(2),
    skip_all=lambda tf, d: d.range(3).skip(-1),
    skip_more=lambda tf, d: d.range(3).skip(5),
    skip_of_map=lambda tf, d: d.range(5).map(lambda x: x * 2).skip(3),
    skip_of_shuffle=lambda tf, d: d.range(6).shuffle(3, seed=4).skip(2),
    skip_take_batch=lambda tf, d: d.from_tensor_slices(grid()).skip(3).take(5).batch(2),
    take_while=lambda tf, d: d.range(9).take_while(lambda x: x != 4),
    shard=lambda tf, d: d.range(10).shard(3, 1),
    shard_last=lambda tf, d: d.range(10).shard(4, 3),
    shard_of_one=lambda tf, d: d.range(3).shard(1, 0),
    shard_batch=lambda tf, d: d.range(10).shard(2, 1).batch(2),
    repeat=lambda tf, d: d.range(2).repeat(3),
    repeat_zero=lambda tf, d: d.range(2).repeat(0),
    repeat_of_empty=lambda tf, d: d.range(0).repeat(),
    repeat_batch=lambda tf, d: d.range(5).repeat(3).batch(4),
    repeat_of_partial_batches=lambda tf, d: d.range(5).batch(2).repeat(2),
    concatenate=lambda tf, d: d.range(2).concatenate(d.range(5, 8)),
    concatenate_batch=lambda tf, d: d.range(3).concatenate(d.range(10, 13)).batch(4),
    concatenate_shapes=lambda tf, d: d.from_tensors([1, 2]).concatenate(d.from_tensors([1, 2, 3])),
    concatenate_empty=lambda tf, d: d.range(0).concatenate(d.range(2)).concatenate(d.range(0)),
    zip=lambda tf, d: d.zip((d.range(3), d.range(10, 20))),
    zip_arguments=lambda tf, d: d.zip(d.range(2), d.from_tensor_slices(["a", "b"])),
    zip_nested=lambda tf, d: d.zip({"a": d.range(2), "b": (d.range(3), d.range(4))}),
    zip_batch=lambda tf, d: d.zip((d.range(5), d.range(10, 18))).batch(2),
    zip_batch_uneven=lambda tf, d: d.zip((d.range(7, 20), d.range(3))).batch(2),
    zip_of_filtered=lambda tf, d: d.zip((d.range(9).filter(lambda x: x > 6), d.range(5))),
    prefetch=lambda tf, d: d.range(5).prefetch(2),
    prefetch_batch=lambda tf, d: d.range(5).prefetch(1).batch(2).prefetch(tf.data.AUTOTUNE),
    prefetch_zero=lambda tf, d: d.range(3).prefetch(0),
    cache=lambda tf, d: d.range(4).map(lambda x: x + 1).cache(),
    cache_then_shuffle=lambda tf, d: d.range(6).cache().shuffle(6, seed=2),
    cache_of_shuffle=lambda tf, d: d.range(6).shuffle(6, seed=2).cache(),
    cache_batch=lambda tf, d: d.range(5).cache().batch(2),
    apply=lambda tf, d: d.range(9).apply(lambda s: s.take(2)),
    assert_cardinality=lambda tf, d: (
        d.range(9).filter(lambda x: x < 3).apply(tf.data.experimental.assert_cardinality(3))
    ),
    with_options=lambda tf, d: d.range(3).with_options(tf.data.Options()),
)

# ---- batches ----

add(
    PIPELINES,
    batch=lambda tf, d: d.range(7).batch(3),
    batch_drop_remainder=lambda tf, d: d.range(7).batch(3, drop_remainder=True),
    batch_of_all=lambda tf, d: d.range(3).batch(10),
    batch_drop_everything=lambda tf, d: d.range(3).batch(10, drop_remainder=True),
    batch_parallel=lambda tf, d: d.range(5).batch(2, num_parallel_calls=2),
    batch_of_batch=lambda tf, d: d.range(8).batch(2).batch(2),
    batch_matrix=lambda tf, d: d.from_tensor_slices(grid()).batch(4),
    batch_dict=lambda tf, d: d.from_tensor_slices({"a": [1, 2, 3], "b": ["x", "y", "z"]}).batch(2),
    batch_none=lambda tf, d: d.from_tensor_slices(([1, 2, 3], None)).batch(2),
    batch_of_map=lambda tf, d: d.range(5).map(lambda x: (x, tf.fill([2], x))).batch(2),
    batch_of_mapped_strings=lambda tf, d: (
        d.from_tensor_slices(["a", "b", "c"]).map(lambda s: s).batch(2)
    ),
    batch_tensor_size=lambda tf, d: d.range(5).batch(tf.constant(2, tf.int64)),
    unbatch=lambda tf, d: d.range(5).batch(2).unbatch(),
    unbatch_batch=lambda tf, d: d.range(7).batch(2).unbatch().batch(3),
    unbatch_tuple=lambda tf, d: d.from_tensors(([1, 2], [[3], [4]])).unbatch(),
    unbatch_known=lambda tf, d: d.range(6).batch(2, drop_remainder=True).unbatch(),
    padded_batch=lambda tf, d: triangle(tf, d).padded_batch(2),
    padded_batch_drop=lambda tf, d: triangle(tf, d).padded_batch(2, drop_remainder=True),
    padded_batch_shape=lambda tf, d: triangle(tf, d).padded_batch(3, padded_shapes=[6]),
    padded_batch_value=lambda tf, d: triangle(tf, d).padded_batch(
        3, padded_shapes=[None], padding_values=tf.constant(-1, tf.int64)
    ),
    padded_batch_tuple=lambda tf, d: d.zip(
        triangle(tf, d), d.from_tensor_slices(list("abcde"))
    ).padded_batch(2, padded_shapes=([None], []), padding_values=(np.int64(7), "")),
    padded_batch_strings=lambda tf, d: (
        d.range(1, 4).map(lambda n: tf.fill([n], "q")).padded_batch(2)
    ),
    window=lambda tf, d: d.range(7).window(3).flat_map(lambda w: w.batch(3)),
    window_shift=lambda tf, d: d.range(7).window(3, 2, 1).flat_map(lambda w: w.batch(3)),
    window_stride=lambda tf, d: (
        d.range(9).window(3, 1, 2, drop_remainder=True).flat_map(lambda w: w.batch(3))
    ),
    window_gaps=lambda tf, d: d.range(9).window(2, shift=4).flat_map(lambda w: w.batch(2)),
    window_zip=lambda tf, d: (
        d.zip((d.range(4), d.range(10, 14)))
        .window(2)
        .flat_map(lambda a, b: tf.data.Dataset.zip((a.batch(2), b.batch(2))))
    ),
)

# ---- datasets of datasets ----

add(
    PIPELINES,
    flat_map=lambda tf, d: d.range(4).flat_map(lambda n: d.range(n)),
    flat_map_slices=lambda tf, d: d.range(5).batch(2).flat_map(d.from_tensor_slices),
    flat_map_batch=lambda tf, d: d.range(5).flat_map(lambda n: d.range(n)).batch(3),
    flat_map_of_map=lambda tf, d: d.range(3).flat_map(lambda n: d.range(n).map(lambda m: n * m)),
    flat_map_capture=lambda tf, d: _flat_map_capture(tf, d),
    flat_map_concatenate=lambda tf, d: d.range(1, 3).flat_map(
        lambda n: d.from_tensors(n).repeat(2).concatenate(d.range(n))
    ),
    interleave=lambda tf, d: _interleave(d, 2, 1),
    interleave_blocks=lambda tf, d: _interleave(d, 3, 2),
    interleave_parallel=lambda tf, d: _interleave(d, 2, 1, num_parallel_calls=2),
    interleave_parallel_blocks=lambda tf, d: _interleave(d, 3, 2, num_parallel_calls=2),
    interleave_wide=lambda tf, d: _interleave(d, 9, 1),
    interleave_one=lambda tf, d: _interleave(d, 1, 2),
    interleave_empties=lambda tf, d: d.range(5).interleave(lambda n: d.range(n % 3), 2, 1),
)


def _interleave(d: Any, cycle: int, block: int, **options: Any) -> Any:
    return d.range(1, 6).interleave(
        lambda n: d.from_tensors(n).repeat(n), cycle_length=cycle, block_length=block, **options
    )


def _flat_map_capture(tf: Any, d: Any) -> Any:
    table = d.from_tensor_slices([10, 20])
    return d.range(2).flat_map(lambda n: table.map(lambda x: x + tf.cast(n, tf.int32)))


@pipeline
def keras_arrays(tf: Any) -> Any:
    """How Keras cuts batches out of arrays."""
    d = tf.data.Dataset
    arrays = {"x": tf.constant(grid()), "y": tf.constant(np.arange(10))}

    def cut(indices: Any) -> Any:
        full = tf.reshape(tf.slice(indices, [0], [9]), [3, 3])
        rest = d.from_tensors(tf.slice(indices, [9], [1]))
        return d.from_tensor_slices(full).concatenate(rest)

    indices = d.range(1).map(lambda _: tf.range(10, dtype=tf.int64)).prefetch(1).flat_map(cut)
    rows = d.zip((indices, d.from_tensors(arrays).repeat()))
    return rows.map(
        lambda i, data: {key: tf.gather(value, i, axis=0) for key, value in data.items()},
        num_parallel_calls=tf.data.AUTOTUNE,
    ).prefetch(tf.data.AUTOTUNE)


# ---- random order ----

add(
    PIPELINES,
    shuffle_small_buffer=lambda tf, d: d.range(10).shuffle(4, seed=1),
    shuffle_large_buffer=lambda tf, d: d.range(10).shuffle(100, seed=7),
    shuffle_exact_buffer=lambda tf, d: d.range(10).shuffle(10, seed=3),
    shuffle_buffer_of_one=lambda tf, d: d.range(5).shuffle(1, seed=3),
    shuffle_seed_zero=lambda tf, d: d.range(10).shuffle(10, seed=0),
    shuffle_same_order=lambda tf, d: d.range(6).shuffle(6, seed=3, reshuffle_each_iteration=False),
    shuffle_repeat=lambda tf, d: d.range(6).shuffle(3, seed=3).repeat(3),
    shuffle_repeat_batch=lambda tf, d: d.range(6).shuffle(6, seed=3).repeat(3).batch(4),
    shuffle_of_repeat=lambda tf, d: d.range(4).repeat(3).shuffle(5, seed=9),
    shuffle_of_map=lambda tf, d: d.range(8).map(lambda x: x * 10).shuffle(4, seed=1),
    shuffle_map_batch=lambda tf, d: d.range(8).shuffle(8, seed=1).map(lambda x: x * 10).batch(3),
    shuffle_rows=lambda tf, d: (
        d.from_tensor_slices((grid(), np.arange(10))).shuffle(10, seed=5).batch(4)
    ),
    shuffle_shuffle=lambda tf, d: d.range(8).shuffle(8, seed=1).shuffle(3, seed=2),
    shuffle_take=lambda tf, d: d.range(20).shuffle(20, seed=11).take(5),
    shuffle_many=lambda tf, d: d.range(3000).shuffle(1000, seed=11).skip(2990),
)


@pipeline
def shuffle_global_seed(tf: Any) -> Any:
    tf.random.set_seed(5)
    dataset = tf.data.Dataset.range(10)
    return tf.data.Dataset.zip(
        dataset.shuffle(10), dataset.shuffle(10), dataset.shuffle(10, seed=2)
    )


@pipeline
def random_ops_begin_anew_with_each_iterator(tf: Any) -> Any:
    tf.random.set_seed(1)
    return (
        tf.data.Dataset.range(2)
        .map(lambda _: tf.random.uniform([], maxval=100, dtype=tf.int32, seed=3))
        .repeat(2)
    )


# ---- what must fail, and as what ----

add(
    FAILING,
    slices_of_scalar=lambda tf, d: d.from_tensor_slices(3),
    slices_of_nothing=lambda tf, d: d.from_tensor_slices(()),
    slices_of_different_sizes=lambda tf, d: d.from_tensor_slices(([1, 2, 3], [1, 2])),
    range_without_arguments=lambda tf, d: d.range(),
    range_step_zero=lambda tf, d: d.range(1, 2, 0),
    range_of_float=lambda tf, d: d.range(1.5),
    batch_zero=lambda tf, d: d.range(3).batch(0),
    batch_different_shapes=lambda tf, d: triangle(tf, d).batch(2),
    shuffle_zero=lambda tf, d: d.range(3).shuffle(0),
    prefetch_negative=lambda tf, d: d.range(3).prefetch(-2),
    shard_beyond=lambda tf, d: d.range(3).shard(2, 2),
    shard_zero=lambda tf, d: d.range(3).shard(0, 0),
    window_zero=lambda tf, d: d.range(3).window(0),
    window_shift_zero=lambda tf, d: d.range(3).window(1, 0),
    concatenate_dtypes=lambda tf, d: d.range(3).concatenate(d.from_tensors("a")),
    concatenate_structures=lambda tf, d: d.range(3).concatenate(d.from_tensors((1, 2))),
    zip_list=lambda tf, d: d.zip([d.range(3), d.range(2)]),
    zip_number=lambda tf, d: d.zip((d.range(3), 3)),
    zip_nothing=lambda tf, d: d.zip(),
    map_returns_object=lambda tf, d: d.range(3).map(lambda x: object()),
    map_wrong_arity=lambda tf, d: d.range(3).map(lambda x, y: x),
    map_parallel_zero=lambda tf, d: d.range(3).map(lambda x: x, num_parallel_calls=0),
    filter_returns_int=lambda tf, d: d.range(3).filter(lambda x: x),
    flat_map_returns_tuple=lambda tf, d: d.range(3).flat_map(lambda x: (d.range(x),)),
    interleave_no_cycle=lambda tf, d: d.range(3).interleave(d.range, cycle_length=0),
    apply_returns_int=lambda tf, d: d.range(3).apply(lambda s: 3),
    unbatch_scalars=lambda tf, d: d.range(3).unbatch(),
    unbatch_different_sizes=lambda tf, d: d.from_tensors(([1, 2], [1, 2, 3])).unbatch(),
    padded_to_less=lambda tf, d: triangle(tf, d).padded_batch(3, padded_shapes=[1]),
    padded_unknown_rank=lambda tf, d: d.from_generator(
        lambda: [1], output_types=tf.int32
    ).padded_batch(2),
    padded_wrong_rank=lambda tf, d: d.range(3).padded_batch(2, padded_shapes=[3]),
    padded_wrong_dtype=lambda tf, d: d.range(3).padded_batch(2, padding_values=1),
    cardinality_too_small=lambda tf, d: d.range(3).apply(
        tf.data.experimental.assert_cardinality(4)
    ),
    cardinality_too_large=lambda tf, d: d.range(3).apply(
        tf.data.experimental.assert_cardinality(1)
    ),
    generator_not_callable=lambda tf, d: d.from_generator([1], output_types=tf.int32),
    generator_without_signature=lambda tf, d: d.from_generator(lambda: [1]),
    generator_with_two_signatures=lambda tf, d: d.from_generator(
        lambda: [1], tf.int32, output_signature=tf.TensorSpec([], tf.int32)
    ),
    generator_signature_of_dtypes=lambda tf, d: d.from_generator(
        lambda: [1], output_signature=tf.int32
    ),
    generator_wrong_dtype=lambda tf, d: d.from_generator(lambda: ["a"], output_types=tf.int32),
    generator_wrong_shape=lambda tf, d: d.from_generator(
        lambda: [[1, 2]], output_signature=tf.TensorSpec([], tf.int32)
    ),
    generator_wrong_structure=lambda tf, d: d.from_generator(
        lambda: [[1, 2]], output_types=(tf.int32, tf.int32)
    ),
    generator_raises_value_error=lambda tf, d: d.from_generator(
        lambda: (int("x") for _ in range(2)), output_types=tf.int32
    ),
    generator_raises_key_error=lambda tf, d: d.from_generator(
        lambda: ({}[i] for i in range(2)), output_types=tf.int32
    ),
    op_in_map=lambda tf, d: d.range(3).map(
        lambda i: tf.debugging.check_numerics(tf.math.log(tf.cast(i, tf.float32)), "log")
    ),
    scan_state_changes_dtype=lambda tf, d: d.range(3).scan(0, lambda s, x: (x, x)),
    options_are_no_options=lambda tf, d: setattr(tf.data.Options(), "no_such_option", 1),
    option_of_wrong_type=lambda tf, d: setattr(tf.data.Options(), "deterministic", 3),
    single_element_of_none=lambda tf, d: d.range(0).get_single_element(),
    single_element_of_two=lambda tf, d: d.range(2).get_single_element(),
    len_infinite=lambda tf, d: len(d.range(3).repeat()),
    len_unknown=lambda tf, d: len(d.range(3).filter(lambda x: x > 1)),
    text_of_numbers=lambda tf, d: tf.data.TextLineDataset(3),
    text_of_missing_file=lambda tf, d: tf.data.TextLineDataset("/no/such/file"),
    records_of_missing_file=lambda tf, d: tf.data.TFRecordDataset("/no/such/file"),
    numpy_of_datasets=lambda tf, d: d.range(3).window(2).as_numpy_iterator(),
)


# ---- ragged and sparse elements ----


def rows(tf: Any) -> Any:
    return tf.ragged.constant([[1, 2], [], [3]])


def deep(tf: Any) -> Any:
    return tf.ragged.constant([[[1.0], [2.0, 3.0]], [], [[4.0], []]])


def some(tf: Any) -> Any:
    return tf.sparse.from_dense([[1, 0], [0, 2], [0, 0]])


def wide(tf: Any) -> Any:
    return tf.ragged.constant([[[1, 2]], [[3, 4], [5, 6]]], ragged_rank=1)


add(
    PIPELINES,
    ragged_slices=lambda tf, d: d.from_tensor_slices(rows(tf)),
    ragged_slices_deep=lambda tf, d: d.from_tensor_slices(deep(tf)),
    ragged_slices_wide=lambda tf, d: d.from_tensor_slices(wide(tf)),
    ragged_slices_strings=lambda tf, d: d.from_tensor_slices(tf.ragged.constant([["a", "b"], []])),
    ragged_slices_with_others=lambda tf, d: d.from_tensor_slices(
        {"r": rows(tf), "s": some(tf), "x": [1.0, 2.0, 3.0]}
    ),
    ragged_slices_batched=lambda tf, d: d.from_tensor_slices(rows(tf)).batch(2),
    ragged_slices_deep_batched=lambda tf, d: d.from_tensor_slices(deep(tf)).batch(2),
    ragged_slices_shuffled=lambda tf, d: (
        d.from_tensor_slices(rows(tf))
        .shuffle(3, seed=1, reshuffle_each_iteration=False)
        .repeat(2)
        .batch(4)
    ),
    ragged_batch_drops=lambda tf, d: d.from_tensor_slices(deep(tf)).batch(2, drop_remainder=True),
    ragged_batch_of_uniform=lambda tf, d: d.from_tensors(rows(tf)).repeat(3).batch(2),
    ragged_batch_of_batch=lambda tf, d: d.from_tensor_slices(rows(tf)).batch(1).batch(2),
    ragged_int32_splits=lambda tf, d: d.from_tensor_slices(
        rows(tf).with_row_splits_dtype(tf.int32)
    ).batch(2),
    ragged_unbatch=lambda tf, d: d.from_tensors(deep(tf)).unbatch(),
    ragged_unbatch_with_others=lambda tf, d: d.from_tensors((rows(tf), [1, 2, 3])).unbatch(),
    ragged_filter=lambda tf, d: d.from_tensor_slices(deep(tf)).filter(lambda r: r.nrows() > 0),
    ragged_map=lambda tf, d: d.from_tensor_slices(deep(tf)).map(lambda r: (r * 2.0, r.nrows())),
    ragged_padded_after_batch=lambda tf, d: (
        d.from_tensor_slices(rows(tf)).batch(2).map(lambda r: r.to_tensor(-1))
    ),
    ragged_reduce_by_window=lambda tf, d: (
        d.from_tensor_slices(rows(tf)).window(2).flat_map(lambda w: w.batch(2))
    ),
    ragged_empty=lambda tf, d: d.from_tensor_slices(rows(tf)[:0]).batch(2),
    sparse_slices=lambda tf, d: d.from_tensor_slices(some(tf)),
    sparse_slices_batched=lambda tf, d: d.from_tensor_slices(some(tf)).batch(2),
    sparse_batch_of_matrices=lambda tf, d: d.from_tensors(some(tf)).repeat(2).batch(2),
    sparse_unbatch=lambda tf, d: d.from_tensors(some(tf)).unbatch(),
    sparse_map=lambda tf, d: d.from_tensor_slices(some(tf)).map(lambda s: tf.sparse.to_dense(s)),
    method_ragged_batch=lambda tf, d: triangle(tf, d).ragged_batch(2),
    method_ragged_batch_drops=lambda tf, d: triangle(tf, d).ragged_batch(2, drop_remainder=True),
    method_ragged_batch_int32=lambda tf, d: triangle(tf, d).ragged_batch(
        3, row_splits_dtype=tf.int32
    ),
    method_ragged_batch_matrices=lambda tf, d: (
        d.range(1, 4).map(lambda n: tf.fill([2, n], n)).ragged_batch(2)
    ),
    method_ragged_batch_wide=lambda tf, d: (
        d.range(1, 4).map(lambda n: tf.fill([n, 2], n)).ragged_batch(2)
    ),
    method_ragged_batch_known=lambda tf, d: d.from_tensor_slices(grid()).ragged_batch(4),
    method_ragged_batch_tuple=lambda tf, d: triangle(tf, d).enumerate().ragged_batch(2),
    method_ragged_batch_scalars=lambda tf, d: d.range(3).ragged_batch(2),
    dense_to_ragged_batch=lambda tf, d: triangle(tf, d).apply(
        tf.data.experimental.dense_to_ragged_batch(2)
    ),
    method_sparse_batch=lambda tf, d: triangle(tf, d).sparse_batch(2, [6]),
    method_sparse_batch_open=lambda tf, d: triangle(tf, d).sparse_batch(2, [None]),
    method_sparse_batch_matrices=lambda tf, d: (
        d.range(1, 4).map(lambda n: tf.fill([2, n], n)).sparse_batch(2, [2, None])
    ),
    dense_to_sparse_batch=lambda tf, d: triangle(tf, d).apply(
        tf.data.experimental.dense_to_sparse_batch(3, [5])
    ),
)

add(
    FAILING,
    ragged_padded_batch=lambda tf, d: d.from_tensors(rows(tf)).padded_batch(2),
    ragged_slices_of_other_size=lambda tf, d: d.from_tensor_slices((rows(tf), [1, 2])),
    ragged_batch_of_unequal_batches=lambda tf, d: d.from_tensor_slices(rows(tf)).batch(2).batch(2),
    ragged_batch_none=lambda tf, d: triangle(tf, d).ragged_batch(0),
    ragged_batch_different_inner=lambda tf, d: (
        d.range(1, 4)
        .map(lambda n: tf.RaggedTensor.from_row_lengths(tf.fill([2, n], n), [1, 1]))
        .batch(2)
    ),
    sparse_slices_of_vector=lambda tf, d: d.from_tensor_slices(tf.sparse.from_dense([1, 0])),
    sparse_batch_too_large=lambda tf, d: triangle(tf, d).sparse_batch(2, [2]),
    sparse_batch_wrong_rank=lambda tf, d: triangle(tf, d).sparse_batch(2, [2, 2]),
    sparse_batch_of_tuples=lambda tf, d: d.range(3).enumerate().sparse_batch(2, [2]),
)

add(
    PIPELINES,
    shuffled_part_repeated=lambda tf, d: d.range(9).shuffle(9, seed=3).take(2).repeat(2),
    shuffled_part_repeated_once=lambda tf, d: d.range(9).shuffle(9, seed=3).take(2).repeat(1),
    shuffled_part_repeated_twice=lambda tf, d: (
        d.range(9).shuffle(9, seed=3).skip(7).repeat(2).map(lambda x: x).repeat(2)
    ),
    shuffled_part_repeated_forever=lambda tf, d: (
        d.range(9).shuffle(9, seed=3).take(2).repeat().take(5)
    ),
)
