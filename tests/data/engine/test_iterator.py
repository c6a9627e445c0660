"""Iterators: in Python, as arguments of functions, and made inside of them."""

import gc
import weakref

import numpy as np
import pytest

import tidefall as tf

Dataset = tf.data.Dataset


def test_iterator_ends_with_stop_iteration_and_get_next_with_out_of_range():
    iterator = iter(Dataset.range(2))
    assert isinstance(iterator, tf.data.Iterator)
    assert iter(iterator) is iterator
    assert int(next(iterator)) == 0
    assert int(iterator.get_next()) == 1
    for _ in range(2):
        with pytest.raises(StopIteration):
            next(iterator)
        with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
            iterator.get_next()


def test_function_takes_elements_of_an_iterator():
    @tf.function
    def step(iterator, scale):
        x, y = iterator.get_next()
        return x * scale, y

    iterator = iter(Dataset.from_tensor_slices(([1.0, 2.0, 3.0], ["a", "b", "c"])))
    results = [step(iterator, tf.constant(10.0)) for _ in range(3)]
    assert [(float(x), y.numpy()) for x, y in results] == [(10, b"a"), (20, b"b"), (30, b"c")]
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        step(iterator, tf.constant(1.0))
    assert step.experimental_get_tracing_count() == 1


def test_iterators_of_one_spec_share_a_trace():
    @tf.function
    def first(iterator):
        return iterator.get_next()

    assert int(first(iter(Dataset.range(3)))) == 0
    assert int(first(iter(Dataset.range(5, 9)))) == 5
    assert first.experimental_get_tracing_count() == 1
    assert float(first(iter(Dataset.from_tensor_slices([2.5])))) == 2.5
    assert first.experimental_get_tracing_count() == 2


def test_function_takes_several_elements_in_order():
    @tf.function
    def pair(iterator):
        return iterator.get_next(), next(iterator)

    a, b = pair(iter(Dataset.range(5)))
    assert (int(a), int(b)) == (0, 1)


def test_get_next_as_optional():
    @tf.function
    def step(iterator):
        optional = iterator.get_next_as_optional()
        return optional, optional.has_value()

    iterator = iter(Dataset.from_tensor_slices({"a": [7]}))
    optional, present = step(iterator)
    assert bool(present)
    assert int(optional.get_value()["a"]) == 7
    optional, present = step(iterator)
    assert not bool(present)
    assert not bool(iterator.get_next_as_optional().has_value())


def test_loop_over_an_iterator_in_a_function():
    @tf.function
    def total(iterator):
        def more(total, optional):
            return optional.has_value()

        def add(total, optional):
            return total + optional.get_value(), iterator.get_next_as_optional()

        start = (tf.constant(0, tf.int64), iterator.get_next_as_optional())
        return tf.while_loop(more, add, start)[0]

    assert int(total(iter(Dataset.range(6)))) == 15


def test_iterator_made_inside_a_function():
    @tf.function
    def ends(dataset):
        iterator = iter(dataset.map(lambda x: x + 1))
        return iterator.get_next(), iterator.get_next()

    a, b = ends(Dataset.range(5))
    assert (int(a), int(b)) == (1, 2)
    assert [int(x) for x in ends(Dataset.range(5))] == [1, 2]
    assert ends.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("of", ["dataset", "iterator"])
def test_python_loop_inside_a_function_is_refused(of):
    @tf.function(autograph=False)
    def loop(dataset):
        for _ in dataset if of == "dataset" else iter(dataset):
            pass

    with pytest.raises(ValueError, match="AutoGraph"):
        loop(Dataset.range(3))


def test_dataset_of_a_traced_function_cannot_be_iterated_outside():
    kept = []

    @tf.function
    def make(x):
        kept.append(Dataset.from_tensors(x))
        return x

    make(tf.constant(1))
    with pytest.raises(TypeError, match="outside of it"):
        iter(kept[0])


def test_dataset_is_iterated_in_a_graph_only_within_a_function():
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match="eager mode"):
        iter(Dataset.range(3))


def test_function_returns_a_dataset():
    @tf.function
    def make(n):
        return Dataset.range(n).map(lambda x: x * n)

    dataset = make(tf.constant(3, tf.int64))
    assert isinstance(dataset, Dataset)
    assert [int(x) for x in dataset] == [0, 3, 6]


def test_reduce_and_cardinality_inside_a_function():
    @tf.function
    def summed(dataset):
        total = dataset.reduce(tf.constant(0, tf.int64), lambda s, x: s + x)
        return total, dataset.cardinality(), dataset.take(1).get_single_element()

    assert [int(x) for x in summed(Dataset.range(5))] == [10, 5, 0]


def test_pipeline_runs_outside_of_tapes_and_graphs():
    variable = tf.Variable(2.0)
    dataset = Dataset.from_tensors(3.0).map(lambda x: x * variable)
    seen = []

    def generate():
        seen.append(tf.executing_eagerly())
        yield variable * 1.0

    generated = Dataset.from_generator(generate, output_signature=tf.TensorSpec([], tf.float32))
    with tf.GradientTape() as tape:
        x = next(iter(dataset))
        y = next(iter(generated))
    assert float(x) == 6.0
    assert tape.gradient([x, y], variable) is None
    assert seen == [True]


def test_map_reads_variables_as_they_are_when_elements_are_made():
    variable = tf.Variable(1)
    dataset = Dataset.from_tensors(1).map(lambda x: variable.assign_add(x))
    assert [int(next(iter(dataset))) for _ in range(3)] == [2, 3, 4]
    assert int(variable) == 4


def test_error_names_the_line_of_the_user_and_the_transformation():
    def broken(x):
        return tf.debugging.check_numerics(tf.math.log(x), "logarithm")

    dataset = Dataset.from_tensor_slices([0.0, 1.0]).map(broken)
    iterator = iter(dataset)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        next(iterator)
    message = str(caught.value)
    assert "logarithm" in message
    assert f"Dataset.map({broken.__qualname__} at {__file__}:" in message
    assert f"defined at {__file__}:{broken.__code__.co_firstlineno + 1}" in message
    assert float(next(iterator)) == 0.0, "iteration goes on after the element that failed"


def test_end_of_an_inner_iterator_is_an_error_of_the_function():
    inner = iter(Dataset.range(1))
    dataset = Dataset.range(3).map(lambda x: inner.get_next())
    iterator = iter(dataset)
    assert int(next(iterator)) == 0
    with pytest.raises(tf.errors.InvalidArgumentError, match="OutOfRangeError"):
        next(iterator)


def test_iterator_does_not_outlive_its_use():
    dataset = Dataset.range(3).map(lambda x: x)
    iterator = iter(dataset)
    next(iterator)
    resource = weakref.ref(iterator._resource)
    del iterator
    gc.collect()
    assert resource() is None


def test_trace_does_not_keep_what_it_was_traced_with():
    @tf.function
    def first(iterator, dataset, optional):
        return iterator.get_next(), dataset.cardinality(), optional.has_value()

    dataset = Dataset.range(3)
    iterator, optional = iter(dataset), tf.experimental.Optional.from_value(1)
    first(iterator, dataset, optional)
    values = [iterator._resource, dataset._node]
    kept = [weakref.ref(value) for value in values]
    del iterator, dataset, optional, values
    gc.collect()
    assert [ref() for ref in kept] == [None, None]


def test_spec_of_datasets_and_iterators():
    dataset = Dataset.from_tensor_slices(([1], [2.0]))
    spec = dataset.element_spec
    assert tf.type_spec_from_value(dataset) == tf.data.DatasetSpec(spec)
    assert tf.data.DatasetSpec.from_value(dataset).element_spec == spec
    iterator = iter(dataset)
    assert iterator.element_spec == spec
    assert tf.data.IteratorSpec.from_value(iterator) == tf.data.IteratorSpec(spec)
    assert hash(tf.data.IteratorSpec(spec)) == hash(iterator._type_spec)
    assert tf.data.IteratorSpec(spec) != tf.data.IteratorSpec(spec[0])


def test_datasets_are_recognised_by_the_name_of_their_class():
    names = [(c.__name__, c.__module__) for c in type(Dataset.range(1)).__mro__]
    assert any(n == "DatasetV2" and m.startswith("tensorflow.python.data") for n, m in names)
    assert isinstance(Dataset.range(1), Dataset)
    assert bool(Dataset.range(0))


@pytest.mark.parametrize(
    "make, shown",
    [
        (lambda: Dataset.range(3), "_RangeDataset"),
        (lambda: Dataset.range(3).map(lambda x: x), "_MapDataset"),
        (lambda: Dataset.range(3).map(lambda x: x, 2), "_ParallelMapDataset"),
        (lambda: Dataset.range(3).shuffle(2), "_ShuffleDataset"),
        (lambda: Dataset.range(3).repeat(), "_RepeatDataset"),
        (lambda: Dataset.range(3).cache(), "CacheDataset"),
        (lambda: Dataset.range(3).enumerate(), "_ZipDataset"),
        (lambda: Dataset.from_generator(lambda: [1], tf.int32), "_FlatMapDataset"),
    ],
)
def test_repr(make, shown):
    dataset = make()
    assert repr(dataset) == f"<{shown} element_spec={dataset.element_spec}>"


def test_subclass_of_dataset():
    class Digits(Dataset):
        def __new__(cls, count):
            return Dataset.range(count)

    class Wrapped(Dataset):
        def __init__(self, inner):
            self._inner = inner
            super().__init__(inner._variant_tensor)

        @property
        def element_spec(self):
            return self._inner.element_spec

        def _inputs(self):
            return [self._inner]

    assert [int(x) for x in Digits(2)] == [0, 1]
    wrapped = Wrapped(Dataset.range(4))
    assert [int(x) for x in wrapped.skip(2)] == [2, 3]
    assert repr(wrapped).startswith("<Wrapped element_spec=")


def test_iterators_are_independent():
    dataset = Dataset.range(4).shuffle(4, seed=1, reshuffle_each_iteration=False)
    one, other = iter(dataset), iter(dataset)
    first = [int(next(one)) for _ in range(2)]
    assert [int(x) for x in other][:2] == first
    assert sorted(first + [int(x) for x in one]) == [0, 1, 2, 3]


def test_numpy_iterator():
    iterator = Dataset.from_tensor_slices(([1, 2], ["a", "b"])).as_numpy_iterator()
    assert isinstance(iterator, tf.data.NumpyIterator)
    assert iterator.next() == (np.int32(1), b"a")
    assert next(iterator) == (np.int32(2), b"b")
    with pytest.raises(StopIteration):
        next(iterator)
