"""Quantized tensors, and numbers rounded as if they had been quantized."""

from tests.oracle.spec import T as filled
from tests.oracle.spec import case, cases, const, f32, f64, positive, program, raises, tensor

HOST = ("eager", "host")
EAGER = ("eager",)
DTYPES = ("qint8", "quint8", "qint16", "quint16", "qint32")
MODES = ("MIN_COMBINED", "MIN_FIRST", "SCALED")
X = tensor([-7.0, -1.5, -0.5, 0.0, 0.3, 0.5, 1.5, 2.5, 3.3, 4.9])
STRANGE = tensor([float("inf"), float("-inf"), float("nan"), 1.0])
MATRIX = tensor([[1.0, 2.0, 3.0], [4.0, -5.0, 6.0]])
FAKE = "quantization.fake_quant_with_min_max_"
PLAIN = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16"}


def quantized(label, values, low, high, dtype, executors=HOST, **options):
    """Integers and limits, as plain dtypes."""

    def run(tf, x, *_):
        output, least, most = tf.quantization.quantize(x, low, high, tf.as_dtype(dtype), **options)
        return tf.bitcast(output, PLAIN.get(dtype, "int32")), least, most

    return program(f"quantize-{dtype}-{label}", run, values, executors=executors)


def read_back(label, values, kind, low=-6.0, high=5.0, executors=("eager", "host", "xla"), **more):
    def run(tf, x):
        integers = tf.bitcast(tf.cast(x, PLAIN.get(kind, "int32")), tf.as_dtype(kind))
        return tf.quantization.dequantize(integers, low, high, **more)

    return program(f"dequantize-{kind}-{label}", run, values, executors=executors)


def joined(label, axis, *parts, dtype="quint8"):
    def run(tf):
        made = [
            tf.quantization.quantize(values, low, high, tf.as_dtype(dtype))
            for values, low, high in parts
        ]
        output, low, high = tf.quantization.quantized_concat(
            axis, [m[0] for m in made], [m[1] for m in made], [m[2] for m in made]
        )
        return tf.bitcast(output, PLAIN.get(dtype, "int32")), low, high

    return program(f"quantized_concat-{dtype}-{label}", run, executors=HOST)


def failing(label, call):
    return program(f"raises {label}", call, raises=True, executors=EAGER)


INTEGERS = {
    "qint8": tensor([0, 1, 5, 100, 127, -1, -128]),
    "quint8": tensor([0, 1, 5, 100, 127, 200, 255]),
    "qint16": tensor([0, 1, 5, 100, 32767, -1, -32768]),
    "quint16": tensor([0, 1, 5, 100, 32767, 200, 65535]),
    "qint32": tensor([0, 1, 5, 100, 2**30, -1, -(2**31)]),
}
ROUND = "quantization.quantize_and_dequantize"
OPTIONS = (
    {},
    {"signed_input": False},
    {"num_bits": 4},
    {"range_given": True},
    {"range_given": True, "signed_input": False},
    {"range_given": True, "round_mode": "HALF_UP", "num_bits": 3},
    {"narrow_range": True, "range_given": True, "num_bits": 3},
    {"narrow_range": True},
    {"num_bits": 1},
)
LIMITS = const(-1.0), const(2.0)

CASES = [
    *[
        quantized(
            f"{mode}{'-narrow' * narrow}", X, -6.0, 5.0, dtype, mode=mode, narrow_range=narrow
        )
        for dtype in DTYPES
        for mode in MODES
        for narrow in (False, True)
    ],
    *[
        quantized("to-even", X, -6.0, 5.0, dtype, mode="SCALED", round_mode="HALF_TO_EVEN")
        for dtype in DTYPES
    ],
    *[
        quantized(f"{low}..{high}", X, low, high, "quint8")
        for low, high in ((0.0, 0.0), (1.0, 3.0), (-3.0, -1.0), (0.0, 100.0))
    ],
    quantized("least", X, 0.0, 0.001, "quint8", ensure_minimum_range=0.0),
    quantized("strange", STRANGE, -6.0, 5.0, "quint8"),
    quantized("empty", f32(0, 2), -6.0, 5.0, "quint8"),
    quantized("scalar", f32(), -6.0, 5.0, "qint8", mode="SCALED"),
    quantized("axis", MATRIX, [0.0, -1.0, -2.0], [4.0, 5.0, 9.0], "qint8", axis=1, mode="SCALED"),
    quantized("axis-0", MATRIX, [0.0, -1.0], [4.0, 5.0], "quint8", axis=0),
    failing(
        "quantize-min-first-axis",
        lambda tf: tf.quantization.quantize(
            [[1.0], [2.0]], [0.0] * 2, [1.0] * 2, tf.quint8, "MIN_FIRST", axis=0
        ),
    ),
    *[
        failing(label, lambda tf, k=k: tf.quantization.quantize([[1.0, 2.0]], *k[:3], **k[3]))
        for label, k in {
            "quantize-reversed": (1.0, 0.0, "quint8", {}),
            "quantize-dtype": (0.0, 1.0, "int8", {}),
            "quantize-mode": (0.0, 1.0, "quint8", {"mode": "FOO"}),
            "quantize-to-even": (0.0, 1.0, "quint8", {"round_mode": "HALF_TO_EVEN"}),
            "quantize-limits": ([0.0, 1.0], [1.0, 2.0], "quint8", {}),
            "quantize-axis": ([0.0], [1.0], "quint8", {"axis": 3}),
            "quantize-axis-size": ([0.0], [1.0], "quint8", {"axis": 1}),
        }.items()
    ],
    *[
        read_back(f"{mode}{'-narrow' * narrow}", INTEGERS[t], t, mode=mode, narrow_range=narrow)
        for t in DTYPES
        for mode in MODES
        for narrow in (False, True)
    ],
    read_back("bfloat16", INTEGERS["qint8"], "qint8", dtype="bfloat16", executors=HOST),
    read_back("axis", tensor([[0, 1], [100, 255]]), "quint8", [0.0, -1.0], [4.0, 5.0], axis=0),
    read_back(
        "axis-scaled",
        tensor([[0, 1], [9, 255]]),
        "quint8",
        [0.0, -1.0],
        [4.0, 5.0],
        axis=-1,
        mode="SCALED",
    ),
    read_back("vector", INTEGERS["quint8"], "quint8", [0.0], [4.0], executors=HOST),
    failing("dequantize-plain", lambda tf: tf.quantization.dequantize(tf.constant([1]), 0.0, 1.0)),
    failing(
        "dequantize-limits",
        lambda tf: tf.quantization.dequantize(
            tf.bitcast(tf.constant([1], tf.int8), tf.qint8), [0.0, 1.0], [1.0, 2.0]
        ),
    ),
    failing(
        "dequantize-min-first-axis",
        lambda tf: tf.quantization.dequantize(
            tf.bitcast(tf.constant([1, 2], tf.int8), tf.qint8),
            [0.0] * 2,
            [1.0] * 2,
            "MIN_FIRST",
            axis=0,
        ),
    ),
    joined("rows", 0, ([[1.0, 2.0]], 0.0, 4.0), ([[3.0, -5.0]], -6.0, 4.0)),
    joined("columns", 1, ([[1.0, 2.0]], 0.0, 4.0), ([[3.0]], 0.0, 9.0), ([[7.0]], -1.0, 4.0)),
    joined("same", 0, ([1.0, 2.0], 0.0, 4.0), ([3.0], 0.0, 4.0)),
    joined("rows", 0, ([[1.0, 2.0]], 0.0, 4.0), ([[3.0, -5.0]], -6.0, 4.0), dtype="qint32"),
    failing(
        "quantized_concat-axis",
        lambda tf: tf.quantization.quantized_concat(
            2, [tf.quantization.quantize([1.0], 0.0, 1.0, tf.quint8)[0]] * 2, [0.0] * 2, [1.0] * 2
        ),
    ),
    failing(
        "quantized_concat-one",
        lambda tf: tf.quantization.quantized_concat(
            0, [tf.quantization.quantize([1.0], 0.0, 1.0, tf.quint8)[0]], [0.0], [1.0]
        ),
    ),
    failing(
        "quantized_concat-float",
        lambda tf: tf.quantization.quantized_concat(0, [[1.0], [2.0]], [0.0] * 2, [1.0] * 2),
    ),
    case(f"{FAKE}args", f32(3, 4, low=-8, high=8), grad=True),
    case(f"{FAKE}args", f32(3, 4, low=-2, high=3), -1, 2, 4, grad=True),
    case(f"{FAKE}args", f32(9, low=-2, high=3), -1, 2, 4, True, grad=True),
    case(f"{FAKE}args", f32(9, low=-2, high=3), 1, 2, grad=True),
    case(f"{FAKE}args", f32(9, low=-3, high=1), -2, -1, num_bits=16, grad=True),
    case(f"{FAKE}args", f32(9, low=-8, high=8), num_bits=2),
    case(f"{FAKE}args", X, -1, 2, 4, executors=HOST),
    case(f"{FAKE}args", STRANGE, executors=HOST),
    case(f"{FAKE}args", f32(0, 3)),
    case(f"{FAKE}args", f32()),
    raises(f"{FAKE}args", f32(2), 2, 1),
    raises(f"{FAKE}args", f32(2), 0, 0),
    raises(f"{FAKE}args", f32(2), num_bits=1),
    raises(f"{FAKE}args", f32(2), num_bits=17),
    case(f"{FAKE}args_gradient", f32(7), f32(7, low=-8, high=8)),
    case(f"{FAKE}args_gradient", f32(2, 3), f32(2, 3, low=0, high=3), 1, 2, 4, True),
    raises(f"{FAKE}args_gradient", f32(2), f32(3)),
    *[
        case(f"{FAKE}vars", f32(3, 4, low=-3, high=3), const(low), const(high), grad=True)
        for low, high in ((-1.0, 2.0), (1.0, 2.0), (-2.0, -1.0), (-0.1, 0.7), (0.0, 0.0))
    ],
    case(f"{FAKE}vars", f32(9, low=-3, high=3), tensor(-1.0), tensor(2.0), 4, True, grad=True),
    case(f"{FAKE}vars", X, *LIMITS, executors=HOST),
    case(f"{FAKE}vars", STRANGE, *LIMITS, executors=HOST),
    case(f"{FAKE}vars", f32(0), *LIMITS),
    raises(f"{FAKE}vars", f32(2), const([-1.0]), const([2.0])),
    raises(f"{FAKE}vars", f32(2), *LIMITS, num_bits=1),
    case(f"{FAKE}vars_gradient", f32(7), f32(7, low=-3, high=3), *LIMITS),
    case(f"{FAKE}vars_gradient", f32(7), f32(7, low=-3, high=3), *LIMITS, 4, True),
    case(f"{FAKE}vars_gradient", f32(3), f32(3), const(0.0), const(0.0)),
    raises(f"{FAKE}vars_gradient", f32(3), f32(3), const([0.0]), const([1.0])),
    *[
        case(
            f"{FAKE}vars_per_channel",
            f32(*shape, low=-3, high=4),
            tensor([-1.0, 0.0, -2.0]),
            tensor([1.0, 2.0, 3.0]),
            grad=True,
        )
        for shape in ((3,), (4, 3), (2, 2, 3), (1, 2, 2, 3), (1, 1, 2, 2, 3), (0, 3))
    ],
    case(f"{FAKE}vars_per_channel", f32(4, 1), const([-1.0]), const([1.0]), 3, True, grad=True),
    raises(f"{FAKE}vars_per_channel", f32(2, 3), const([-1.0]), const([1.0])),
    raises(f"{FAKE}vars_per_channel", f32(2, 3), const(-1.0), const(1.0)),
    case(
        f"{FAKE}vars_per_channel_gradient",
        f32(5, 2),
        f32(5, 2, low=-3, high=4),
        const([-1.0, 0.0]),
        const([1.0, 2.0]),
        num_bits=3,
    ),
    *[
        case(name, f32(3, 4, low=-3, high=4), *LIMITS, grad=(0, 1, 2), **options)
        for name in (ROUND, f"{ROUND}_v2")
        for options in OPTIONS
    ],
    *cases(
        [ROUND, f"{ROUND}_v2"],
        [filled(4), const(-0.5, "float64"), const(0.5, "float64")],
        dtypes=("float64",),
        grad=(0,),
        range_given=True,
    ),
    case(ROUND, X, *LIMITS, executors=HOST),
    case(ROUND, X, *LIMITS, range_given=True, executors=HOST),
    case(ROUND, f32(0, 3), *LIMITS),
    case(ROUND, STRANGE, *LIMITS, range_given=True, executors=HOST),
    raises(ROUND, f32(2, 3), const([-1.0, -2.0]), const([1.0, 0.5]), range_given=True, axis=0),
    case(ROUND, f32(2, 3, 2), const(0.0), const(0.0), axis=1),
    case(ROUND, f32(2, 3, 2), const(0.0), const(0.0), axis=-1),
    case(ROUND, positive(4), const(0.0), const(0.0), signed_input=False, num_bits=5),
    case(f"{ROUND}_v2", f32(2, 3), const([-0.5] * 2), const([0.5] * 2), axis=0, grad=(0, 1, 2)),
    raises(ROUND, f32(2), const(3.0), const(1.0), range_given=True),
    raises(ROUND, f32(2), *LIMITS, num_bits=0),
    raises(ROUND, f32(2), *LIMITS, num_bits=64),
    raises(ROUND, f32(2), *LIMITS, round_mode="FOO"),
    raises(f"{ROUND}_v2", f32(2), const([-1.0]), const([1.0]), range_given=True),
    raises(f"{ROUND}_v2", f32(2), const([-1.0]), const([1.0]), axis=3),
    *[
        case(
            "raw_ops.QuantizeAndDequantizeV3",
            input=f64(3, 4),
            input_min=const(-0.5, "float64"),
            input_max=const(0.5, "float64"),
            num_bits=const(bits),
            range_given=given,
        )
        for bits in (2, 8)
        for given in (False, True)
    ],
    raises(
        "raw_ops.QuantizeAndDequantizeV3",
        input=f32(2),
        input_min=const(-0.5),
        input_max=const(0.5),
        num_bits=const(0),
    ),
    case(
        "raw_ops.QuantizeAndDequantizeV4Grad",
        gradients=f32(4),
        input=f32(4),
        input_min=const(-0.5),
        input_max=const(0.5),
    ),
    case(
        "raw_ops.QuantizeAndDequantizeV4Grad",
        gradients=f32(4, 2),
        input=f32(4, 2),
        input_min=const([-0.5, 0.0]),
        input_max=const([0.5, 1.0]),
        axis=1,
    ),
    raises(
        "raw_ops.QuantizeAndDequantizeV4Grad",
        gradients=f32(4),
        input=f32(3),
        input_min=const(-0.5),
        input_max=const(0.5),
    ),
]
