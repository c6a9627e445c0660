"""`tf.types.experimental`: types of functions, and of objects that say their own."""

from __future__ import annotations

from typing import Any

import pytest

import tidefall as tf

types = tf.types.experimental


class Scale(types.TraceType):
    def __init__(self, factor: float):
        self.factor = factor

    def is_subtype_of(self, other: Any) -> bool:
        return self == other

    def most_specific_common_supertype(self, others: Any) -> Any:
        return self if all(self == other for other in others) else None

    def placeholder_value(self, placeholder_context: Any) -> Any:
        return Scaling(self.factor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scale) and self.factor == other.factor

    def __hash__(self) -> int:
        return hash(self.factor)


class Scaling:
    def __init__(self, factor: float):
        self.factor = factor

    def __tf_tracing_type__(self, context: Any) -> Scale:
        return Scale(self.factor)


def test_equal_types_share_a_trace() -> None:
    @tf.function
    def scaled(scaling: Any, x: Any) -> Any:
        return x * scaling.factor

    results = [float(scaled(Scaling(f), tf.constant(1.0))) for f in (2.0, 2.0, 3.0)]
    assert results == [2.0, 2.0, 3.0]
    assert scaled.experimental_get_tracing_count() == 2


def test_what_a_trace_type_does_by_itself() -> None:
    kind = Scale(1.0)
    assert (kind.flatten(), kind.to_tensors(3)) == ([], [])
    assert kind.from_tensors(iter([])).factor == 1.0
    value = Scaling(1.0)
    assert kind.cast(value, None) is value
    with pytest.raises(AssertionError, match="Can not cast 3"):
        kind.cast(3, None)
    with pytest.raises(TypeError, match="abstract"):
        types.TraceType()


def test_who_is_what() -> None:
    function = tf.function(lambda x: x)
    concrete = function.get_concrete_function(tf.TensorSpec([]))
    assert isinstance(function, (types.PolymorphicFunction, types.Callable))
    assert isinstance(concrete, types.Callable)
    assert isinstance(concrete.inference_fn, types.AtomicFunction)
    assert isinstance(concrete.function_type, types.FunctionType)
    assert isinstance(tf.constant(1), types.SupportsTracingProtocol)
    assert isinstance(Scaling(1.0), types.SupportsTracingProtocol)
    assert not isinstance(3, types.SupportsTracingProtocol)


def test_types_of_functions() -> None:
    @tf.function
    def f(x: Any, y: int = 2, *, z: Any = 1) -> Any:
        return x

    concrete = f.get_concrete_function(tf.TensorSpec([2]), z=tf.TensorSpec([]))
    found = concrete.function_type
    assert list(found.parameters) == list(f.function_type.parameters) == ["x", "y", "z"]
    assert found.output == tf.TensorSpec([2])
    assert found.parameters["x"].annotation == tf.TensorSpec([2])
    assert str(found.parameters["y"]) == "y: Literal[2]"


def test_atomic_functions_take_other_captures() -> None:
    start = tf.constant([1.0] * 200)

    @tf.function
    def total(x: Any) -> Any:
        return x + tf.reduce_sum(start)

    atomic = total.get_concrete_function(tf.TensorSpec([])).inference_fn
    assert float(atomic(tf.constant(1.0))) == 201.0
    other = [tf.constant([2.0] * 200)]
    assert float(atomic.call_with_captures((tf.constant(1.0),), {}, other)) == 401.0
    with pytest.raises(ValueError, match="captures 1"):
        atomic.call_with_captures((tf.constant(1.0),), {}, [])
