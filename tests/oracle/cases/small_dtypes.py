"""Small integers and floats, quantized types: casts, constants, comparisons, facts."""

from tests.oracle.cases._programs import eager, fails, on_host
from tests.oracle.spec import f32, ints, tensor

FLOATS = ("float8_e4m3fn", "float8_e5m2")  # TensorFlow has no kernels for the other ones
INTS = ("int4", "uint4")
QUANTIZED = ("qint8", "quint8", "qint16", "quint16", "qint32")
SPECIAL = [0.0, -0.0, 1.0, -1.5, 0.3, 448.0, 500.0, 6e4, 1e-3, -1e-4, float("inf"), float("nan")]


def kind(tf, name):
    return getattr(tf.dtypes.experimental, name)


def there_and_back(name, other="float32"):
    def run(tf, x):
        return tf.cast(tf.cast(x, kind(tf, name)), other)

    return run


def facts(tf, dtype):
    return (
        dtype.name,
        repr(dtype),
        str(dtype),
        dtype.size,
        dtype.as_datatype_enum,
        dtype.is_floating,
        dtype.is_integer,
        dtype.is_unsigned,
        dtype.is_quantized,
        dtype.is_bool,
        dtype.is_complex,
        dtype.is_numpy_compatible,
        dtype.is_numeric,
        dtype.base_dtype,
        dtype.real_dtype,
    )


def limits(tf, dtype):
    return float(dtype.min), float(dtype.max)


def constants(tf, name, values, other):
    dtype = kind(tf, name)
    made = tf.constant(values, dtype)
    rows = tf.constant([[v] for v in values], dtype=dtype)
    return made.dtype, made.shape, rows.shape, tf.cast(made, other), tf.cast(rows, other)


def as_numpy(tf, x, name):
    array = tf.cast(x, kind(tf, name)).numpy()
    return array.dtype.name, array.astype("float32"), array.tobytes()


def moved(name):
    def run(tf, x):
        small = tf.cast(x, kind(tf, name))
        return [
            tf.cast(made, x.dtype)
            for made in (
                tf.reshape(small, [2, 2]),
                tf.identity(small),
                tf.stack([small, small]),
                tf.concat([small, small], 0),
                tf.expand_dims(small, 1),
            )
        ]

    return run


ALL = (
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "half",
    "double",
    "complex64",
    "complex128",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "string",
    "resource",
    "variant",
    *QUANTIZED,
)


def every_dtype(tf):
    return [
        facts(tf, getattr(tf.dtypes, n)) for n in ALL if n not in ("string", "resource", "variant")
    ]


def plain_dtypes(tf):
    """Written out, so that each is known to be looked at."""
    return [
        (d.name, d.as_datatype_enum, d.size, d.is_numeric, d.is_floating, d.is_integer)
        for d in (
            tf.float16,
            tf.bfloat16,
            tf.float32,
            tf.float64,
            tf.complex64,
            tf.complex128,
            tf.bool,
            tf.int8,
            tf.int16,
            tf.int32,
            tf.int64,
            tf.uint8,
            tf.uint16,
            tf.uint32,
            tf.uint64,
            tf.string,
            tf.resource,
            tf.variant,
            tf.qint8,
            tf.quint8,
            tf.qint16,
            tf.quint16,
            tf.qint32,
            tf.half,
            tf.double,
        )
    ]


def small_facts(tf):
    e = tf.dtypes.experimental
    return [
        facts(tf, d)
        for d in (
            e.float8_e4m3fn,
            e.float8_e5m2,
            e.float8_e4m3fnuz,
            e.float8_e4m3b11fnuz,
            e.float8_e5m2fnuz,
            e.float4_e2m1fn,
            e.int4,
            e.uint4,
            e.int2,
            e.uint2,
        )
    ]


def all_limits(tf):
    found = []
    for name in ALL:
        try:
            found.append(limits(tf, getattr(tf.dtypes, name)))
        except TypeError:
            found.append(None)
    return found


def names(tf):
    as_dtype = tf.dtypes.as_dtype
    return (
        [
            as_dtype(n)
            for n in ("float", "double", "int32", "half", "float32_ref", "string", "bool")
        ],
        [as_dtype(n) for n in (1, 2, 7, 14, 19, 101)],
        [as_dtype(v) for v in (float, bool)],
        as_dtype("int32_ref").base_dtype,
        as_dtype("int32_ref").is_compatible_with(tf.int32),
        tf.int32.is_compatible_with("int64"),
        tf.float32 == "float32",
        tf.float32 != "int32",
        hash(tf.int32) == hash(as_dtype("int32")),
        len(tf.dtypes.QUANTIZED_DTYPES),
        tf.qint8 in tf.dtypes.QUANTIZED_DTYPES,
        tf.dtypes.DType(1) == tf.float32,
    )


CASES = [
    eager("facts", every_dtype),
    eager("plain", plain_dtypes),
    eager("small", small_facts),
    eager("limits", all_limits),
    eager("names", names),
    *[
        fails(f"dtype {value!r}", lambda tf, v=value: tf.dtypes.as_dtype(v))
        for value in ("float33", 999, None, [])
    ],
    *[
        on_host(f"from-{k} {n}", there_and_back(n, k), tensor(SPECIAL, k))
        for n in FLOATS
        for k in ("float32", "float64", "float16", "bfloat16")
    ],
    *[
        on_host(f"from-{k} {n}", there_and_back(n, k), tensor([0, 1, -1, 7, 8, -8, 100], k))
        for n in INTS
        for k in ("int32", "int64", "int8")
    ],
    *[
        on_host(f"from-uint8 {n}", there_and_back(n, "uint8"), tensor([0, 1, 7, 15, 200], "uint8"))
        for n in INTS
    ],
    *[on_host(f"empty {n}", there_and_back(n), f32(0, 3)) for n in FLOATS],
    *[on_host(f"empty {n}", there_and_back(n, "int32"), ints(0, 3)) for n in INTS],
    *[
        eager(f"constants {n}", lambda tf, n=n: constants(tf, n, [0.0, 1.5, -2.0], "float32"))
        for n in FLOATS
    ],
    *[eager(f"constants {n}", lambda tf, n=n: constants(tf, n, [0, 1, 7], "int32")) for n in INTS],
    *[
        eager(f"numpy {n}", lambda tf, x, n=n: as_numpy(tf, x, n), tensor([0.0, 1.0, -1.5]))
        for n in FLOATS
    ],
    *[eager(f"numpy {n}", lambda tf, x, n=n: as_numpy(tf, x, n), tensor([0, 1, 7])) for n in INTS],
    *[on_host(f"moved {n}", moved(n), tensor([0.0, 1.0, 1.0, 0.0])) for n in FLOATS],
    *[
        on_host(
            f"saturate {n}",
            lambda tf, x, n=n: tf.cast(tf.saturate_cast(x, kind(tf, n)), "float32"),
            tensor([0.0, 1.0, 600.0, -1e6]),
        )
        for n in FLOATS
    ],
    *[
        on_host(
            f"saturate {n}",
            lambda tf, x, n=n: tf.cast(tf.saturate_cast(x, kind(tf, n)), "int32"),
            tensor([0, 1, 9, -20]),
        )
        for n in INTS
    ],
    *[
        eager(
            f"quantized {n}",
            lambda tf, x, n=n: tf.bitcast(x, getattr(tf, n)).dtype,
            ints(2, dtype=n.removeprefix("q").replace("quint", "uint")),
        )
        for n in QUANTIZED
    ],
]
