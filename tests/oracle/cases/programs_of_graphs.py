"""Graphs made by hand, scopes, gradients of graphs, modules, variables, protos, conversions."""

from tests.oracle.cases._programs import EAGER, eager, fails, on_host, with_files
from tests.oracle.spec import case, const, f32, f64, ints, positive, program, raises, tensor, var


def graph_facts(tf):
    graph = tf.Graph()
    with graph.as_default():
        inside = tf.executing_eagerly()
        with tf.name_scope("outer") as scope:
            current = tf.get_current_name_scope()
            a = tf.constant([1.0, 2.0], name="a")
            with tf.name_scope("inner"):
                b = tf.add(a, a, name="b")
            c = tf.identity(b)
        with graph.control_dependencies([c.op]):
            d = tf.add(a, a, name="d")
    op = b.op
    return (
        inside,
        tf.executing_eagerly(),
        scope,
        current,
        a.name,
        b.name,
        c.name,
        d.name,
        [o.name for o in graph.get_operations()],
        [o.type for o in graph.get_operations()],
        op.name,
        op.type,
        [i.name for i in op.inputs],
        [o.name for o in op.outputs],
        [o.name for o in d.op.control_inputs],
        len(a.consumers()) > 0,
        graph.get_tensor_by_name("outer/a:0") is a,
        graph.get_operation_by_name("outer/inner/b") is op,
        graph.as_graph_element("outer/a:0") is a,
        a.graph is graph,
        b.shape,
        b.dtype,
        b.value_index,
        tf.is_symbolic_tensor(a),
        tf.is_symbolic_tensor(tf.constant(1)),
        tf.is_tensor(a),
        tf.is_tensor([1]),
        tf.is_tensor(tf.Variable(1.0)),
        op.get_attr("T"),
        isinstance(op, tf.Operation),
        graph.building_function,
        graph.finalized,
        graph.is_feedable(a),
        graph.unique_name("outer"),
        tf.get_current_name_scope(),
    )


def imported(tf, x):
    source = tf.Graph()
    with source.as_default():
        p = tf.compat.v1.placeholder(tf.float32, [None], name="p")
        tf.multiply(p, 3.0, name="y")
    definition = source.as_graph_def()

    @tf.function
    def run(value):
        return tf.import_graph_def(definition, {"p:0": value}, ["y:0"], name="again")

    again = tf.Graph()
    with again.as_default():
        tf.graph_util.import_graph_def(definition, name="")
    return run(x), [o.name for o in again.get_operations()], len(definition.node)


def scopes(tf):
    """Names of variables and nodes under scopes, and leaving a function."""
    found = []

    class Counter(tf.Module):
        def __init__(self):
            super().__init__("counter")
            with self.name_scope:
                self.total = tf.Variable(1.0, name="total")

        @tf.Module.with_name_scope
        def __call__(self):
            return tf.Variable(2.0, name="more").name

    counter = Counter()
    with tf.name_scope("around"):
        variable = tf.Variable(1.0, name="v")
        found.append(tf.get_current_name_scope())

    @tf.function
    def traced():
        found.append(tf.inside_function())
        with tf.init_scope():
            found.append(tf.executing_eagerly())
        return tf.constant(1.0)

    traced()
    return found, variable.name, counter.total.name, counter(), counter.name, tf.inside_function()


def modules(tf, x):
    class Layer(tf.Module):
        def __init__(self, name=None):
            super().__init__(name)
            self.w = tf.Variable(x, name="w")
            self.fixed = tf.Variable(0.0, trainable=False, name="fixed")

        def __call__(self, v):
            return v * self.w

    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.layers = [Layer(), Layer("second")]
            self.by_name = {"b": Layer(), "a": tf.Variable(1.0, name="a")}

        def __call__(self, v):
            for layer in self.layers:
                v = layer(v)
            return v

    model = Model()
    return (
        model(x),
        model.name,
        [v.name for v in model.variables],
        [s.name for s in model.submodules],
        [v.name for v in model.trainable_variables],
        [v.name for v in model.non_trainable_variables],
        model.name_scope.name if hasattr(model.name_scope, "name") else "",
    )


def bad_module(tf):
    class Layer(tf.Module):
        pass

    return Layer(name="not a name")


def variables(tf, x):
    v = tf.Variable(x, name="v", trainable=False)
    w = tf.Variable([1.0, 2.0], shape=tf.TensorShape(None))
    w.assign([[3.0]])
    flags = (v.trainable, v.name, v.shape, v.dtype, w.shape, w.read_value().shape)
    changed = [
        v.assign_add(tf.ones_like(x)).numpy(),
        v.assign_sub(2 * x).numpy(),
        (v + 1).numpy(),
        v.scatter_add(tf.IndexedSlices(x[:1], [1])).numpy(),
        v.scatter_sub(tf.IndexedSlices(x[:1], [0])).numpy(),
        v.scatter_update(tf.IndexedSlices(x[:1], [1])).numpy(),
        v.scatter_max(tf.IndexedSlices(x[:1], [0])).numpy(),
        v.scatter_min(tf.IndexedSlices(x[:1], [0])).numpy(),
        v.scatter_mul(tf.IndexedSlices(x[:1], [0])).numpy(),
        v.scatter_div(tf.IndexedSlices(x[:1] + 2, [0])).numpy(),
        v.batch_scatter_update(tf.IndexedSlices(x[:1], [1])).numpy(),
        v.scatter_nd_add([[1]], x[:1]).numpy(),
        v.scatter_nd_sub([[0]], x[:1]).numpy(),
        v.scatter_nd_update([[0]], x[:1]).numpy(),
        v.gather_nd([[1]]).numpy(),
        v.sparse_read([0, 0]).numpy(),
        v.value().numpy(),
        v[0].assign(x[1]).numpy(),
    ]
    return (
        flags,
        changed,
        v.is_initialized(),
        v.aggregation.name,
        v.synchronization.name,
        len(v.shape),
        v.numpy(),
    )


def created(tf, x):
    seen = []

    def creator(following, **kwargs):
        seen.append((kwargs["name"], kwargs["trainable"]))
        kwargs["trainable"] = False
        return following(**kwargs)

    with tf.variable_creator_scope(creator):
        made = tf.Variable(x, name="made")
    return seen, made.trainable, tf.Variable(x).trainable


def protos(tf, x, words):
    found = []
    for value in (x.numpy(), words.numpy(), [1, 2], 3.5, True, [[1], [2]], 1 + 2j, "text"):
        proto = tf.make_tensor_proto(value)
        found.append((proto.SerializeToString(), tf.make_ndarray(proto).tolist()))
    shaped = tf.make_tensor_proto(7, dtype=tf.int64, shape=[2, 2])
    return [(a, str(b)) for a, b in found], tf.make_ndarray(shaped), shaped.SerializeToString()


def static_values(tf, x):
    seen = []

    @tf.function
    def traced(v):
        seen.append(tf.get_static_value(v) is None)
        seen.append(tf.get_static_value(tf.constant([1, 2])))
        seen.append(tf.get_static_value(tf.shape(v)).sum())
        return v

    traced(x)
    known = tf.get_static_value(tf.constant([[1.5]])).tolist()
    return known, [bool(seen[0]), seen[1].tolist(), int(seen[2])]


class Pair:
    """Something of the user's that can become a tensor."""

    def __init__(self, a, b):
        self.values = [a, b]


def converted(tf):
    class Own(Pair):
        pass

    tf.register_tensor_conversion_function(
        Own,
        lambda value, dtype=None, name=None, as_ref=False: tf.constant(
            value.values, dtype, name=name
        ),
    )
    return tf.add(Own(1.0, 2.0), [1.0, 1.0]), tf.convert_to_tensor(Own(1, 2), tf.int64)


def grouped(tf, x):
    v = tf.Variable(x)

    @tf.function
    def run():
        tf.group(v.assign_add(x), v.assign_add(x))
        return tf.tuple([v + 0.0, x * 2.0])

    return run(), tf.group(), tf.tuple([x, None, x])


def gradients_of_graph(tf, x, y):
    z = x * x * y
    dx, dy = tf.gradients(z, [x, y])
    weighted = tf.gradients([z, x], x, grad_ys=[tf.ones_like(z) * 2.0, None])
    stopped = tf.gradients(x * (x * y), x, stop_gradients=[x])
    unconnected = tf.gradients(x, y, unconnected_gradients="zero")
    hessian = tf.hessians(tf.reduce_sum(z), x)
    return dx, dy, weighted, stopped, unconnected, hessian


def recomputed(tf, x):
    return tf.recompute_grad(lambda v: tf.sin(v) * v)(x)


def sections(tf, x):
    v = tf.Variable(0.0)
    section = tf.CriticalSection(name="one")
    run = tf.function(lambda: section.execute(lambda: v.assign_add(x) + 0.0))
    results = [run() for _ in range(3)]
    return results, v.value()


def registered(tf, x):
    """A gradient by name, for an op in a graph."""

    @tf.RegisterGradient("TripleForRecord")
    def _triple(op, upstream):
        return upstream * 3.0

    graph = tf.Graph()
    with graph.as_default():
        a = tf.constant([1.0, 2.0])
        with graph.gradient_override_map({"Identity": "TripleForRecord"}):
            b = tf.identity(a)
        (slope,) = tf.gradients(b, a)
    with tf.compat.v1.Session(graph=graph) as session:
        return session.run(slope)


def printed(tf, x, folder):
    """What `tf.print` writes, to a file and to a stream."""
    path = folder + "/printed"
    target = "file://" + path
    tf.print("tide", x, [1, 2.5], {"b": x[0], "a": "text"}, output_stream=target)
    tf.print(tf.range(20), summarize=2, output_stream=target, sep="|", end="!\n")
    tf.print(tf.constant(["a", "b"]), tf.constant(True), sep=", ", output_stream=target)
    tf.print(tf.range(20), summarize=-1, output_stream=target)
    tf.print(tf.reshape(tf.range(12), [3, 4]), output_stream=target)
    with open(path) as file:
        return file.read()


def times(tf):
    return (
        tf.timestamp().dtype,
        tf.timestamp().shape,
        float(tf.timestamp()) > 1.6e9,
        tf.get_logger().name,
    )


CASES = [
    eager("graph-facts", graph_facts),
    eager("imported", imported, f32(3)),
    eager("scopes", scopes),
    eager("modules", modules, f32(2)),
    fails("module-name", bad_module),
    eager("variables", variables, positive(2, 3)),
    eager("created", created, f32(2)),
    eager("protos", protos, f32(2, 3), tensor(["a", "höhe"])),
    eager("static-values", static_values, f32(2, 3)),
    eager("converted", converted),
    eager("grouped", grouped, f32(2)),
    program(
        "gradients-of-graph",
        lambda tf, x, y: tf.function(lambda a, b: gradients_of_graph(tf, a, b))(x, y),
        f32(3),
        f32(3),
        executors=EAGER,
    ),
    on_host("recomputed", recomputed, f32(3), grad=True),
    eager("sections", sections, f32()),
    eager("registered", registered, f32(2)),
    eager("times", times),
    eager("printed", with_files(lambda tf, folder, x: printed(tf, x, folder)), f32(2)),
    eager(
        "broadcast-static",
        lambda tf: (
            tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([3])),
            tf.broadcast_static_shape(tf.TensorShape([None, 1]), tf.TensorShape([3])),
            tf.broadcast_static_shape(tf.TensorShape(None), tf.TensorShape([3])),
        ),
    ),
    fails(
        "broadcast-static",
        lambda tf: tf.broadcast_static_shape(tf.TensorShape([2]), tf.TensorShape([3])),
    ),
    eager(
        "paddings",
        lambda tf: [
            [v.numpy() for v in tf.required_space_to_batch_paddings(s, b, p)]
            for s, b, p in (([5, 6], [2, 3], None), ([5], [4], [[1, 0]]))
        ],
    ),
    fails("paddings-rank", lambda tf: tf.required_space_to_batch_paddings([[5]], [2])),
    case("guarantee_const", f32(2)),
    program(
        "parallel-stack",
        lambda tf, x, y: tf.function(
            lambda: tf.parallel_stack([tf.constant([1.0]), tf.constant([2.0])])
        )(),
        f32(1),
        f32(1),
        executors=EAGER,
    ),
    *[
        case("unravel_index", ints(4, low=0, high=23), const([2, 3, 4])),
        case("unravel_index", tensor([5, 6], "int64"), const([3, 3], "int64")),
        case("unravel_index", tensor(7), const([2, 4])),
    ],
    raises("unravel_index", tensor([24]), const([2, 3, 4])),
    raises("unravel_index", tensor([1.0]), const([2, 3])),
    raises("unravel_index", tensor([1]), const([[2, 3]])),
    *[
        case(name, x, 5, grad=False, executors=EAGER)
        for name in ("math.approx_max_k",)
        for x in (f32(20), f32(3, 12))
    ],
    case("approx_top_k", f32(20), 3, executors=EAGER),
    case("math.approx_max_k", f32(2, 20), 3, aggregate_to_topk=False, executors=EAGER),
    program(
        "batch-function",
        lambda tf, x: tf.nondifferentiable_batch_function(1, 8, 0, allowed_batch_sizes=[4, 8])(
            lambda rows: 2.0 * rows
        )(x),
        f32(3, 2),
        executors=("eager", "host"),
    ),
    case("math.in_top_k", tensor([0, 2, 1]), f32(3, 4), 2),
    case("math.in_top_k", tensor([0, 9], "int64"), f32(2, 3), 1),
    raises("math.in_top_k", tensor([0, 2, 1]), f32(2, 4), 2),
    raises("math.in_top_k", tensor([0.0]), f32(1, 4), 2),
    case("strings.format", "{} and {}", [f32(2), tensor(["a"])], executors=EAGER),
    case("strings.format", "{}", tensor([[1, 2], [3, 4]]), executors=EAGER),
    case(
        "strings.format",
        "%s:%s",
        [ints(20), tensor(True)],
        placeholder="%s",
        summarize=2,
        executors=EAGER,
    ),
    raises("strings.format", "{}", [f32(2), f32(2)]),
    eager(
        "initializer",
        lambda tf: (
            tf.zeros_initializer()([2, 3]),
            tf.zeros_initializer()([2], tf.int32),
            tf.zeros_initializer()([1], dtype=tf.bool),
        ),
    ),
    fails("tensor-truth", lambda tf, x: bool(x), f32(2)),
    fails("tensor-iteration", lambda tf, x: list(x), f32()),
    fails("tensor-length", lambda tf, x: len(x), f32()),
    fails("tensor-hash", lambda tf, x: hash(x), f32()),
    fails("tensor-item", lambda tf, x: x[5], f32(2)),
    fails("tensor-assign", lambda tf, x: x.__setitem__(0, 1.0), f32(2)),
    fails("variable-shape", lambda tf, x: tf.Variable(x).assign(x[:1]), f32(2)),
    fails("variable-dtype", lambda tf, x: tf.Variable(x).assign(tf.cast(x, "int32")), f32(2)),
    fails("variable-nothing", lambda tf: tf.Variable()),
    fails("variable-shape-given", lambda tf, x: tf.Variable(x, shape=[3]), f32(2)),
    fails("gradients-eager", lambda tf, x: tf.gradients(x, x), f32(2)),
    fails("hessians-eager", lambda tf, x: tf.hessians(x, x), f32(2)),
    fails("graph-final", lambda tf: _final(tf)),
    fails("graph-name", lambda tf: tf.Graph().get_tensor_by_name("x:0")),
    fails("graph-op-name", lambda tf: tf.Graph().get_operation_by_name("x")),
    fails("graph-truth", lambda tf: _in_graph(tf, lambda: bool(tf.constant(True)))),
    fails("graph-numpy", lambda tf: _in_graph(tf, lambda: tf.constant(True).numpy())),
    fails(
        "graph-iteration",
        lambda tf: _in_graph(tf, lambda: list(tf.compat.v1.placeholder(tf.float32))),
    ),
    fails(
        "import-input",
        lambda tf: _in_graph(
            tf,
            lambda: tf.import_graph_def(
                tf.Graph().as_graph_def(), {"p:0": tf.constant(1)}, ["y:0"]
            ),
        ),
    ),
    fails(
        "registered-twice",
        lambda tf: [
            tf.RegisterGradient("TwiceForRecord")(len),
            tf.RegisterGradient("TwiceForRecord")(len),
        ],
    ),
    eager("proto-few", lambda tf: tf.make_tensor_proto([1, 2], shape=[3]).SerializeToString()),
    fails("proto-many", lambda tf: tf.make_tensor_proto([1, 2, 3], shape=[2])),
    fails(
        "proto-verified", lambda tf: tf.make_tensor_proto([1, 2], shape=[2, 1], verify_shape=True)
    ),
    fails(
        "proto-broadcast",
        lambda tf: tf.make_tensor_proto([1, 2], shape=[2, 2], allow_broadcast=True),
    ),
    fails("proto-dtype", lambda tf: tf.make_tensor_proto(["a"], dtype=tf.float32)),
    case("debugging.check_numerics", f64(2), "m", grad=True),
    program(
        "var-in-place",
        lambda tf, v, x: (v.assign(x), v.assign_add(x))[1] + 0.0,
        var(f32(2)),
        f32(2),
    ),
]


def _in_graph(tf, make):
    with tf.Graph().as_default():
        return make()


def _final(tf):
    graph = tf.Graph()
    graph.finalize()
    with graph.as_default():
        return tf.constant(1.0)
