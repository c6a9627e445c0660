"""Errors, text helpers, test helpers, AutoGraph, extension types, generators: small programs."""

from tests.oracle.cases._programs import EAGER, eager, fails, on_host
from tests.oracle.spec import bools, case, f32, f64, ints, program, ragged, raises, sparse, tensor


def error_classes(tf):
    e = tf.errors
    made = [
        cls(None, None, "what")
        for cls in (
            e.AbortedError,
            e.AlreadyExistsError,
            e.CancelledError,
            e.DataLossError,
            e.DeadlineExceededError,
            e.FailedPreconditionError,
            e.InternalError,
            e.InvalidArgumentError,
            e.NotFoundError,
            e.OutOfRangeError,
            e.PermissionDeniedError,
            e.ResourceExhaustedError,
            e.UnauthenticatedError,
            e.UnavailableError,
            e.UnimplementedError,
            e.UnknownError,
        )
    ]
    codes = [
        e.OK,
        e.CANCELLED,
        e.UNKNOWN,
        e.INVALID_ARGUMENT,
        e.DEADLINE_EXCEEDED,
        e.NOT_FOUND,
        e.ALREADY_EXISTS,
        e.PERMISSION_DENIED,
        e.UNAUTHENTICATED,
        e.RESOURCE_EXHAUSTED,
        e.FAILED_PRECONDITION,
        e.ABORTED,
        e.OUT_OF_RANGE,
        e.UNIMPLEMENTED,
        e.INTERNAL,
        e.UNAVAILABLE,
        e.DATA_LOSS,
    ]
    return (
        [(type(m).__name__, m.error_code, m.message, str(m), m.op, m.node_def) for m in made],
        codes,
        [isinstance(m, e.OpError) for m in made],
        issubclass(e.OperatorNotAllowedInGraphError, TypeError),
    )


def texts(tf):
    c = tf.compat
    return (
        c.as_bytes("höhe"),
        c.as_bytes(b"x"),
        c.as_text(b"h\xc3\xb6he"),
        c.as_text("x"),
        c.as_str(b"a"),
        c.as_str_any(3),
        c.as_str_any(b"b"),
        c.path_to_str("a/b"),
        c.as_bytes("a", encoding="utf-8"),
        isinstance(1, c.integral_types),
        isinstance(1.5, c.real_types),
        isinstance(2j, c.complex_types),
        isinstance("a", c.bytes_or_text_types),
        c.dimension_value(3),
        c.dimension_value(None),
        c.dimension_at_index(tf.TensorShape([2, None]), 0) == 2,
        c.forward_compatible(2020, 1, 1),
        tf.version.GRAPH_DEF_VERSION_MIN_CONSUMER,
        tf.version.GRAPH_DEF_VERSION_MIN_PRODUCER,
    )


def autographed(tf, x):
    ag = tf.autograph

    def plain(v):
        if tf.reduce_sum(v) > 100.0:
            return v
        return -v

    @ag.experimental.do_not_convert
    def left_alone(v):
        return v * 2.0

    ag.set_verbosity(0)
    features = ag.experimental.Feature
    return (
        tf.function(ag.to_graph(plain), autograph=False)(x),
        tf.function(left_alone)(x),
        "def" in ag.to_code(plain),
        ag.trace("traced"),
        features.ALL.value,
        features.LISTS.name,
    )


def extension(tf, x):
    class Masked(tf.experimental.ExtensionType):
        values: tf.Tensor
        mask: tf.Tensor
        label: str = "none"

        def total(self):
            return tf.reduce_sum(tf.where(self.mask, self.values, 0.0))

    made = Masked(x, x > 0.0)
    other = Masked(values=x * 2.0, mask=[True, False, True], label="two")
    spec = tf.type_spec_from_value(made)
    doubled = tf.function(lambda m: Masked(m.values * 2.0, m.mask, m.label))(other)
    return (
        made.total(),
        other.total(),
        doubled.values,
        doubled.label,
        made == other,
        made != other,
        tf.experimental.extension_type.as_dict(other),
        isinstance(spec, tf.experimental.ExtensionTypeSpec),
        spec.label,
        repr(spec.values),
        tf.nest.flatten(made, expand_composites=True),
        tf.nest.map_structure(lambda t: t, made, expand_composites=True).label,
    )


def batchable(tf, x):
    class Pair(tf.experimental.BatchableExtensionType):
        a: tf.Tensor
        b: tf.Tensor

    pairs = Pair(x, x + 1.0)
    mapped = tf.map_fn(lambda p: p.a * p.b, pairs, fn_output_signature=tf.float32)
    data = [(p.a, p.b) for p in tf.data.Dataset.from_tensor_slices(pairs)]
    return mapped, data, isinstance(tf.experimental.ExtensionTypeBatchEncoder(), object)


def bad_extension(tf, **fields):
    class Typed(tf.experimental.ExtensionType):
        values: tf.Tensor
        size: int

    return Typed(**fields)


def dispatched(tf, x):
    class Wrapped(tf.experimental.ExtensionType):
        inner: tf.Tensor

    @tf.experimental.dispatch_for_api(tf.concat, {"values": list[Wrapped]})
    def concat(values, axis, name="concat"):
        return Wrapped(tf.concat([v.inner for v in values], axis))

    @tf.experimental.dispatch_for_unary_elementwise_apis(Wrapped)
    def unary(api, value):
        return Wrapped(api(value.inner))

    @tf.experimental.dispatch_for_binary_elementwise_apis(Wrapped, Wrapped)
    def binary(api, left, right):
        return Wrapped(api(left.inner, right.inner))

    w = Wrapped(x)
    found = tf.sin(w).inner, tf.add(w, w).inner, tf.concat([w, w], 0).inner
    tf.experimental.unregister_dispatch_for(unary)
    return found


def partitions(tf):
    rows = tf.experimental.RowPartition.from_row_splits([0, 2, 2, 5])
    other = tf.experimental.RowPartition.from_value_rowids([0, 0, 2], nrows=4)
    return (
        rows.nrows(),
        rows.nvals(),
        rows.row_splits(),
        rows.row_lengths(),
        rows.value_rowids(),
        rows.row_starts(),
        rows.row_limits(),
        rows.is_uniform(),
        rows.dtype,
        rows.static_nrows,
        other.row_splits(),
        other.nrows(),
        tf.experimental.RowPartition.from_uniform_row_length(2, nvals=6).row_splits(),
        tf.experimental.RowPartition.from_row_lengths([1, 3]).row_splits(),
        rows.offsets_in_rows(),
        tf.experimental.RowPartition.from_row_starts([0, 2], nvals=4).row_splits(),
        tf.experimental.RowPartition.from_row_limits([1, 4]).value_rowids(),
    )


def generators(tf):
    get, put = tf.random.get_global_generator, tf.random.set_global_generator
    put(tf.random.Generator.from_seed(5))
    first = get().normal([2])
    tf.random.experimental.set_global_generator(tf.random.experimental.Generator.from_seed(5))
    again = tf.random.experimental.get_global_generator().normal([2])
    state = tf.random.create_rng_state(1234, "philox")
    other = tf.random.experimental.create_rng_state(1234, tf.random.Algorithm.THREEFRY)
    return first, again, state, other, tf.random.Generator.from_state(state, "philox").uniform([3])


def test_helpers(tf):
    graph, same = tf.Graph(), tf.Graph()
    for g in (graph, same):
        with g.as_default():
            tf.constant(1.0, name="c")
    tf.test.assert_equal_graph_def(graph.as_graph_def(), same.as_graph_def())
    return (
        tf.test.is_built_with_cuda(),
        tf.test.is_built_with_rocm(),
        tf.test.is_built_with_gpu_support(),
        tf.test.is_built_with_xla(),
        tf.test.gpu_device_name(),
        issubclass(tf.test.TestCase, object),
    )


def different_graphs(tf):
    graph = tf.Graph()
    with graph.as_default():
        tf.constant(1.0, name="c")
    tf.test.assert_equal_graph_def(graph.as_graph_def(), tf.Graph().as_graph_def())


def cases_of_tests(tf, x):
    """What assertions of `tf.test.TestCase` let pass."""

    class Tests(tf.test.TestCase):
        def runTest(self):
            pass

    t = Tests()
    calls = {
        "close": lambda: t.assertAllClose(x, x + 1e-7),
        "far": lambda: t.assertAllClose(x, x + 1.0),
        "shapes": lambda: t.assertAllClose(x, x[:1]),
        "equal": lambda: t.assertAllEqual([1, 2], tf.constant([1, 2])),
        "unequal": lambda: t.assertAllEqual([1, 2], [1, 3]),
        "not-equal": lambda: t.assertNotAllEqual([1, 2], [1, 3]),
        "near": lambda: t.assertNear(1.0, 1.01, 0.1),
        "greater": lambda: t.assertAllGreater(tf.constant([2, 3]), 1),
        "less-equal": lambda: t.assertAllLessEqual([2, 3], 2),
        "range": lambda: t.assertAllInRange([0.5, 2.0], 0.0, 1.0),
        "set": lambda: t.assertAllInSet([1, 2], (1, 2, 3)),
        "shape": lambda: t.assertShapeEqual(x.numpy(), x),
        "type": lambda: t.assertDTypeEqual(x, "float32"),
        "ulp": lambda: t.assertArrayNear([1.0], [1.1], 0.01),
        "evaluated": lambda: t.assertAllEqual(t.evaluate(tf.constant(3)), 3),
    }
    found = {}
    for name, call in calls.items():
        try:
            call()
            found[name] = "passes"
        except AssertionError:
            found[name] = "fails"
    return found


def exchanged(tf, x):
    capsule = tf.experimental.dlpack.to_dlpack(x)
    return tf.experimental.dlpack.from_dlpack(capsule)


def compiled(tf, x):
    return tf.xla.experimental.compile(lambda v: v * 2.0 + 1.0, [x])


def conjugate(tf, a, b):
    definite = tf.matmul(a, a, transpose_b=True) + 4.0 * tf.eye(3, dtype=a.dtype)
    operator = tf.linalg.LinearOperatorFullMatrix(
        definite, is_self_adjoint=True, is_positive_definite=True
    )
    found = tf.linalg.experimental.conjugate_gradient(operator, b, tol=1e-10, max_iter=30)
    return found.x, isinstance(operator, tf.linalg.LinearOperator)


CASES = [
    eager("error-classes", error_classes),
    eager("texts", texts),
    fails("text-of-number", lambda tf: tf.compat.as_bytes(3)),
    fails("text-from-number", lambda tf: tf.compat.as_text(3.5)),
    eager("autographed", autographed, f32(3, 2)),
    eager("extension", extension, f32(3)),
    eager("batchable", batchable, f32(3)),
    fails("extension-field", lambda tf, x: bad_extension(tf, values=x), f32(2)),
    fails("extension-type", lambda tf, x: bad_extension(tf, values=x, size="many"), f32(2)),
    fails("extension-unknown", lambda tf, x: bad_extension(tf, values=x, size=1, more=2), f32(2)),
    fails(
        "extension-assigned",
        lambda tf, x: setattr(bad_extension(tf, values=x, size=1), "size", 2),
        f32(2),
    ),
    eager("dispatched", dispatched, f32(3)),
    eager("partitions", partitions),
    fails("partition-splits", lambda tf: tf.experimental.RowPartition.from_row_splits([1, 2])),
    fails("partition-lengths", lambda tf: tf.experimental.RowPartition.from_row_lengths([-1])),
    fails("partition-rank", lambda tf: tf.experimental.RowPartition.from_row_splits([[0, 1]])),
    eager("generators", generators),
    fails("generator-algorithm", lambda tf: tf.random.create_rng_state(1, "dice")),
    fails("generator-state", lambda tf: tf.random.Generator.from_state([1], "philox")),
    fails("generator-seed", lambda tf: tf.random.Generator.from_seed(1.5)),
    fails(
        "generator-maximum",
        lambda tf: tf.random.Generator.from_seed(1).uniform([2], dtype=tf.int32),
    ),
    eager("test-helpers", test_helpers),
    fails("different-graphs", different_graphs),
    eager("cases-of-tests", cases_of_tests, f32(3)),
    eager("exchanged", exchanged, f32(2, 3)),
    eager("exchanged-int8", exchanged, ints(4, dtype="int8")),
    eager("compiled", compiled, f32(3)),
    on_host("conjugate-gradient", conjugate, f64(3, 3), f64(3), rtol=1e-6),
    case("linalg.matrix_transpose", f32(2, 3, 4), grad=True),
    case("linalg.matrix_transpose", tensor([[1 + 2j, 3 - 1j]], "complex64"), conjugate=True),
    raises("linalg.matrix_transpose", f32(3)),
    on_host(
        "ragged-stack",
        lambda tf, r, s: (
            tf.ragged.stack([r, s]),
            tf.ragged.stack([r, s], 1),
            tf.ragged.stack([[1, 2], [3]]),
        ),
        ragged(f32(3), [0, 1, 3]),
        ragged(f32(2), [0, 2, 2]),
    ),
    on_host(
        "sparse-map-values",
        lambda tf, s, t: (tf.sparse.map_values(tf.abs, s), tf.sparse.map_values(tf.add, s, t)),
        sparse([[0, 1], [2, 0]], f32(2), [3, 2]),
        sparse([[0, 1], [2, 0]], f32(2), [3, 2]),
    ),
    fails("sparse-map-nothing", lambda tf, x: tf.sparse.map_values(tf.abs, x), f32(2)),
    fails(
        "sparse-map-places",
        lambda tf, s, t: tf.sparse.map_values(tf.add, s, t),
        sparse([[0, 1]], f32(1), [3, 2]),
        sparse([[0, 1], [2, 0]], f32(2), [3, 2]),
    ),
    eager(
        "sparse-mask",
        lambda tf, x: tf.sparse.mask(
            tf.IndexedSlices(x, tf.constant([4, 2, 7])), tf.constant([2, 9])
        ),
        f32(3, 2),
    ),
    fails(
        "sparse-retain-length",
        lambda tf, s, k: tf.sparse.retain(s, k),
        sparse([[0, 1], [2, 0]], f32(2), [3, 2]),
        bools(3),
    ),
    fails(
        "sparse-expand-axis",
        lambda tf, s: tf.sparse.expand_dims(s, 7),
        sparse([[0, 1], [2, 0]], f32(2), [3, 2]),
    ),
    program(
        "with-space-to-batch",
        lambda tf, x, k: tf.nn.with_space_to_batch(
            x, [2, 2], "SAME", lambda v, n, p: tf.nn.conv2d(v, k, 1, p), filter_shape=[3, 3]
        ),
        f32(1, 5, 6, 2),
        f32(3, 3, 2, 1),
        executors=EAGER,
        rtol=1e-4,
        atol=1e-5,
    ),
]
