"""Ops defined in Python, and the words signatures are written in."""

import numpy as np
import pytest

import tidefall as tf
from tidefall import custom_ops
from tidefall.library.custom_ops.signature import op_definition
from tidefall.op.table import op_def

FACTS = [  # what TensorFlow's own source registers
    ("Cumsum", ["x: T", "axis: Tidx"], ["out: T"],
     ["exclusive: bool = false", "reverse: bool = false", "T: numbertype",
      "Tidx: {int32, int64} = DT_INT32"]),
    ("Pack", ["values: N * T"], ["output: T"], ["N: int >= 1", "T: type", "axis: int = 0"]),
    ("Relu6", ["features: T"], ["activations: T"], ["T: realnumbertype"]),
    ("StringFormat", ["inputs: T"], ["output: string"],
     ["T: list(type) >= 0", "template: string = '%s'", "placeholder: string = '%s'",
      "summarize: int = 3"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "inputs", "outputs", "attrs"), FACTS, ids=lambda x: str(x)[:12])
def test_signatures_are_read_as_tensorflow_reads_them(name, inputs, outputs, attrs):
    read, known = op_definition(name, inputs, outputs, attrs), op_def(name)
    assert (read.inputs, read.outputs) == (known.inputs, known.outputs)
    assert read.attrs.keys() == known.attrs.keys()
    for key, attr in read.attrs.items():
        assert (attr.kind, attr.default, attr.allowed) == (
            known.attrs[key].kind, known.attrs[key].default, known.attrs[key].allowed
        )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("lower", ["x: float"], ["y: float"]), "called like 'ZeroOut'"),
        (("Wrong", ["x"], ["y: float"]), "written like 'x: float', not 'x'"),
        (("Wrong", ["x: U"], ["y: float"]), "x is of 'U', which is neither"),
        (("Wrong", ["x: float"], ["y: float"], ["keep"]), "an attribute is written like"),
        (("Wrong", ["x: float"], ["y: float"], ["keep: integer"]), "keep is of 'integer'"),
        (("Wrong", ["x: float"], ["y: float"], ["keep: int = one"]), "default of keep, one"),
        (("Wrong", ["x: T"], ["y: T"], ["T: {float, nothing}"]), "nothing"),
    ],
)
def test_signatures_that_cannot_be_read(arguments, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        op_definition(*arguments)


@pytest.fixture(scope="module")
def pair():
    @custom_ops.define(
        "TestSumAndParts", ["parts: N * T", "scale: T"], ["sum: T", "scaled: N * T"],
        ["N: int >= 2", "T: {float, double}"], shape=lambda c: [c.shape(0)] * c.n_inputs,
    )  # fmt: skip
    def sum_and_parts(parts, scale, *, N, T):
        return sum(parts) * scale, [part * scale for part in parts]

    return sum_and_parts


@pytest.mark.parametrize("compiled", [False, True])
def test_lists_in_and_out(pair, compiled):
    found = tf.function(lambda a, b: pair([a, b], 2.0), jit_compile=compiled)([1.0], [3.0])
    assert found.sum.numpy() == [8.0]
    assert [part.numpy().tolist() for part in found.scaled] == [[2.0], [6.0]]
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="2"):
        pair([[1.0]], 2.0)


def test_names_are_taken_once(pair):
    for name, whose in (("TestSumAndParts", __name__), ("Cumsum", "Tidefall"), ("Batch", "Tide")):
        with pytest.raises(tf.errors.AlreadyExistsError, match=whose):
            custom_ops.define(name, ["x: float"], ["y: float"])(lambda x: x)


def test_an_op_without_a_shape_function_says_so():
    bare = custom_ops.define("TestShapeless", ["x: float"], ["y: float"])(lambda x: x)
    with pytest.raises((ValueError, tf.errors.UnimplementedError), match=r"custom_ops\.shape"):
        tf.function(bare)(1.0)
    custom_ops.shape("TestShapeless")(lambda c: c.shape(0))
    assert tf.function(bare)(1.0).numpy() == 1.0
    with pytest.raises(tf.errors.InvalidArgumentError, match="no input called axis"):
        custom_ops.shape("TestShapeless", constants=["axis"])(lambda c: c.shape(0))
    with pytest.raises(tf.errors.InvalidArgumentError, match="TensorFlow's"):
        custom_ops.shape("Cumsum")(lambda c: c.shape(0))


def test_constants_of_the_shape_function():
    @custom_ops.define(
        "TestRepeatRows", ["x: float", "times: int32"], ["y: float"],
        xla=lambda x, times: x[None].repeat(int(times), 0),
    )  # fmt: skip
    def repeat_rows(x, times):
        return np.repeat(x[None], times, 0)

    @custom_ops.shape("TestRepeatRows", constants=["times"])
    def _shape(c):
        times = c.constant(1)
        return [None if times is None else int(times), *c.shape(0)]

    @tf.function(jit_compile=True)
    def thrice(x):
        return repeat_rows(x, 3)

    assert thrice([1.0, 2.0]).shape == (3, 2)
    assert repeat_rows([1.0], 2).numpy().tolist() == [[1.0], [1.0]]


def test_effects_keep_their_order_and_number():
    calls = []

    @custom_ops.define("TestNote", ["x: int32"], ["y: int32"], shape=lambda c: c.shape(0),
                       stateful=True)  # fmt: skip
    def note(x):
        calls.append(int(x))
        return x

    @tf.function
    def f():
        for i in (1, 2, 1):
            note(i)

    f()
    assert calls == [1, 2, 1]


def test_gradients_of_any_order():
    @custom_ops.define("TestCube", ["x: T"], ["y: T"], ["T: {float, double}"],
                       shape=lambda c: c.shape(0))  # fmt: skip
    def cube(x, *, T):
        return x**3

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = cube(x)
    with pytest.raises(LookupError, match="TestCube"):
        tape.gradient(y, x)

    @tf.RegisterGradient("TestCube")
    def _gradient(op, dy):
        return 3 * dy * op.inputs[0] ** 2

    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = cube(x)
        first = inner.gradient(y, x)
    assert (first.numpy(), outer.gradient(first, x).numpy()) == (12.0, 12.0)


def test_a_graph_names_the_module_and_comes_back():
    define = custom_ops.define(
        "TestPlusOne", ["x: float"], ["y: float"], shape=lambda c: c.shape(0)
    )
    plus_one = define(lambda x: x + 1)
    with tf.Graph().as_default() as graph:
        plus_one(tf.compat.v1.placeholder(tf.float32, [2], "x"), name="y")
    written = graph.as_graph_def()
    assert written.node[1].attr["_custom_op_library"].s.decode() == __name__
    with tf.Graph().as_default() as graph:
        (y,) = tf.import_graph_def(written, return_elements=["y:0"], name="")
    assert graph.as_graph_def() == written
    with tf.compat.v1.Session(graph=graph) as session:
        assert session.run(y, {"x:0": [1.0, 2.0]}).tolist() == [2.0, 3.0]
