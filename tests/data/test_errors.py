"""Errors of user functions say which element failed, what it is, and where the code is."""

import re

import numpy as np
import pytest

import tidefall as tf

Dataset = tf.data.Dataset
Bad = tf.errors.InvalidArgumentError


def invert(x):
    return tf.debugging.check_numerics(1.0 / (tf.cast(x, tf.float32) - 4.0), "not finite")


def unknown(x):
    """Cannot work on many elements at once."""
    return invert(tf.reshape(x, tf.reshape(tf.constant([], tf.int32), [-1])))


def python(x):
    return tf.numpy_function(lambda v: np.float32(1 / int(v != 4)), [x], tf.float32)


def failing(dataset):
    """The number in the first error, and the whole message."""
    iterator = iter(dataset)
    while True:
        try:
            next(iterator)
        except tf.errors.OpError as error:
            return int(re.search(r", element (\d+)", error.message)[1]), error.message


@pytest.fixture(autouse=True)
def no_global_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


STAGES = {
    "one by one": (lambda f: Dataset.range(9).repeat(1).map(f), 4),
    "by number": (lambda f: Dataset.range(9).map(f), 4),
    "in batches": (lambda f: Dataset.range(9).map(f).batch(3), 4),
    "in batches, by number": (lambda f: Dataset.range(9).map(f).batch(3).skip(1), 4),
    "rows": (lambda f: Dataset.range(9).repeat(2).map(f).batch(3), 4),
    "second epoch": (lambda f: Dataset.range(3, 6).take(1).concatenate(Dataset.range(6)).map(f), 5),
    "shuffled before": (
        lambda f: Dataset.range(20).shuffle(10, seed=3).map(f),
        lambda: [int(x) for x in Dataset.range(20).shuffle(10, seed=3)].index(4),
    ),
    "shuffled after": (lambda f: Dataset.range(20).map(f).shuffle(10, seed=3).batch(4), 4),
    "skipped": (lambda f: Dataset.range(9).repeat(1).skip(2).map(f), 2),
    "parallel": (lambda f: Dataset.range(9).map(f, num_parallel_calls=3), 4),
    "unordered": (lambda f: Dataset.range(9).map(f, num_parallel_calls=3, deterministic=False), 4),
    "prefetched": (lambda f: Dataset.range(9).map(f).prefetch(2), 4),
    "filter": (lambda f: Dataset.range(9).filter(lambda x: f(x) != 0.0), 4),
    "filter one by one": (lambda f: Dataset.range(9).repeat(1).filter(lambda x: f(x) != 0.0), 4),
    "take_while": (lambda f: Dataset.range(9).take_while(lambda x: f(x) != 0.0), 4),
    "scan": (lambda f: Dataset.range(9).scan(0.0, lambda s, x: (s + f(x), s)), 4),
    "flat_map": (
        lambda f: Dataset.range(9).flat_map(lambda x: Dataset.from_tensors(f(x))),
        4,
    ),
    "interleave": (
        lambda f: Dataset.range(9).interleave(lambda x: Dataset.from_tensors(f(x)), cycle_length=3),
        4,
    ),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", [invert, unknown, python])
def test_number_of_the_element(stage, function):
    make, expected = STAGES[stage]
    number, message = failing(make(function))
    assert number == (expected() if callable(expected) else expected), message
    assert "int64[]" in message


def test_reduce():
    with pytest.raises(Bad, match=r"element 4: \(float32\[\], int64\[\]\)"):
        Dataset.range(9).reduce(0.0, lambda s, x: s + invert(x))


@pytest.mark.parametrize("parallel", [None, 2])
@pytest.mark.parametrize("saved_after", [0, 1, 3])
def test_number_after_restoring(saved_after, parallel):
    dataset = Dataset.range(9).repeat(1).map(unknown, num_parallel_calls=parallel)
    iterator = iter(dataset)
    for _ in range(saved_after):
        next(iterator)
    other = iter(dataset)
    other._resource.restore(iterator._resource.save())
    with pytest.raises(Bad, match=", element 4: "):
        list(other)


def test_lines_of_the_op_the_function_and_the_call():
    def broken(image, label):
        image = tf.ensure_shape(image, [2, 3])
        return invert(label), image

    pairs = Dataset.from_tensor_slices((np.zeros([5, 2, 3], np.float32), np.arange(5)))
    dataset = pairs.map(broken)
    _, message = failing(dataset)
    start = broken.__code__.co_firstlineno
    assert f"defined at {__file__}:{invert.__code__.co_firstlineno + 1}, in invert" in message
    assert f"Dataset.map({broken.__qualname__} at {__file__}:{start}) called at line" in message
    assert message.endswith("element 4: (float32[2, 3], int64[])")
    assert len(message.splitlines()) == 3


def test_shapes_are_those_of_the_element():
    dataset = Dataset.from_tensor_slices([1, 0]).map(lambda n: tf.range(n))
    dataset = dataset.map(lambda x: x[0])
    _, message = failing(dataset)
    assert ", element 1: int32[0]" in message


def test_error_inside_of_an_interleaved_pipeline_after_restoring():
    dataset = Dataset.range(9).interleave(
        lambda x: Dataset.range(2 * x, 2 * x + 2).map(invert), cycle_length=3
    )
    iterator, other = iter(dataset), iter(dataset)
    next(iterator), next(iterator)
    other._resource.restore(iterator._resource.save())
    for one in (iterator, other):
        with pytest.raises(Bad, match=r"element 0: [^\0]*Dataset.interleave\(.*, element 2"):
            next(one)


@pytest.mark.parametrize("batch", [False, True])
def test_error_inside_of_a_nested_pipeline_numbers_the_elements_of_both(batch):
    nested = Dataset.range(9).flat_map(lambda x: Dataset.range(2 * x, 2 * x + 2).map(invert))
    number, message = failing(nested.skip(1).batch(3) if batch else nested)
    assert number == 0
    assert "in Dataset.map(invert at" in message
    assert re.search(r"in Dataset.flat_map\(.*, element 2", message)


def test_generator():
    def numbers():
        yield 1
        yield 2
        raise KeyError("gone")

    dataset = Dataset.from_generator(numbers, output_types=tf.int32)
    with pytest.raises(tf.errors.UnknownError) as caught:
        list(dataset)
    lines = caught.value.message.splitlines()
    assert lines[0] == "KeyError: 'gone'"
    start = numbers.__code__.co_firstlineno
    assert lines[1] == f"\t at {__file__}:{start + 3}, in numbers"
    assert lines[2].startswith(
        f"\t in Dataset.from_generator({numbers.__qualname__} at {__file__}:{start}), element 2"
    )


def test_wrong_element_of_a_generator():
    dataset = Dataset.from_generator(lambda: [1, 2, "x"], output_types=tf.int32)
    with pytest.raises(Bad, match=r"expected type was int32[^\0]*, element 2"):
        list(dataset)


def named_function(x):
    return Dataset.range(2 * x, 2 * x + 2).map(unknown)


@pytest.mark.parametrize("kind", ["flat_map", "interleave", "parallel", "unordered", "old"])
@pytest.mark.parametrize("threads", [False, True])
def test_error_in_the_dataset_of_an_element_names_the_element(kind, threads, monkeypatch):
    if threads:
        monkeypatch.setattr(
            "tidefall.data.transformations.combining.interleave_slots.Reads.add",
            lambda reads, seconds: True,
        )
    old = tf.data.experimental.parallel_interleave(named_function, cycle_length=2)
    dataset = {
        "flat_map": lambda d: d.flat_map(named_function),
        "interleave": lambda d: d.interleave(named_function, cycle_length=2),
        "parallel": lambda d: d.interleave(named_function, cycle_length=2, num_parallel_calls=2),
        "unordered": lambda d: d.interleave(
            named_function, cycle_length=2, num_parallel_calls=2, deterministic=False
        ),
        "old": lambda d: d.apply(old),
    }[kind](Dataset.range(9))
    _, message = failing(dataset)
    assert ", in invert" in message
    stage = "tf.data.experimental.parallel" if kind == "old" else "Dataset."
    assert re.search(
        rf"{stage}[a-z_]+\(named_function at .*:\d+\) called at line \d+, element 2: int64\[\]",
        message,
    ), message

    iterator, other = iter(dataset), iter(dataset)
    next(iterator)
    other._resource.restore(iterator._resource.save())
    assert failing(other)[1] == message


def rows_of(*lengths):
    return Dataset.from_tensor_slices(list(lengths)).map(lambda n: (n, tf.zeros([n])))


def test_batches_of_different_shapes_name_the_batch_and_the_element():
    rows = rows_of(2, 2, 2, 2, 2, 3, 4, 4)
    for dataset in (rows, rows.repeat(1), rows.prefetch(1), rows.take(5).concatenate(rows.skip(5))):
        _, message = failing(dataset.batch(2))
        assert message.startswith(
            "Cannot batch tensors with different shapes in component 1. First element had shape "
            "[2] and element 1 had shape [3]."
        )
        assert "\n\t in Dataset.batch(2), batch 2, element 5" in message
    iterator = iter(rows.batch(2))
    found = []
    for _ in range(4):
        try:
            found.append(next(iterator)[0].numpy().tolist())
        except Bad:
            found.append("failed")
    assert found == [[2, 2], [2, 2], "failed", [4, 4]]


def test_batches_that_cannot_be_padded_name_the_batch_and_the_element():
    rows = rows_of(1, 2, 2, 4, 1).repeat(1)
    with pytest.raises(
        tf.errors.DataLossError,
        match=r"component 1 is padded to \[3\], and the element has shape \[4\].\n"
        r"\t in Dataset.padded_batch\(2\), batch 1, element 3",
    ):
        list(rows.padded_batch(2, padded_shapes=([], [3])))
    grown = rows.map(lambda n, row: tf.zeros(tf.ones([1 + n // 4], tf.int32)))
    with pytest.raises(
        Bad,
        match=r"got element with rank 2: its shape is \[1, 1\], and the padded shape \[-1\].\n"
        r"\t in Dataset.padded_batch\(2\), batch 1, element 3",
    ):
        list(grown.padded_batch(2, padded_shapes=[None]))
