"""Random ops in functions: iterators that are under way at the same time have their own numbers."""

import pytest

import tidefall as tf

Dataset = tf.data.Dataset
# TensorFlow's, for tf.random.uniform([], seed=5) in a graph.
NUMBERS = [0.3883, 0.3169, 0.4291, 0.0527, 0.7075, 0.492]


@pytest.fixture(autouse=True)
def no_global_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


def draw(_):
    return tf.random.uniform([], seed=5)


def rounded(values):
    return [round(float(value), 4) for value in values]


PIPELINES = {
    "map": lambda: Dataset.range(6).map(draw),
    "one thread": lambda: Dataset.range(6).map(draw, num_parallel_calls=1),
    "ahead": lambda: Dataset.range(6).map(draw).prefetch(2),
    "scan": lambda: Dataset.range(6).scan(0.0, lambda s, x: (s, draw(x))),
    "in a dataset of an element": lambda: Dataset.range(2).flat_map(
        lambda _: Dataset.range(3).map(draw)
    ),
    "in a dataset from outside": lambda: _from_outside(Dataset.range(3).map(draw)),
    "in threads": lambda: _from_outside(Dataset.range(3).map(draw), num_parallel_calls=1),
}


def _from_outside(dataset, **options):
    return Dataset.range(2).interleave(lambda _: dataset, cycle_length=1, **options)


@pytest.mark.parametrize("name", PIPELINES)
def test_iterators_at_the_same_time(name, monkeypatch):
    monkeypatch.setattr(
        "tidefall.data.transformations.combining.interleave_slots.Reads.add",
        lambda reads, seconds: True,
    )
    dataset = PIPELINES[name]()
    first, second = iter(dataset), iter(dataset)
    assert rounded([next(first), next(first)]) == NUMBERS[:2]
    assert rounded(next(second) for _ in range(3)) == NUMBERS[:3]
    assert rounded(dataset) == NUMBERS
    assert rounded(first) == NUMBERS[2:]
    assert rounded(second) == NUMBERS[3:]


@pytest.mark.parametrize("name", PIPELINES)
def test_restored_iterators_beside_others(name):
    dataset = PIPELINES[name]()
    first, second = iter(dataset), iter(dataset)
    next(first), next(first)
    second._resource.restore(first._resource.save())
    assert rounded([next(first)]) == NUMBERS[2:3]
    assert rounded(second) == NUMBERS[2:]
    assert rounded(first) == NUMBERS[3:]


def test_a_function_of_the_program_draws_by_itself():
    @tf.function
    def drawn(_):
        return tf.random.uniform([], seed=5)

    mapped = Dataset.range(3).map(drawn)
    assert rounded(mapped) == NUMBERS[:3]
    assert rounded([drawn(tf.constant(0, tf.int64))]) == NUMBERS[:1]
    assert rounded(mapped) == NUMBERS[:3]

    called = Dataset.range(2).map(lambda x: tf.py_function(drawn, [x], tf.float32))
    assert rounded(called) == NUMBERS[1:3]
    assert rounded(called) == NUMBERS[3:5]

    def yields():
        yield drawn(tf.constant(0, tf.int64))

    generated = Dataset.from_generator(yields, output_signature=tf.TensorSpec([], tf.float32))
    assert rounded(generated.concatenate(mapped)) == [NUMBERS[5], *NUMBERS[:3]]


def test_reduce_beside_an_iterator():
    dataset = Dataset.range(4).map(draw)
    iterator = iter(dataset)
    next(iterator)
    total = dataset.reduce(0.0, lambda s, x: s + x + 0.0 * draw(x))
    assert float(total) == pytest.approx(sum(NUMBERS[:4]), abs=1e-3)
    assert rounded(iterator) == NUMBERS[1:4]
