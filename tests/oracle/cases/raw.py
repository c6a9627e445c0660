"""Ops reached by their own names, where no public function leads to them."""

from tests.oracle.spec import (
    bools,
    case,
    const,
    distinct,
    f32,
    ints,
    positive,
    program,
    tensor,
    var,
)

IMAGE = f32(3, 4, 4, 2)
NORM = {"x": IMAGE, "scale": positive(2), "offset": f32(2)}
NORM_OPTIONS = {"rtol": 1e-4, "atol": 1e-5, "grad": ["x", "scale", "offset"]}
SEED = const([3, 4])
HOST = ("eager", "host")


def tensor_list(tf, x):
    handle = tf.raw_ops.TensorListFromTensor(tensor=x, element_shape=[2])
    handle = tf.raw_ops.TensorListPushBack(input_handle=handle, tensor=x[0] * 2.0)
    handle, last = tf.raw_ops.TensorListPopBack(
        input_handle=handle, element_shape=[2], element_dtype=tf.float32
    )
    handle = tf.raw_ops.TensorListSetItem(input_handle=handle, index=1, item=last)
    item = tf.raw_ops.TensorListGetItem(
        input_handle=handle, index=0, element_shape=[2], element_dtype=tf.float32
    )
    stacked = tf.raw_ops.TensorListStack(
        input_handle=handle, element_shape=[2], element_dtype=tf.float32
    )
    return item, stacked, tf.raw_ops.TensorListLength(input_handle=handle)


def list_by_index(tf, x):
    handle = tf.raw_ops.TensorListReserve(
        element_shape=[2], num_elements=3, element_dtype=tf.float32
    )
    handle = tf.raw_ops.TensorListScatterIntoExistingList(
        input_handle=handle, tensor=x, indices=[2, 0, 1]
    )
    return tf.raw_ops.TensorListGather(
        input_handle=handle, indices=[0, 2], element_shape=[2], element_dtype=tf.float32
    )


def list_of_parts(tf, x):
    handle = tf.raw_ops.TensorListSplit(tensor=x, element_shape=[-1, 2], lengths=[1, 2])
    return tf.raw_ops.TensorListConcatV2(
        input_handle=handle,
        element_shape=[-1, 2],
        leading_dims=tf.constant([], tf.int64),
        element_dtype=tf.float32,
    )


def scattered_list(tf, x):
    handle = tf.raw_ops.TensorListScatterV2(
        tensor=x, indices=[2, 0, 1], element_shape=[2], num_elements=4
    )
    handle = tf.raw_ops.TensorListResize(input_handle=handle, size=3)
    shape = tf.raw_ops.TensorListElementShape(input_handle=handle, shape_type=tf.int32)
    stacked = tf.raw_ops.TensorListStack(
        input_handle=handle, element_shape=[2], element_dtype=tf.float32
    )
    return stacked, shape


def list_scatter(tf, x):
    handle = tf.raw_ops.TensorListScatter(tensor=x, indices=[1, 0, 2], element_shape=[2])
    return tf.raw_ops.TensorListStack(
        input_handle=handle, element_shape=[2], element_dtype=tf.float32
    )


def joined_lists(tf, x):
    lists = [tf.raw_ops.TensorListFromTensor(tensor=x * i, element_shape=[2]) for i in (1.0, 2.0)]
    joined = tf.raw_ops.TensorListConcatLists(
        input_a=lists[0], input_b=lists[1], element_dtype=tf.float32
    )
    return tf.raw_ops.TensorListStack(
        input_handle=joined, element_shape=[2], element_dtype=tf.float32
    )


def pushed_to_several(tf, x):
    lists = [tf.raw_ops.TensorListFromTensor(tensor=x * i, element_shape=[2]) for i in (1.0, 2.0)]
    lists = tf.raw_ops.TensorListPushBackBatch(input_handles=tf.stack(lists), tensor=x[:2])
    return [
        tf.raw_ops.TensorListStack(input_handle=one, element_shape=[2], element_dtype=tf.float32)
        for one in tf.unstack(lists, 2)
    ]


def python_inside(tf, x):
    y = tf.py_function(lambda a: a * a, [x], tf.float32)
    y.set_shape([3])
    return y * 2.0


def scattered_variable(tf, v, x, op):
    getattr(tf.raw_ops, op)(ref=v.handle, indices=[[0], [2], [0]], updates=x)
    return v + 0.0


def in_order(tf, v):
    with tf.control_dependencies([v.assign_add([1.0, 1.0])]):
        read = v.read_value()
    with tf.control_dependencies([tf.no_op(), read]):
        return tf.identity(v)


def compiled_segments(tf, data, ids, op):
    """TensorFlow has these ops under XLA only."""

    @tf.function(jit_compile=True)
    def run(data, ids):
        return getattr(tf.raw_ops, f"Segment{op}V2")(data=data, segment_ids=ids, num_segments=3)

    return run(data, ids)


CASES = [
    case("raw_ops.FusedBatchNorm", **NORM, mean=f32(0), variance=f32(0), **NORM_OPTIONS),
    case("raw_ops.FusedBatchNormV2", **NORM, mean=f32(0), variance=f32(0), **NORM_OPTIONS),
    case("raw_ops.BiasAddV1", value=f32(2, 3), bias=f32(3), grad=True),
    case("raw_ops.InTopK", predictions=distinct(3, 4), targets=tensor([0, 2, 3]), k=2),
    case("raw_ops.InTopKV2", predictions=distinct(3, 4), targets=tensor([0, 2, 3]), k=2),
    *[
        program(f"segment-{n}-v2", compiled_segments, distinct(4, 2), tensor([0, 0, 2, 2]), op=n)
        for n in ("Sum", "Max", "Min", "Prod")
    ],
    program("joined-lists", joined_lists, f32(3, 2), executors=HOST),
    program("pushed-to-several", pushed_to_several, f32(3, 2), executors=HOST),
    case("raw_ops.UnravelIndex", indices=tensor([3, 5]), dims=const([2, 3])),
    case("raw_ops.PlaceholderWithDefault", input=f32(2, 3), shape=[None, 3]),
    case("raw_ops.CheckNumericsV2", tensor=f32(3), message="finite", grad=True),
    case("raw_ops.GuaranteeConst", input=f32(3)),
    case("raw_ops.Empty", shape=const([2, 3]), dtype="float32", init=True),
    case("raw_ops.ParallelConcat", values=[f32(1, 2), f32(1, 2)], shape=[2, 2]),
    case("raw_ops.Tile", input=f32(4, 3), multiples=const([2, 1]), grad=True),
    case("raw_ops.StatelessRandomUniform", shape=const([2, 3]), seed=SEED),
    case("raw_ops.StatelessRandomNormal", shape=const([2, 3]), seed=SEED, rtol=1e-4),
    case("raw_ops.StatelessTruncatedNormal", shape=const([2, 3]), seed=SEED, rtol=1e-4),
    case(
        "raw_ops.StatelessRandomUniformInt",
        shape=const([2, 3]),
        seed=SEED,
        minval=const(0),
        maxval=const(9),
    ),
    case("raw_ops.StatelessRandomUniformFullInt", shape=const([2, 3]), seed=SEED, dtype="int32"),
    case("raw_ops.StatelessMultinomial", logits=f32(2, 3), num_samples=4, seed=SEED),
    case("raw_ops.StatelessRandomGetKeyCounter", seed=SEED),
    case("raw_ops.StatelessRandomGetAlg"),
    case("raw_ops.Reciprocal", x=positive(3), grad=True),
    case("raw_ops.Inv", x=positive(3), grad=True),
    *[
        case(f"raw_ops.{n}", y=positive(3), dy=f32(3), grad=True)
        for n in ("SqrtGrad", "RsqrtGrad", "TanhGrad", "SigmoidGrad", "ReciprocalGrad", "InvGrad")
    ],
    *[
        case(f"raw_ops.{n}", gradients=f32(4), features=distinct(4, low=-2, high=7), grad=True)
        for n in ("ReluGrad", "Relu6Grad", "SoftplusGrad", "LeakyReluGrad")
    ],
    case("raw_ops.EluGrad", gradients=f32(4), outputs=distinct(4), grad=True),
    case("raw_ops.SeluGrad", gradients=f32(4), outputs=distinct(4), grad=True),
    case("raw_ops.BroadcastGradientArgs", s0=const([2, 1, 3]), s1=const([4, 1])),
    case("raw_ops.BroadcastArgs", s0=const([2, 1, 3]), s1=const([4, 1])),
    case("raw_ops.ConcatOffset", concat_dim=const(1), shape=[const([2, 3]), const([2, 4])]),
    case(
        "raw_ops.StridedSliceGrad",
        shape=const([4, 5]),
        begin=const([1, 0]),
        end=const([3, 4]),
        strides=const([1, 2]),
        dy=f32(2, 2),
        grad=["dy"],
    ),
    case(
        "raw_ops.MirrorPadGrad",
        input=f32(4, 5),
        paddings=const([[1, 1], [0, 2]]),
        mode="REFLECT",
        grad=["input"],
    ),
    case("raw_ops.Select", condition=bools(3), x=f32(3, 2), y=f32(3, 2), grad=True),
    case("raw_ops.SelectV2", condition=bools(3, 1), t=f32(2), e=f32(3, 2), grad=True),
    case("raw_ops.ApproximateEqual", x=tensor([1.0, 2.0]), y=tensor([1.000001, 2.1])),
    case("raw_ops.PopulationCount", x=ints(4)),
    case("raw_ops.Div", x=f32(3), y=positive(3), grad=True),
    case("raw_ops.L2Loss", t=f32(2, 3), grad=True),
    case("raw_ops.MatrixDiag", diagonal=f32(2, 3), grad=True),
    case("raw_ops.BatchMatMulV2", x=f32(2, 2, 3), y=f32(2, 3, 2), adj_x=False, grad=True),
    case(
        "raw_ops.AvgPoolGrad",
        kwargs={"grad": f32(1, 2, 2, 1)},
        orig_input_shape=const([1, 4, 4, 1]),
        ksize=[1, 2, 2, 1],
        strides=[1, 2, 2, 1],
        padding="VALID",
    ),
    case("raw_ops.StringFormat", inputs=[tensor([1, 2])], template="<{}>", placeholder="{}"),
    # tensor lists
    program("tensor-list", tensor_list, f32(3, 2), grad=True),
    program("tensor-list-by-index", list_by_index, f32(3, 2), grad=True),
    program("tensor-list-of-parts", list_of_parts, f32(3, 2), executors=HOST),
    program("tensor-list-scatter", scattered_list, f32(3, 2), grad=True, shapes="compatible"),
    case("raw_ops.DebugGradientIdentity", input=f32(3)),
    case("raw_ops.ApproxTopK", input=distinct(2, 8), k=3),
    case("raw_ops.StatelessRandomGetKeyCounter", seed=const([1, 2], "int64")),
    case("raw_ops.Snapshot", input=f32(3)),
    program("tensor-list-scatter-v1", list_scatter, f32(3, 2), executors=HOST),
    *[
        program(
            f"resource-scatter-nd-{n}",
            scattered_variable,
            var(f32(3, 2)),
            f32(3, 2),
            op=f"ResourceScatterNd{n}",
        )
        for n in ("Max", "Min", "Update", "Add", "Sub")
    ],
    # Python inside a graph
    program("py-function", python_inside, f32(3), executors=HOST, grad=True, shapes="compatible"),
    program(
        "numpy-function",
        lambda tf, x: tf.numpy_function(lambda a: a * 2.0, [x], tf.float32),
        f32(3),
        executors=HOST,
    ),
    program(
        "side-effects-in-order",
        lambda tf, v: in_order(tf, v),
        var(f32(2)),
    ),
    # images, sounds, records
    case("io.decode_raw", tensor([b"\x01\x02", b"\x03\x04"], "string"), "uint8"),
    program(
        "decode-padded-raw",
        lambda tf, x: tf.io.decode_raw(x, tf.uint8, fixed_length=4),
        tensor([b"ab", b"c"], "string"),
        executors=HOST,
    ),
    # bytes
    case("io.decode_raw", tensor([b"\x01\x00\x02\x00"], "string"), "int16"),
    case("io.encode_base64", tensor(["tide", "fall", ""])),
    case("io.decode_base64", tensor(["dGlkZQ", ""])),
    program(
        "serialized",
        lambda tf, x: tf.io.parse_tensor(tf.io.serialize_tensor(x), tf.float32),
        f32(2, 3),
    ),
]
