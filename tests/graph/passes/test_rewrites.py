"""What each step of the optimizer makes of small functions: ops before and after."""

from collections import Counter

import numpy as np
import pytest

import tidefall as tf
from tidefall.graph.passes.dumping import op_counts
from tidefall.graph.passes.pipeline import optimize
from tidefall.graph.verifier import verify
from tidefall.runtime.host.plan import HostPlan

F = tf.TensorSpec([2, 3])
ANY = tf.TensorSpec([None, 3])
UNKNOWN = tf.TensorSpec(None)
INTS = tf.TensorSpec([4], tf.int32)
SCALAR = tf.TensorSpec([])
WEIGHTS = np.arange(12, dtype=np.float32).reshape(3, 4)
BIAS = np.arange(4, dtype=np.float32)


@tf.function
def small(x):
    return tf.tanh(x) * 2.0


def _assigning():
    v = tf.Variable(1.0)

    @tf.function
    def add(x):
        v.assign_add(x)
        return x

    return lambda x: (add(x), add(x), v.read_value())


def _reads(write_between):
    v = tf.Variable([1.0, 2.0])

    def f(x):
        first = v.read_value() + x[0, 0]
        if write_between:
            v.assign(first)
        return first * v.read_value()

    return f


def _picture(kind):
    filters = np.ones((2, 2, 3, 3), np.float32)

    def f(x):
        y = tf.nn.relu(tf.nn.conv2d(x, filters, 1, "SAME", data_format=kind))
        return tf.nn.max_pool2d(y, 2, 2, "SAME", data_format=kind)

    return f


def _loop(body):
    return lambda x: tf.while_loop(
        lambda i, a: i < 3, lambda i, a: (i + 1, body(a, x)), (0, tf.zeros([2, 3]))
    )[1]


def _waiting(x):
    with tf.control_dependencies([tf.debugging.assert_positive(x)]):
        return tf.identity(x)


def case(name, step, function, *specs, gone="", made="", kept=""):
    """Ops that a step removes all of, ops it makes, and ops it leaves as they were."""
    return pytest.param(step, function, specs, gone, made, kept, id=name)


CASES = [
    # inline_calls
    case("a call", "inline_calls", lambda x: small(x), F, gone="StatefulPartitionedCall",
         made="Tanh Mul"),
    case("a call inside a call", "inline_calls", lambda x: tf.function(lambda y: small(y))(x), F,
         gone="StatefulPartitionedCall", made="Tanh"),
    case("a call with effects", "inline_calls", _assigning(), SCALAR,
         gone="StatefulPartitionedCall", made="AssignAddVariableOp", kept="ReadVariableOp"),
    case("a compiled call stays", "inline_calls",
         lambda x: tf.function(tf.tanh, jit_compile=True)(x), F, kept="StatefulPartitionedCall"),
    # forward_identities
    case("identities", "forward_identities",
         lambda x: tf.tanh(tf.stop_gradient(tf.identity(x))), F, gone="Identity StopGradient",
         kept="Tanh"),
    case("an identity that waits", "forward_identities", _waiting, F, kept="Assert"),
    # simplify_shapes
    case("a known shape", "simplify_shapes", lambda x: tf.raw_ops.Shape(input=x), F, gone="Shape"),
    case("an open shape", "simplify_shapes", lambda x: tf.raw_ops.Shape(input=x), ANY,
         kept="Shape"),
    case("a known rank", "simplify_shapes", lambda x: tf.raw_ops.Rank(input=x), ANY, gone="Rank"),
    case("a known part of a shape", "simplify_shapes", lambda x: tf.raw_ops.Shape(input=x)[1], ANY,
         gone="StridedSlice"),
    case("an open part of a shape", "simplify_shapes", lambda x: tf.raw_ops.Shape(input=x)[0], ANY,
         kept="StridedSlice"),
    case("reshape to its own shape", "simplify_shapes", lambda x: tf.reshape(x, [2, 3]), F,
         gone="Reshape"),
    case("reshape to its own open shape", "simplify_shapes", lambda x: tf.reshape(x, [-1, 3]), ANY,
         gone="Reshape"),
    case("reshape there and back", "simplify_shapes",
         lambda x: tf.reshape(tf.reshape(x, [-1]), [2, 3]), F, gone="Reshape"),
    case("reshape that may fail", "simplify_shapes",
         lambda x: tf.reshape(tf.reshape(x, [-1, 2]), [-1, 4]), ANY, kept="Reshape"),
    case("transpose of nothing", "simplify_shapes", lambda x: tf.transpose(x, [0, 1]), F,
         gone="Transpose"),
    case("a real transpose", "simplify_shapes", lambda x: tf.transpose(x), F, kept="Transpose"),
    case("broadcast to its shape", "simplify_shapes", lambda x: tf.broadcast_to(x, [2, 3]), F,
         gone="BroadcastTo"),
    case("tile once", "simplify_shapes", lambda x: tf.tile(x, [1, 1]), F, gone="Tile"),
    case("pad by nothing", "simplify_shapes", lambda x: tf.pad(x, [[0, 0], [0, 0]]), F, gone="Pad"),
    case("the whole slice", "simplify_shapes", lambda x: tf.slice(x, [0, 0], [-1, -1]), UNKNOWN,
         gone="Slice"),
    case("a part of it", "simplify_shapes", lambda x: tf.slice(x, [1, 0], [-1, -1]), F,
         kept="Slice"),
    case("sum over no axis", "simplify_shapes",
         lambda x: tf.reduce_sum(x, np.zeros(0, np.int32)), F, gone="Sum"),
    case("small zeros", "simplify_shapes", lambda x: tf.raw_ops.ZerosLike(x=x), F,
         gone="ZerosLike"),
    case("add_n of one", "simplify_shapes", lambda x: tf.raw_ops.AddN(inputs=[x]), F, gone="AddN"),
    # fold_constants
    case("constants", "fold_constants",
         lambda x: x + tf.matmul(WEIGHTS, tf.transpose(WEIGHTS))[0], F,
         gone="MatMul Transpose StridedSlice", kept="AddV2"),
    case("a constant that fails", "fold_constants",
         lambda n: n // tf.raw_ops.Sub(x=[1, 1, 1, 1], y=[1, 1, 1, 1]), INTS, gone="Sub",
         kept="FloorDiv"),
    case("a known branch", "fold_constants",
         lambda x: tf.cond(tf.constant(True), lambda: tf.tanh(x), lambda: tf.sin(x)), F,
         gone="StatelessIf", made="Tanh"),
    case("an open branch", "fold_constants",
         lambda x: tf.cond(x[0, 0] > 0, lambda: tf.tanh(x), lambda: tf.sin(x)), F,
         kept="StatelessIf"),
    case("an assertion that holds", "fold_constants",
         lambda x: (tf.Assert(tf.constant(True), [x]), x)[1], F, gone="Assert"),
    case("random numbers", "fold_constants", lambda x: x + tf.random.normal([2, 3]), F,
         kept="RandomStandardNormal"),
    # simplify_arithmetic
    case("x - 0", "simplify_arithmetic", lambda x: x - 0.0, F, gone="Sub"),
    case("x + 0 makes 0 of -0", "simplify_arithmetic", lambda x: x + 0.0, F, kept="AddV2"),
    case("x + -0", "simplify_arithmetic", lambda x: x + -0.0, F, gone="AddV2"),
    case("n + 0", "simplify_arithmetic", lambda n: 0 + n, INTS, gone="AddV2"),
    case("x + 0 that broadcasts", "simplify_arithmetic",
         lambda x: x + np.full((4, 2, 3), -0.0, np.float32), F, kept="AddV2"),
    case("x * 1", "simplify_arithmetic", lambda x: 1.0 * x * np.ones((1, 3), np.float32), F,
         gone="Mul"),
    case("x * 0 keeps NaN", "simplify_arithmetic", lambda x: x * 0.0, F, kept="Mul"),
    case("n * 0", "simplify_arithmetic", lambda n: n * 0, INTS, gone="Mul", made="ZerosLike"),
    case("n - n", "simplify_arithmetic", lambda n: n - n, INTS, gone="Sub", made="ZerosLike"),
    case("x - x keeps NaN", "simplify_arithmetic", lambda x: x - x, F, kept="Sub"),
    case("x / 1", "simplify_arithmetic", lambda x: x / 1.0, F, gone="RealDiv"),
    case("x / 4", "simplify_arithmetic", lambda x: x / 4.0, F, gone="RealDiv", made="Mul"),
    case("x / 3", "simplify_arithmetic", lambda x: x / 3.0, F, kept="RealDiv"),
    case("x ** 2", "simplify_arithmetic", lambda x: x**2.0, F, gone="Pow", made="Square"),
    case("x ** 3", "simplify_arithmetic", lambda x: x**3.0, F, gone="Pow", made="Square Mul"),
    case("x ** 0.5", "simplify_arithmetic", lambda x: x**0.5, F, kept="Pow"),
    case("x * x", "simplify_arithmetic", lambda x: x * x, F, gone="Mul", made="Square"),
    case("-(-x)", "simplify_arithmetic", lambda x: tf.negative(-x), F, gone="Neg"),
    case("x + (-y)", "simplify_arithmetic", lambda x, y: x + (-y), F, F, gone="AddV2", made="Sub"),
    case("x - (-y)", "simplify_arithmetic", lambda x, y: x - (-y), F, F, gone="Sub", made="AddV2"),
    case("(-x) ** 2", "simplify_arithmetic", lambda x: tf.square(-x), F, gone="Neg", kept="Square"),
    case("transposed factors", "simplify_arithmetic",
         lambda x: tf.matmul(tf.transpose(x), x), F, gone="Transpose",
         kept="MatMul"),
    # merge_common
    case("the same twice", "merge_common", lambda x: (tf.tanh(x), tf.tanh(x) * 2.0), F,
         kept="Mul"),
    case("commutative", "merge_common", lambda x, y: (x + y) * (y + x), F, F, kept="Mul"),
    case("two reads", "merge_common", _reads(False), F, kept="Mul"),
    case("two reads and a write", "merge_common", _reads(True), F, kept="ReadVariableOp"),
    case("two random draws", "merge_common",
         lambda x: tf.random.normal([2, 3], seed=1) + tf.random.normal([2, 3], seed=1), F,
         kept="RandomStandardNormal"),
    # move_invariants
    case("an invariant", "move_invariants", _loop(lambda a, x: a + tf.exp(x)), F, made="Exp",
         kept="StatelessWhile"),
    case("a chain of them", "move_invariants",
         _loop(lambda a, x: a + tf.tanh(tf.matmul(x, WEIGHTS[:, :3]))), F, made="MatMul Tanh",
         kept="StatelessWhile"),
    case("what may fail stays", "move_invariants",
         _loop(lambda a, x: a + tf.gather(x, tf.cast(x[0, 0], tf.int32))), F,
         kept="StatelessWhile"),
    case("open shapes stay", "move_invariants",
         lambda x: tf.while_loop(lambda a: a[0, 0] < 1, lambda a: [a + tf.exp(x) + 1.0], [x])[0],
         ANY, kept="StatelessWhile"),
    # choose_layout
    case("channels first", "choose_layout", _picture("NCHW"), tf.TensorSpec([1, 3, 4, 4]),
         made="Transpose", kept="Conv2D MaxPool Relu"),
    case("channels last", "choose_layout", _picture("NHWC"), tf.TensorSpec([1, 4, 4, 3]),
         kept="Conv2D MaxPool Relu"),
    # fuse
    case("dense", "fuse_products", lambda x: tf.nn.relu(tf.matmul(x, WEIGHTS) + BIAS), F,
         gone="MatMul AddV2 Relu", made="_FusedMatMul"),
    case("bias only", "fuse_products", lambda x: tf.nn.bias_add(tf.matmul(x, WEIGHTS), BIAS), F,
         gone="MatMul BiasAdd", made="_FusedMatMul"),
    case("bias first", "fuse_products", lambda x: BIAS + tf.matmul(x, WEIGHTS), F,
         gone="MatMul AddV2", made="_FusedMatMul"),
    case("product read twice", "fuse_products",
         lambda x: (lambda y: tf.nn.relu(y + BIAS) * y)(tf.matmul(x, WEIGHTS)), F,
         kept="MatMul AddV2 Relu"),
    case("a sum that is no bias", "fuse_products", lambda x: tf.matmul(x, WEIGHTS) + x[0, 0], F,
         kept="MatMul AddV2"),
    case("float64", "fuse_products",
         lambda x: tf.matmul(x, WEIGHTS.astype(np.float64)) + BIAS.astype(np.float64),
         tf.TensorSpec([2, 3], tf.float64), kept="MatMul AddV2"),
    case("convolution", "fuse_convolutions",
         lambda x: tf.nn.relu6(
             tf.nn.conv2d(x, WEIGHTS.reshape(1, 1, 3, 4), 1, "SAME")
             + tf.reshape(x[0, 0, 0, 0] + BIAS, [1, 1, 1, 4])
         ), tf.TensorSpec([1, 2, 2, 3]), gone="Conv2D Relu6", made="_FusedConv2D"),
    case("convolution, channels first", "fuse_convolutions",
         lambda x: tf.nn.leaky_relu(
             tf.nn.bias_add(
                 tf.nn.conv2d(x, WEIGHTS.reshape(1, 1, 3, 4), 1, "SAME", data_format="NCHW"),
                 BIAS,
                 data_format="NCHW",
             ),
             0.3,
         ), tf.TensorSpec([1, 3, 2, 2]), gone="Conv2D BiasAdd LeakyRelu", made="_FusedConv2D"),
    # strip_debugging
    case("assertions", "strip_debugging", _waiting, F, gone="Assert"),
    case("checks", "strip_debugging", lambda x: tf.debugging.check_numerics(x, "bad"), F,
         gone="CheckNumerics"),
    # remove_dead_code
    case("assertions stay", "remove_dead_code", _waiting, F, kept="Assert"),
    # mixed precision
    case("products", "narrow_to_bfloat16",
         lambda x: tf.tanh(tf.matmul(tf.nn.relu(tf.matmul(x, WEIGHTS)), tf.transpose(WEIGHTS))), F,
         made="Cast", kept="MatMul Relu Tanh"),
    case("nothing to gain", "narrow_to_bfloat16", lambda x: tf.tanh(x) + 1.0, F,
         kept="Tanh AddV2"),
]  # fmt: skip


def _argument(spec):
    shape = [2 if d is None else d for d in spec.shape.as_list()] if spec.shape.rank else ()
    if spec.shape.rank is None:
        shape = [2, 3]
    values = np.random.default_rng(0).normal(size=shape) + 3
    return values.astype(spec.dtype.as_numpy_dtype)


@pytest.mark.parametrize("step, function, specs, gone, made, kept", CASES)
def test_a_step(step, function, specs, gone, made, kept):
    concrete = tf.function(function, autograph=False).get_concrete_function(*specs)
    traced = concrete.graph
    before, names = op_counts(traced), [n.name for n in traced.nodes]
    result = optimize(traced, only=[step], observe=lambda _, g: verify(g))
    pruned = optimize(traced, only=[step, "remove_dead_code"])
    after = op_counts(pruned)
    for kind in gone.split():
        assert before[kind] or kind in _inner_kinds(traced), kind
        assert not after[kind], kind
    for kind in made.split():
        assert after[kind] > before[kind], kind
    for kind in kept.split():
        assert after[kind] == before[kind], kind
    assert [n.name for n in traced.nodes] == names
    if not any(n.op_type.is_stateful and "Random" in n.type for n in traced.nodes):
        _same_results(concrete, result, [_argument(s) for s in specs], step)


def _inner_kinds(graph):
    from tidefall.graph.analysis import nested_graphs

    return {n.type for g in nested_graphs(graph) for n in g.nodes}


def _same_results(concrete, graph, arguments, step):
    values = [*arguments, *(t.storage for t in concrete.captured_inputs)]
    variables = concrete.variables
    start = [v.numpy() for v in variables]
    outcomes = []
    for one in (concrete.graph, graph):
        for v, value in zip(variables, start, strict=True):
            v.assign(value)
        try:
            outcomes.append([np.array(o) for o in HostPlan(one).run(values)])
        except tf.errors.OpError as error:
            outcomes.append(type(error))
    tolerance = 0.05 if step == "narrow_to_bfloat16" else 1e-5
    if isinstance(outcomes[0], type):
        assert outcomes[0] is outcomes[1]
    else:
        for a, b in zip(*outcomes, strict=True):
            np.testing.assert_allclose(a, b, tolerance, tolerance)


def _pads(x):
    return tf.pad(x, [[1, 1], [0, 0]]) - tf.pad(x, [[1, 1], [0, 0]])


MERGED = [
    ("the same twice", lambda x: (tf.tanh(x), tf.tanh(x) * 2.0), "Tanh", 1),
    ("commutative", lambda x: (x + tf.sin(x)) * (tf.sin(x) + x), "AddV2", 1),
    ("equal constants", _pads, "Const", 1),
    ("two reads", _reads(False), "ReadVariableOp", 1),
    ("two reads and a write", _reads(True), "ReadVariableOp", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    "function, kind, count", [m[1:] for m in MERGED], ids=[m[0] for m in MERGED]
)
def test_equal_nodes_are_one(function, kind, count):
    graph = tf.function(function, autograph=False).get_concrete_function(F).graph
    assert op_counts(optimize(graph, only=["merge_common"]))[kind] == count


def test_pairs_cancel():
    """What cancels is left without a reader; dead code goes with the next step."""
    functions = {
        "Neg": lambda x: tf.negative(-x) * 2.0,
        "Transpose": lambda x: tf.transpose(tf.transpose(x)) * 2.0,
        "LogicalNot": lambda x: ~~(x > 0),
    }
    for kind, function in functions.items():
        graph = tf.function(function, autograph=False).get_concrete_function(F).graph
        after = optimize(graph, only=["simplify_arithmetic", "remove_dead_code"])
        assert op_counts(graph)[kind] == 2
        assert not op_counts(after)[kind]


def test_reshapes_in_a_row_are_one():
    graph = tf.function(lambda x: tf.reshape(tf.reshape(x, [-1]), [3, 2])).get_concrete_function(F)
    steps = ["forward_identities", "simplify_shapes", "remove_dead_code"]
    assert op_counts(optimize(graph.graph, only=steps)) == Counter({"Const": 1, "Reshape": 1})


@pytest.mark.parametrize("kind", ["relu", "relu6", "elu", "tanh", "sigmoid", "leaky_relu"])
@pytest.mark.parametrize("compiled", [False, True])
def test_fused_activations(kind, compiled):
    """Also under XLA, which is given fused convolutions."""
    from tidefall.runtime.xla.executable import Lowering

    activation = getattr(tf.nn, kind)
    function = tf.function(lambda x: activation(tf.matmul(x, WEIGHTS - 6.0) + BIAS))
    graph = function.get_concrete_function(F).graph
    fused = optimize(graph, only=["fuse_products", "remove_dead_code"])
    assert op_counts(fused)["_FusedMatMul"] == 1
    x = _argument(F) / 100 - 0.02
    (expected,) = HostPlan(graph).run([x])
    (found,) = Lowering([x], fused).run() if compiled else HostPlan(fused).run([x])
    np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


def test_an_identity_that_waits_stays():
    graph = tf.function(_waiting).get_concrete_function(F).graph
    after = optimize(graph, only=["forward_identities"])
    (node,) = (n for n in after.nodes if n.type == "Identity")
    assert node.control_inputs


def test_transposes_become_attributes_of_the_product():
    graph = tf.function(lambda x, y: tf.matmul(tf.transpose(x), tf.transpose(y)))
    traced = graph.get_concrete_function(F, tf.TensorSpec([5, 2])).graph
    after = optimize(traced, only=["simplify_arithmetic", "remove_dead_code"])
    (product,) = (n for n in after.nodes if n.type == "MatMul")
    assert product.attrs["transpose_a"] and product.attrs["transpose_b"]
    assert not op_counts(after)["Transpose"]


def test_an_invariant_leaves_the_body():
    traced = tf.function(_loop(lambda a, x: a + tf.exp(x)), autograph=False).get_concrete_function(
        F
    )
    after = optimize(traced.graph, only=["move_invariants"])
    (loop,) = (n for n in after.nodes if n.type == "StatelessWhile")
    (old,) = (n for n in traced.graph.nodes if n.type == "StatelessWhile")
    assert "Exp" in op_counts(old.attrs["body"].graph)
    assert "Exp" not in op_counts(loop.attrs["body"].graph)
    assert len(loop.inputs) == len(old.inputs) + 1


def test_invariants_of_inner_loops_leave_both():
    def inner(a, x):
        return tf.while_loop(lambda i, b: i < 2, lambda i, b: (i + 1, b + tf.exp(x)), (0, a))[1]

    traced = tf.function(_loop(inner), autograph=False).get_concrete_function(F)
    after = optimize(traced.graph, only=["move_invariants"])
    assert op_counts(after)["Exp"] == 1


def test_one_picture_is_turned_once():
    """Two convolutions in a row need one transpose before them and one after."""
    filters = np.ones((1, 1, 3, 3), np.float32)

    def f(x):
        for _ in range(3):
            x = tf.nn.relu(tf.nn.conv2d(x, filters, 1, "SAME", data_format="NCHW"))
        return x

    traced = tf.function(f).get_concrete_function(tf.TensorSpec([1, 3, 4, 4])).graph
    after = optimize(traced, only=["choose_layout", "remove_dead_code"])
    assert op_counts(after)["Transpose"] == 2
    assert all(n.attrs["data_format"] == "NHWC" for n in after.nodes if n.type == "Conv2D")


def test_memory_is_bounded_by_computing_again():
    from tidefall.graph.passes.rematerialization import peak_bytes

    weights = [tf.Variable(np.eye(64, dtype=np.float32)) for _ in range(6)]

    def step(x):
        with tf.GradientTape() as tape:
            for w in weights:
                x = tf.sin(tf.exp(tf.tanh(tf.matmul(x, w))))
            loss = tf.reduce_sum(x)
        return tape.gradient(loss, weights)

    concrete = tf.function(step).get_concrete_function(tf.TensorSpec([512, 64]))
    plain = optimize(concrete.graph)
    budget = peak_bytes(plain) * 6 // 10
    tf.config.optimizer.set_experimental_options({"memory_budget_bytes": budget})
    try:
        lean = optimize(concrete.graph, observe=lambda _, g: verify(g))
    finally:
        tf.config.optimizer.set_experimental_options({"memory_budget_bytes": None})
    assert peak_bytes(lean) <= budget < peak_bytes(plain)
    assert op_counts(lean)["Exp"] + op_counts(lean)["Sin"] > 12
    x = np.random.default_rng(0).normal(size=(512, 64)).astype(np.float32)
    values = [x, *(t.storage for t in concrete.captured_inputs)]
    for a, b in zip(HostPlan(plain).run(values), HostPlan(lean).run(values), strict=True):
        np.testing.assert_array_equal(a, b)


def test_bfloat16_only_where_it_gains():
    def f(x):
        y = tf.nn.relu(tf.matmul(x, WEIGHTS))
        return tf.reduce_sum(tf.matmul(y, tf.transpose(WEIGHTS)), 0)

    traced = tf.function(f).get_concrete_function(F).graph
    after = optimize(traced, only=["narrow_to_bfloat16", "remove_dead_code"])
    dtype = {n.name: n.outputs[0].dtype for n in after.nodes}
    kinds = {n.type: n.outputs[0].dtype for n in after.nodes}
    assert kinds["MatMul"] == kinds["Relu"] == tf.bfloat16
    assert kinds["Sum"] == tf.float32
    assert after.outputs[0].dtype == tf.float32 and dtype
