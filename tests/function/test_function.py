"""tf.function: traces, captures, variables, gradients, on the host executor and compiled."""

from __future__ import annotations

import contextlib
import gc
import weakref

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config

BOTH = pytest.mark.parametrize("jit", [False, True], ids=["host", "xla"])


@BOTH
def test_result_equals_eager(jit):
    def compute(x, y):
        return tf.reduce_sum(x * y, axis=1) + 1.0

    x, y = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[2.0, 0.5], [1.0, -1.0]])
    np.testing.assert_allclose(tf.function(compute, jit_compile=jit)(x, y), compute(x, y))


@BOTH
def test_one_trace_per_signature(jit):
    @tf.function(jit_compile=jit)
    def double(x):
        return x + x

    double(tf.constant(1.0))
    double(tf.constant(2.0))
    assert double.experimental_get_tracing_count() == 1
    double(tf.constant(1))
    assert double.experimental_get_tracing_count() == 2


@BOTH
def test_differing_shapes_are_traced_once_more_and_then_never(jit):
    @tf.function(jit_compile=jit)
    def total(x):
        return tf.reduce_sum(x, axis=0)

    for n in range(1, 8):
        np.testing.assert_allclose(total(tf.ones([n, 2])), [n, n])
    assert total.experimental_get_tracing_count() == 2


def test_programs_that_need_static_shapes_get_them():
    @tf.function
    def unrolled(x):
        return [x[i] for i in range(x.shape[0])]

    for n in (1, 2, 3):
        assert len(unrolled(tf.ones([n]))) == n


def test_python_values_are_part_of_the_signature():
    @tf.function
    def power(x, n):
        return x**n

    x = tf.constant(2.0)
    assert [float(power(x, n)) for n in (1, 2, 2, 3)] == [2.0, 4.0, 4.0, 8.0]
    assert power.experimental_get_tracing_count() == 3


def test_input_signature_fixes_the_trace():
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def rows(x):
        return tf.shape(x)[0]

    assert [int(rows(tf.ones([n, 2]))) for n in (1, 4)] == [1, 4]
    assert rows.experimental_get_tracing_count() == 1
    with pytest.raises(TypeError, match="Can not cast"):
        rows(tf.ones([2, 3]))
    with pytest.raises(TypeError, match="Can not cast"):
        rows(tf.ones([2, 2], tf.int32))


def test_wrong_arguments_name_the_signature():
    @tf.function
    def one(x):
        return x

    with pytest.raises(TypeError, match="too many positional arguments"):
        one(tf.constant(1), 4)
    with pytest.raises(TypeError, match="missing a required argument"):
        one()


@BOTH
def test_structures_go_in_and_come_out(jit):
    @tf.function(jit_compile=jit)
    def swap(pair, extra=None):
        return {"b": pair[0] * 1.0, "a": (pair[1] * 2.0, extra)}

    result = swap((tf.constant(1.0), tf.constant(2.0)))
    assert float(result["b"]) == 1.0
    assert float(result["a"][0]) == 4.0
    assert result["a"][1] is None


def test_what_a_function_may_not_return():
    @tf.function
    def bad():
        return object()

    with pytest.raises(TypeError, match="must return zero or more Tensors"):
        bad()


@BOTH
def test_large_and_small_outer_tensors_are_captured(jit):
    big, small = tf.constant(np.arange(1000, dtype=np.float32)), tf.constant(2.0)

    @tf.function(jit_compile=jit)
    def scaled(i):
        return big[i] * small

    assert float(scaled(tf.constant(7))) == 14.0
    function = scaled.get_concrete_function(tf.constant(7))
    assert [t is big for t in function.captured_inputs] == [True]


@BOTH
def test_variables_are_read_and_written_in_order(jit):
    v = tf.Variable(1.0)

    @tf.function(jit_compile=jit)
    def step(x):
        before = v.read_value()
        v.assign_add(x)
        middle = v * 10.0
        v.assign(middle - 1.0)
        return before, middle

    before, middle = step(tf.constant(2.0))
    assert (float(before), float(middle), float(v)) == (1.0, 30.0, 29.0)


@BOTH
def test_a_tensor_read_from_a_variable_keeps_its_value(jit):
    v = tf.Variable([1.0, 2.0])

    @tf.function(jit_compile=jit)
    def add_one():
        v.assign_add([1.0, 1.0])
        return v.read_value()

    first = add_one()
    kept = v.read_value()
    second = add_one()
    np.testing.assert_allclose(first, [2.0, 3.0])
    np.testing.assert_allclose(kept, [2.0, 3.0])
    np.testing.assert_allclose(second, [3.0, 4.0])


@BOTH
def test_an_unchanged_variable_can_be_returned_and_then_overwritten(jit):
    v = tf.Variable([1.0, 2.0])

    @tf.function(jit_compile=jit)
    def value():
        return v.read_value()

    @tf.function(jit_compile=jit)
    def overwrite():
        v.assign(v * 0.0)

    held = value()
    overwrite()
    np.testing.assert_allclose(held, [1.0, 2.0])


@pytest.mark.parametrize("lifted", [False, True])
def test_what_is_done_while_variables_are_created_is_not_kept(lifted):
    variables = []

    @tf.function
    def scaled(x):
        scale = variables[0] if variables else 100.0
        out = x * scale
        if not variables:
            with tf.init_scope() if lifted else contextlib.nullcontext():
                variables.append(tf.Variable(2.0))
        return out

    @tf.function
    def around(x):
        return scaled(x) + 1

    assert around(tf.constant(1.0)) == 3.0
    assert scaled(tf.constant(1.0)) == 2.0
    assert scaled.experimental_get_tracing_count() == 2
    assert around.experimental_get_tracing_count() == 1


def test_variables_created_on_the_first_call_only():
    class Counter:
        variable = None

        @tf.function
        def __call__(self):
            if self.variable is None:
                self.variable = tf.Variable(0.0)
            return self.variable.assign_add(1.0)

    counter = Counter()
    assert [float(counter()), float(counter())] == [1.0, 2.0]

    @tf.function
    def creates():
        return tf.Variable(1.0) + 1.0

    with pytest.raises(ValueError, match=r"singleton tf\.Variables created on the first call"):
        creates()


def test_methods_belong_to_their_objects():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @tf.function
        def apply(self, x):
            return x * self.factor

    two, three = Scale(2.0), Scale(3.0)
    assert (float(two.apply(tf.constant(1.0))), float(three.apply(tf.constant(1.0)))) == (2.0, 3.0)
    gone = weakref.ref(two)
    del two
    gc.collect()
    assert gone() is None


@BOTH
def test_nested_functions(jit):
    @tf.function
    def inner(x):
        return x * 2.0

    @tf.function(jit_compile=jit)
    def outer(x):
        return inner(x) + inner(x + 1.0)

    assert float(outer(tf.constant(3.0))) == 14.0


@BOTH
def test_gradient_of_a_function_call(jit):
    v = tf.Variable([2.0, 3.0])

    @tf.function(jit_compile=jit)
    def loss(x):
        return tf.reduce_sum(x * v * v)

    x = tf.constant([1.0, 10.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = loss(x)
    dx, dv = tape.gradient(y, [x, v])
    np.testing.assert_allclose(dx, [4.0, 9.0])
    np.testing.assert_allclose(dv, [4.0, 60.0])


@BOTH
def test_second_order_through_a_function_call(jit):
    @tf.function(jit_compile=jit)
    def cube(x):
        return x * x * x

    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = cube(x)
        first = inner.gradient(y, x)
    assert float(first) == 12.0
    assert float(outer.gradient(first, x)) == 12.0


@BOTH
def test_second_order_through_functions_that_take_gradients(jit):
    @tf.function
    def cube(x):
        return x * x * x

    @tf.function(jit_compile=jit)
    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = cube(x)
        return tape.gradient(y, x)

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        first = slope(x)
    assert float(first) == 12.0
    assert float(tape.gradient(first, x)) == 12.0


def test_variables_that_are_not_trained_have_no_gradient_unless_watched():
    v = tf.Variable(2.0, trainable=False)
    f = tf.function(lambda x: x * v)
    x = tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    assert tape.gradient(y, v) is None
    with tf.GradientTape() as tape:
        tape.watch([x, v])
        y = f(x)
    assert tape.gradient(y, v).numpy() == 3.0


def test_gradient_of_a_graph_that_calls_another():
    @tf.function
    def square(x):
        return x * x

    @tf.function
    def quartic(x):
        return square(square(x))

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = quartic(x)
    assert float(tape.gradient(y, x)) == 32.0


@BOTH
def test_tape_inside_a_function(jit):
    v = tf.Variable(3.0)

    @tf.function(jit_compile=jit)
    def train(x):
        with tf.GradientTape() as tape:
            loss = (v * x - 1.0) ** 2.0
        gradient = tape.gradient(loss, v)
        v.assign_sub(0.1 * gradient)
        return loss

    assert float(train(tf.constant(1.0))) == 4.0
    np.testing.assert_allclose(float(v), 3.0 - 0.1 * 4.0, rtol=1e-6)


def test_symbolic_tensors_have_no_truth_value():
    @tf.function(autograph=False)
    def branch(x):
        return 1.0 if x > 0 else 2.0

    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError, match="symbolic"):
        branch(tf.constant(1.0))


def test_tensors_do_not_escape_a_trace():
    leaked = []

    @tf.function
    def leak(x):
        leaked.append(x + 1.0)
        return x

    leak(tf.constant(1.0))
    with pytest.raises((ValueError, tf.errors.InaccessibleTensorError), match="out of scope"):
        leaked[0] + 1.0

    @tf.function
    def use():
        return leaked[0] * 2.0

    with pytest.raises(tf.errors.InaccessibleTensorError, match="out of scope"):
        use()


def test_a_failed_trace_leaves_the_function_usable():
    @tf.function
    def picky(x):
        if x.dtype == tf.string:
            raise ValueError("no strings")
        return x + 1

    with pytest.raises(ValueError, match="no strings"):
        picky(tf.constant("a"))
    assert int(picky(tf.constant(1))) == 2
    assert tf.executing_eagerly()


def test_shape_errors_name_node_and_shapes():
    @tf.function
    def bad(x):
        return x + tf.constant([1.0, 2.0])

    with pytest.raises(ValueError, match=r"(?s)Dimensions must be equal, but are 3 and 2.*\[3\]"):
        bad(tf.ones([3]))


def test_run_functions_eagerly():
    seen = []

    @tf.function
    def look(x):
        seen.append(type(x).__name__)
        return x

    with config.override(functions_run_eagerly=False):
        tf.config.run_functions_eagerly(True)
        look(tf.constant(1))
    look(tf.constant(1))
    assert seen == ["EagerTensor", "SymbolicTensor"]


def test_concrete_function_takes_tensors_by_position_or_name():
    @tf.function
    def subtract(a, b):
        return a - b

    spec = tf.TensorSpec([], tf.float32)
    concrete = subtract.get_concrete_function(spec, spec)
    one, two = tf.constant(1.0), tf.constant(2.0)
    assert float(concrete(one, two)) == -1.0
    assert float(concrete(b=one, a=two)) == 1.0
    with pytest.raises(TypeError):
        concrete(one)
    with pytest.raises(tf.errors.InvalidArgumentError, match="int32 tensor"):
        concrete(one, tf.constant(1))
    np.testing.assert_allclose(concrete(one, tf.constant([1.0, 2.0])), [0.0, -1.0])


def test_jit_compile_lists_every_op_that_blocks_it():
    @tf.function(jit_compile=True)
    def strings(x):
        return (
            tf.strings.length(tf.strings.lower(x))
            if hasattr(tf, "strings")
            else tf.raw_ops.Unique(x=x)
        )

    with pytest.raises((tf.errors.InvalidArgumentError, AttributeError)) as caught:
        strings(tf.constant(["A"]))
    assert "tf.strings" in str(caught.value) or "no XLA lowering" in str(caught.value)


SIGNATURE = """Input Parameters:
  a (POSITIONAL_ONLY): TensorSpec(shape=(), dtype=tf.int32, name=None)
  b (POSITIONAL_ONLY): Literal[4]
  args_0 (POSITIONAL_ONLY): Literal[5]
  c (KEYWORD_ONLY): TensorSpec(shape=(), dtype=tf.float32, name=None)
  d (KEYWORD_ONLY): Literal[3]
  e (KEYWORD_ONLY): Literal['x']
Output Type:
  Dict[['r', TensorSpec(shape=(), dtype=tf.int32, name=None)], ['n', Literal[None]]]
Captures:
  None"""


def test_signatures_are_printed_as_tensorflow_does():
    @tf.function
    def f(a, b=2, *args, c, d=3, **kw):
        return {"r": a, "n": None}

    concrete = f.get_concrete_function(tf.constant(1), 4, 5, c=tf.constant(2.0), e="x")
    assert concrete.pretty_printed_signature() == SIGNATURE
    assert str(concrete) == f"ConcreteFunction {SIGNATURE}"
    assert concrete.pretty_printed_signature(verbose=False) == (
        "(a: TensorSpec(shape=(), dtype=tf.int32, name=None), b: Literal[4], args_0: Literal[5], /,"
        " *, c: TensorSpec(shape=(), dtype=tf.float32, name=None), d: Literal[3], e: Literal['x'])"
        " -> Dict[['r', TensorSpec(shape=(), dtype=tf.int32, name=None)], ['n', Literal[None]]]"
    )
    assert [n.name for n in concrete.graph.as_graph_def().node] == ["a", "c", "Identity"]
    assert concrete.structured_outputs["r"].name == "Identity:0"
    assert concrete.output_dtypes == {"r": tf.int32, "n": None}


def test_strings_of_no_dimension_are_added():
    double = tf.function(lambda a: a + a)
    assert double(tf.constant("a")).numpy() == b"aa"
    assert double(tf.constant(["a", "b"])).numpy().tolist() == [b"aa", b"bb"]


def test_a_tensor_that_left_its_function_is_refused_like_in_tensorflow():
    left = []

    @tf.function
    def f(a):
        left.append(a + 1)
        return a

    f(tf.constant(1))
    for use in (lambda: left[0] + 1, lambda: tf.function(lambda: left[0] + 1)()):
        with pytest.raises(TypeError, match="out of scope"):
            use()


@pytest.mark.parametrize(
    "argument, name",
    [("_", "tensor__"), ("_x", "tensor__x"), ("__x__", "tensor___x__"), ("x", "x"), ("é", "é")],
)
def test_arguments_of_any_name(argument, name):
    function = tf.function(eval(f"lambda {argument}: {argument} + 1"))
    concrete = function.get_concrete_function(tf.constant(1))
    assert concrete.structured_input_signature[0][0].name == name
    assert int(concrete(tf.constant(1))) == 2


@pytest.mark.parametrize("key, name", [("_a", "x__a"), ("a b/c", "x_a_b_c")])
def test_arguments_with_keys_of_any_name(key, name):
    concrete = tf.function(lambda x: x[key] + 1).get_concrete_function({key: tf.constant(1)})
    assert concrete.structured_input_signature[0][0][key].name == name
