"""Functions whose arguments are namedtuples, attrs classes and dataclasses."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
import pytest

import tidefall as tf

X = np.float32([1.0, -2.0, 3.0])


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclasses.dataclass
class Masked:
    name: str
    value: Any
    mask: Any

    def __tf_flatten__(self) -> Any:
        return (self.name,), (self.value, self.mask)

    @classmethod
    def __tf_unflatten__(cls, metadata: Any, components: Any) -> Any:
        return cls(*metadata, *components)


class Field(NamedTuple):
    name: str


class Attrs:
    """What the attrs package makes of a class, as far as nests look."""

    __attrs_attrs__ = (Field("a"), Field("b"))
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, a: Any, b: Any):
        self.a, self.b = a, b


def masked(name: str = "x", scale: float = 1.0) -> Masked:
    return Masked(name, tf.constant(scale * X), tf.constant(X > 0))


def test_dataclasses_are_traced_by_what_they_say_of_themselves() -> None:
    @tf.function
    def f(m: Masked) -> Any:
        assert isinstance(m, Masked)
        return Masked(f"{m.name}!", tf.where(m.mask, m.value, 0.0), m.mask), m.value

    first, second = f(masked())
    assert first.name == "x!"
    np.testing.assert_array_equal(first.value, [1.0, 0.0, 3.0])
    np.testing.assert_array_equal(second, X)
    np.testing.assert_array_equal(f(masked(scale=2.0))[0].value, [2.0, 0.0, 6.0])
    assert f.experimental_get_tracing_count() == 1
    assert f(masked("y"))[0].name == "y!"
    assert f.experimental_get_tracing_count() == 2


def test_dataclasses_in_signatures_and_gradients() -> None:
    spec = Masked("x", tf.TensorSpec([None]), tf.TensorSpec([None], tf.bool))

    @tf.function(input_signature=[spec])
    def f(m: Masked) -> Any:
        return tf.reduce_sum(tf.where(m.mask, m.value**2, 0.0))

    given = masked()
    with tf.GradientTape() as tape:
        tape.watch(given.value)
        y = f(given)
    np.testing.assert_array_equal(tape.gradient(y, given.value), [2.0, 0.0, 6.0])
    (argument,), _ = f.get_concrete_function().structured_input_signature
    assert (argument.value.name, argument.mask.name) == ("m_0", "m_1")


def test_placeholders_have_the_names_of_fields() -> None:
    concrete = tf.function(lambda p: p.first).get_concrete_function(
        Pair(tf.TensorSpec([3]), tf.TensorSpec([]))
    )
    assert [t.name for t in concrete.inputs] == ["p_first:0", "p_second:0"]


def test_attrs_classes() -> None:
    f = tf.function(lambda p, q: Attrs(p.a + q["k"].b, p.b))
    made = f(Attrs(tf.constant(X), 2), {"k": Attrs(None, tf.constant(1.0))})
    np.testing.assert_array_equal(made.a, X + 1.0)
    assert made.b.numpy() == 2
    concrete = f.get_concrete_function(Attrs(tf.TensorSpec([3]), 2), {"k": Attrs(None, 1.0)})
    assert [t.name for t in concrete.inputs] == ["p_a:0"]


def test_dataclasses_cannot_be_saved(tmp_path: Any) -> None:
    module = tf.Module()
    module.f = tf.function(lambda m: m.value)
    module.f(masked())
    with pytest.raises(TypeError, match="No encoder for object Masked"):
        tf.saved_model.save(module, tmp_path / "model")


def test_a_dataclass_without_the_protocol_is_refused() -> None:
    @dataclasses.dataclass
    class Plain:
        a: Any

    with pytest.raises(TypeError, match="generic TraceType"):
        tf.function(lambda p: p.a)(Plain(tf.constant(X)))


def test_an_array_of_another_library_is_a_tensor():
    class Array:
        """As little as the array protocol asks for."""

        dtype, shape = np.dtype(np.float32), (3,)

        def __array__(self, dtype=None, copy=None):
            return np.array([1.0, 2.0, 3.0], np.float32)

    traces = []

    @tf.function
    def double(given):
        traces.append(given)
        return given["x"] * 2

    assert double({"x": Array()}).numpy().tolist() == [2, 4, 6]
    assert double({"x": tf.zeros(3)}).numpy().tolist() == [0, 0, 0]
    assert len(traces) == 1
