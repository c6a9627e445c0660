"""Functions that come again are not traced again, if nothing that they read has changed."""

import gc
import weakref

import numpy as np
import pytest

import tidefall as tf
from tidefall.data.engine import function_cache
from tidefall.data.engine.function_cache import reads_of

WIDTH = 3


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    traces = function_cache.Traces()
    monkeypatch.setattr(function_cache, "traces", traces)
    monkeypatch.setattr("tidefall.data.engine.functions.traces", traces)


def graph_of(dataset):
    return dataset._node.function.parts[0].graph


def mapped(function):
    return tf.data.Dataset.range(2).map(function)


def values(dataset):
    return [np.asarray(value).tolist() for value in dataset.as_numpy_iterator()]


def helper(x, by=2):
    return x * by


class Settings:
    def __init__(self, by):
        self.by = by


def plain():
    return lambda x: tf.cast(x, tf.float32) + 1.5


def of_closure(by=3, dtype=tf.int32):
    return lambda x: tf.cast(x, dtype) * by


def of_global():
    return lambda x: tf.fill([WIDTH], x)


def of_helper():
    return lambda x: helper(x)


def of_attribute(by=3):
    holder = Settings(by)
    return lambda x: x * holder.by


def of_inner():
    def outer(x):
        def inner(y):
            return (y, x)

        return inner(x + 1)

    return outer


def of_branch():
    def function(x):
        if x > 0:
            y = x * 2
        else:
            y = x
        return tuple([y for _ in range(2)])

    return function


def of_default():
    return lambda x, by=4: x * by


@pytest.mark.parametrize(
    "make", [plain, of_closure, of_global, of_helper, of_attribute, of_inner, of_default]
)
def test_recognised(make):
    datasets = [mapped(make()) for _ in range(4)]
    graphs = [graph_of(one) for one in datasets]
    assert graphs[1] is not graphs[0]  # code that comes once is not looked at
    assert graphs[2] is graphs[1] and graphs[3] is graphs[1]
    results = [values(one) for one in datasets]
    assert results == [results[0]] * 4


def stateful(make):
    return pytest.param(make, id=make.__name__)


COUNT = [0]


def counts():
    def function(x):
        COUNT[0] += 1
        return x + COUNT[0]

    return function


def changes_what_is_around():
    times = 0

    def function(x):
        nonlocal times
        times += 1
        return x + times

    return function


def of_list():
    items = [1, 2]
    return lambda x: x + len(items)


def of_tensor():
    tensor = tf.constant(2, tf.int64)
    return lambda x: x + tensor


def of_variable():
    variable = tf.Variable(2, dtype=tf.int64)
    return lambda x: x + variable


def random():
    return lambda x: tf.random.uniform([]) + tf.cast(x, tf.float32)


def python():
    return lambda x: tf.numpy_function(lambda v: v + 1, [x], tf.int64)


def stateless_python():
    return lambda x: tf.numpy_function(lambda v: v + 1, [x], tf.int64, stateful=False)


def prints():
    def function(x):
        print("", end="")  # noqa: T201
        return x

    return function


def seeds():
    def function(x):
        tf.random.set_seed(1)
        return x

    return function


def takes_from():
    numbers = iter(range(100))
    return lambda x: x + next(numbers)


def of_array():
    array = np.arange(3)
    return lambda x: tf.gather(array, x)


def of_property():
    class Holder:
        @property
        def by(self):
            return 2

    holder = Holder()
    return lambda x: x * holder.by


def of_method():
    class Holder:
        def by(self, x):
            return x

    holder = Holder()
    return lambda x: holder.by(x)


@pytest.mark.parametrize(
    "make",
    [
        *(counts, changes_what_is_around, of_list, of_tensor, of_variable, random, python),
        *(stateless_python, prints, seeds, takes_from, of_array, of_property, of_method),
        of_branch,  # its branches are functions
    ],
)
def test_traced_every_time(make):
    graphs = [graph_of(mapped(make())) for _ in range(4)]
    assert len({id(graph) for graph in graphs}) == 4


@pytest.mark.parametrize("others", [(3, 4, 5), (1, True), (1, 1.0), (0.0, -0.0), ("a", b"a")])
def test_other_values_in_the_closure(others):
    def make(value):
        return lambda x: (x, tf.constant(value))

    found = {}
    for _ in range(4):
        for value in others:
            dataset = mapped(make(value))
            found.setdefault(repr(value), []).append(graph_of(dataset))
            constant = values(dataset.map(lambda x, y: y))[0]
            assert repr(constant) == repr(values(mapped(lambda x, v=value: tf.constant(v)))[0])
    last = [graphs[-1] for graphs in found.values()]
    assert len({id(graph) for graph in last}) == len(others)
    assert all(graphs[-1] is graphs[-2] for graphs in found.values())


def test_a_global_that_changes(monkeypatch):
    for _ in range(3):
        assert values(mapped(of_global()))[1] == [1, 1, 1]
    monkeypatch.setitem(globals(), "WIDTH", 2)
    assert values(mapped(of_global()))[1] == [1, 1]
    monkeypatch.setitem(globals(), "helper", lambda x: x - 1)
    assert values(mapped(of_helper())) == [-1, 0]


def test_an_attribute_that_changes():
    holder = Settings(2)
    for by in (2, 2, 2, 5, 7):
        holder.by = by
        assert values(mapped(lambda x: x * holder.by)) == [0, by]


def test_an_op_of_another():
    def other(x, dtype):
        return tf.constant(7)

    for _ in range(3):
        assert values(mapped(plain())) == [1.5, 2.5]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tf, "cast", other)
        with pytest.raises(TypeError):
            mapped(plain())


def test_other_arguments_and_other_stages():
    def same(x):
        return x

    def graphs():
        numbers = tf.data.Dataset.range(4)
        return [
            graph_of(numbers.map(same)),
            graph_of(numbers.batch(2).map(same)),
            graph_of(numbers.batch(2, drop_remainder=True).map(same)),
            graph_of(numbers.map(lambda x: {"a": x}).map(same)),
        ]

    found = [graphs() for _ in range(3)]
    assert len({id(graph) for graph in found[-1]}) == 4
    assert found[-1] == found[-2]


def test_autograph_switched_off():
    def with_and_without():
        plain_one = graph_of(mapped(plain()))
        wrapped = tf.autograph.experimental.do_not_convert(lambda: graph_of(mapped(plain())))
        return plain_one, wrapped()

    found = [with_and_without() for _ in range(4)]
    assert found[-1][0] is found[-2][0]
    assert found[-1][0] is not found[-1][1]


def test_errors_name_the_place_of_each():
    def function(x):
        return tf.debugging.check_numerics(1.0 / tf.cast(x, tf.float32), "not finite")

    lines = []
    for number in range(4):
        if number % 2:
            dataset = tf.data.Dataset.range(1).map(function)
        else:
            dataset = tf.data.Dataset.range(1).map(function)
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            list(dataset)
        lines.append(str(caught.value).partition("called at line ")[2].partition(",")[0])
    assert lines[0] == lines[2] != lines[1] == lines[3]
    assert int(lines[0]) == int(lines[1]) + 2


def test_what_a_function_reads_is_not_kept_alive():
    def use():
        big = np.zeros(10)
        holder = Settings(2)
        vars(holder)["data"] = big
        for _ in range(4):
            assert values(mapped(lambda x: x * holder.by)) == [0, 2]
        return weakref.ref(big)

    reference = use()
    gc.collect()
    assert reference() is None


def test_only_so_many_are_kept():
    traces = function_cache.Traces()
    for number in range(2 * function_cache._LIMIT):
        traces.put(number, str(number))
    assert traces.get(0) is None
    assert traces.get(2 * function_cache._LIMIT - 1)
    assert len(traces._found) == function_cache._LIMIT


def test_reads_of():
    by = 2

    def function(x, y=WIDTH):
        z = [by]
        return tf.math.exp(x) + z[0] + (lambda: WIDTH + y)()

    shown = [(read.name, read.attributes) for read in reads_of(function.__code__) or ()]
    assert shown == [("WIDTH", ()), ("by", ()), ("tf", ("math", "exp"))]
    assert reads_of(changes_what_is_around().__code__) is None


def test_inside_of_a_function_and_under_a_tape():
    make = of_closure

    @tf.function
    def total():
        return mapped(make()).reduce(0, lambda s, x: s + x)

    for _ in range(3):
        with tf.GradientTape():
            dataset = mapped(make())
        assert values(dataset) == [0, 3]
        assert int(total()) == 3
