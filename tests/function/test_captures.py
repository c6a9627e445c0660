"""What functions take from outside: deferred captures, and variables they make themselves."""

import numpy as np
import pytest

import tidefall as tf


def test_a_deferred_capture_is_asked_for_at_each_call():
    value = {"now": 1.0}

    @tf.function
    def scaled(x):
        graph = tf.compat.v1.get_default_graph()
        scale = graph.capture_call_time_value(
            lambda: tf.constant(value["now"]), tf.TensorSpec([]), key="scale"
        )
        again = graph.capture_call_time_value(lambda: None, tf.TensorSpec([]), key="scale")
        assert again is scale
        return x * scale

    assert scaled(tf.constant(3.0)).numpy() == 3.0
    value["now"] = 5.0
    assert scaled(tf.constant(3.0)).numpy() == 15.0

    @tf.function
    def outer(x):
        return scaled(x) + 1.0

    assert outer(tf.constant(1.0)).numpy() == 6.0
    value["now"] = 7.0
    assert outer(tf.constant(1.0)).numpy() == 8.0


def test_a_capture_can_be_deferred_afterwards():
    big = tf.ones([500])
    function = tf.function(lambda: tf.reduce_sum(big)).get_concrete_function()
    assert function().numpy() == 500.0
    function.replace_capture_with_deferred_capture(
        function.captured_inputs[0], lambda: tf.fill([500], 2.0), tf.TensorSpec([500])
    )
    assert function().numpy() == 1000.0
    with pytest.raises(ValueError, match="does not capture"):
        function.replace_capture_with_deferred_capture(big, lambda: big, tf.TensorSpec([500]))


def test_a_deferred_capture_must_fit_its_spec():
    @tf.function
    def function():
        graph = tf.compat.v1.get_default_graph()
        return graph.capture_call_time_value(lambda: tf.ones([3]), tf.TensorSpec([2]))

    with pytest.raises(TypeError, match="shape"):
        function()


@pytest.mark.parametrize("jit", [False, True], ids=["host", "xla"])
def test_a_variable_may_start_from_the_arguments_of_the_first_call(jit):
    kept = []

    @tf.function(jit_compile=jit)
    def accumulate(x):
        if not kept:
            kept.append(tf.Variable(x * 2.0))
        return kept[0].assign_add(x)

    assert accumulate(tf.constant(3.0)).numpy() == 9.0
    assert accumulate(tf.constant(1.0)).numpy() == 10.0


def test_the_first_call_may_be_of_an_inner_function():
    kept = []

    @tf.function
    def inner(x):
        if not kept:
            kept.append(tf.Variable(x + 1.0))
        return kept[0] * x

    @tf.function
    def outer(x):
        return inner(x * 10.0)

    assert outer(tf.constant(2.0)).numpy() == 21.0 * 20.0
    assert kept[0].numpy() == 21.0


@pytest.mark.parametrize("initial", [lambda x: x, lambda x: 1.0], ids=["argument", "constant"])
def test_a_variable_that_is_not_kept_is_refused(initial):
    function = tf.function(lambda x: tf.Variable(initial(x)) + x)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"singleton tf\.Variables created on the first call"):
            function(tf.constant(1.0))


def test_without_a_call_arguments_have_no_value_for_a_variable():
    kept = []
    function = tf.function(lambda x: kept.append(tf.Variable(x)))
    with pytest.raises(tf.errors.InaccessibleTensorError, match="an argument of the function"):
        function.get_concrete_function(tf.TensorSpec([]))


STAGES = {
    "hlo": (str, "HloModule"),
    "hlo_no_metadata": (str, "HloModule"),
    "stablehlo": (str, "stablehlo.multiply"),
    "optimized_hlo": (str, "HloModule"),
    "optimized_hlo_dot": (str, "digraph"),
    "hlo_serialized": (bytes, b""),
    "optimized_hlo_serialized": (bytes, b""),
}


@pytest.mark.parametrize("stage", STAGES)
def test_compiler_ir(stage):
    v = tf.Variable([1.0, 2.0])
    function = tf.function(lambda x: v.assign_add(x * 2.0), jit_compile=True)
    kind, text = STAGES[stage]
    for argument in (tf.constant([1.0, 2.0]), tf.TensorSpec([2])):
        program = function.experimental_get_compiler_ir(argument)(stage=stage)
        assert isinstance(program, kind)
        assert text in program
        assert len(program) > 100
    np.testing.assert_array_equal(v.numpy(), [1.0, 2.0])


def test_compiler_ir_of_what_is_not_compiled():
    with pytest.raises(ValueError, match="jit_compile=True"):
        tf.function(lambda x: x).experimental_get_compiler_ir(1.0)
    compiled = tf.function(lambda x: x, jit_compile=True)
    with pytest.raises(ValueError, match="Invalid stage selected: 'bad'"):
        compiled.experimental_get_compiler_ir(tf.constant(1.0))(stage="bad")
    with pytest.raises(ValueError, match="static shapes"):
        compiled.experimental_get_compiler_ir(tf.TensorSpec([None]))


_BODIES = {
    "plain": (lambda a, y: a + y, 4.0),
    "cond": (lambda a, y: tf.cond(a[0] > 0, lambda: a + y, lambda: a), 4.0),
    "switch": (lambda a, y: tf.switch_case(tf.size(a) - 2, [lambda: a + y, lambda: a]), 4.0),
    "while": (
        lambda a, y: tf.while_loop(
            lambda i, b: i < tf.size(b), lambda i, b: (i + 1, b + y), [0, a]
        )[1],
        7.0,
    ),
    "nested": (lambda a, y: tf.function(lambda b: b + y, autograph=False)(a), 4.0),
    "map": (lambda a, y: tf.map_fn(lambda b: b + tf.reduce_sum(y), a), 7.0),
    "nested in a branch": (
        lambda a, y: tf.cond(
            a[0] > 0, lambda: tf.function(lambda b: b + y, autograph=False)(a), lambda: a
        ),
        4.0,
    ),
}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", _BODIES)
def test_gradients_reach_small_tensors_captured_by_inner_graphs(name, jit):
    body, expected = _BODIES[name]
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * 3.0
        result = tf.function(lambda a: body(a, y), autograph=False, jit_compile=jit)(x)
    assert tape.gradient(result, x).numpy().tolist() == [expected, expected]
