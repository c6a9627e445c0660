"""Optionals: values that may be missing."""

import pytest

import tidefall as tf

Optional = tf.experimental.Optional


@pytest.mark.parametrize("value", [3, [1.5, 2.0], (1, {"a": "text"})])
def test_value_comes_back(value):
    optional = Optional.from_value(value)
    assert isinstance(optional, Optional)
    assert bool(optional.has_value())
    got = optional.get_value()
    tf.nest.assert_same_structure(got, Optional.from_value(value).get_value())
    if value == 3:
        assert int(got) == 3


def test_empty():
    spec = tf.TensorSpec([2], tf.float32)
    optional = Optional.empty(spec)
    assert not bool(optional.has_value())
    assert optional.element_spec == spec
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not have a value"):
        optional.get_value()


def test_spec():
    optional = Optional.from_value((1, "a"))
    spec = tf.OptionalSpec(optional.element_spec)
    assert tf.type_spec_from_value(optional) == spec
    assert tf.OptionalSpec.from_value(optional) == spec
    assert Optional.empty(None)._type_spec == tf.OptionalSpec(None)


def test_through_a_function():
    @tf.function
    def double(optional):
        return Optional.from_value(optional.get_value() * 2)

    assert int(double(Optional.from_value(21)).get_value()) == 42
    with pytest.raises(tf.errors.InvalidArgumentError, match="does not have a value"):
        double(Optional.empty(tf.TensorSpec([], tf.int32)))


def test_cond_between_value_and_nothing():
    @tf.function
    def positive(x):
        return tf.cond(
            x > 0,
            lambda: Optional.from_value(x),
            lambda: Optional.empty(tf.TensorSpec([], tf.int32)),
        )

    assert int(positive(tf.constant(5)).get_value()) == 5
    assert not bool(positive(tf.constant(-5)).has_value())


def test_elements_of_datasets():
    def generate():
        yield 1, Optional.empty(None)
        yield 2, Optional.empty(None)

    signature = (tf.TensorSpec([], tf.int32), tf.OptionalSpec(None))
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    elements = list(dataset.prefetch(1))
    assert [int(number) for number, _ in elements] == [1, 2]
    assert all(isinstance(optional, Optional) for _, optional in elements)
    mapped = dataset.map(lambda number, optional: (number, optional.has_value()))
    assert [(int(n), bool(p)) for n, p in mapped] == [(1, False), (2, False)]


def test_an_optional_takes_what_compiled_code_made_without_waiting_for_it():
    jax = pytest.importorskip("jax")
    compiled = tf.function(lambda x: x * 2.0, jit_compile=True)

    @tf.function
    def step(x):
        return Optional.from_value({"loss": compiled(x)})

    loss = step(tf.constant([1.0, 2.0])).get_value()["loss"]
    assert isinstance(loss.storage, jax.Array)
    assert loss.numpy().tolist() == [2.0, 4.0]
