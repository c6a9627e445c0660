"""Sets, tables, methods of tensors and variables, loops over elements, arrays of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.oracle.spec import const, sparse, tensor
from tests.random_calls.draw import (
    ANY,
    FLOATS,
    INTS,
    NUMBERS,
    REALS,
    WIDE,
    Call,
    Draw,
    Table,
    call,
)

Program = Callable[..., Any]
KEYS = ("int32", "int64", "string")
DTYPES = ("float32", "float64", "int32", "int64", "bool", "string", "complex64", "uint8", "float16")

# ---- sets, ragged and sparse ----


def _sets(d: Draw) -> Call:
    dtype = d.pick("int32", "int64", "string", "uint8", "int8")
    lead = d.shape(0, 1)
    one = d.x(dtype, (*lead, d.int(0, 4)), low=0, high=5)
    other = d.x(dtype, (*lead, d.int(0, 4)), low=0, high=5)
    if not lead and d.flag():
        other = sparse([[0], [2]], d.x(dtype, (2,), low=0, high=5), [3])
    return call(one, other)


def _cross(d: Draw) -> Call:
    dtype = d.pick("int64", "string", "int32")
    return call([d.ragged(dtype) if d.flag() else d.x(dtype, (2, 2)) for _ in range(d.int(1, 2))])


def _added(d: Draw) -> Call:
    a = d.sparse("float32", 2)
    shape = tuple(int(s) for s in a.parts[2].value)
    b = d.x("float32", shape if d.chance(0.9) else (2, 2))
    return call(a, b)


def _sampled(d: Draw) -> Call:
    indices = tensor([[0, 1], [1, 0]], "int64")
    shape = tensor([2, 2], "int64")
    a, b = d.x("float32", (2, 3)), d.x("float32", (3, 2))
    return call(indices, d.x("float32", (2,)), shape, a, b, **d.maybe(beta=0.5, alpha=2.0))


HELD: Table = {
    **{f"sets.{n}": _sets for n in ["difference", "intersection", "union"]},
    "sets.size": lambda d: call(d.sparse("int32"), **d.maybe(validate_indices=False)),
    "ragged.cross": _cross,
    "ragged.cross_hashed": lambda d: (_cross(d)[0], d.maybe(num_buckets=d.int(0, 9), hash_key=3)),
    "ragged.stack_dynamic_partitions": lambda d: call(
        d.x(REALS, (4,)), d.x("int32", (4,), low=0, high=3), d.int(2, 4)
    ),
    "ragged.map_flat_values doubled": lambda d: call(d.ragged(), d.pick(2, d.ragged())),
    "sparse.cross": lambda d: call([d.x(("int64", "string"), (2, 2)) for _ in range(d.int(1, 2))]),
    "sparse.cross_hashed": lambda d: call([d.x(("int64", "string"), (2, 2))], d.int(0, 9)),
    "sparse.map_values squared": lambda d: call(d.sparse(NUMBERS)),
    "sparse.add dense": _added,
    "sparse.minimum": lambda d: call(d.sparse("float32", 2), d.sparse("float32", 2)),
    "sparse.sampled_addmm": _sampled,
    "sparse.from_dense": lambda d: call(d.x((*ANY,), d.shape(0, 3))),
    "sparse.segment_sum grad": lambda d: call(
        d.x(FLOATS, (3, 2)), d.index((3,), 3), tensor([0, 0, 1])
    ),
    "ragged.range": lambda d: call(
        d.x(("int32", "float32"), (2,), low=0, high=4), d.x("int32", (2,), low=2, high=6)
    ),
}

# ---- strings and random numbers ----

SCRIPTS: Table = {
    "strings.format": lambda d: call(
        d.pick("{}", "a {} b", "{} {}", "none", "{{}}"), d.pick([], d.x(ANY), [d.x(REALS)]),
        **d.maybe(summarize=d.pick(-1, 1, 3), placeholder="{}"),
    ),
    "strings.unicode_decode_with_offsets": lambda d: call(d.x("string", d.shape(0, 1)), "UTF-8"),
    "strings.regex_replace": lambda d: call(
        d.x("string", d.shape(0, 1)), d.pick("l+", "(a)(.)?"), "-"
    ),
    "io.decode_base64": lambda d: call(tensor([d.pick("YWJj", "YQ", "YQ==", "*", "", "a")])),
    "io.decode_csv": lambda d: call(
        tensor([d.pick("1,2", "1,", ",2", "a,b", "1", "1,2,3", '"1",2')]),
        [
            d.pick([0], [0.5], ["x"], const([], "int32")),
            d.pick([0], [1.5], [""], const([], "string")),
        ],
        **d.maybe(use_quote_delim=d.flag(), na_value=d.pick("", "a"), field_delim=d.pick(",", ";")),
    ),
    "io.decode_json_example": lambda d: call(tensor([d.pick("{}", "{", "[]")])),
    "io.parse_tensor": lambda d: call(tensor(d.pick("", "x")), d.pick("float32", "int32")),
    "io.serialize_tensor": lambda d: call(d.x(ANY)),
    "random.stateless_binomial": lambda d: call(
        d.shape_like([2, *d.shape(0, 1)]), [d.int(0, 9), 2], d.pick(3.0, 10.0), d.pick(0.5, 0.1),
    ),
    "random.stateless_parameterized_truncated_normal": lambda d: call(
        d.shape_like(d.shape()), [d.int(0, 9), 2], **d.maybe(means=1.0, stddevs=2.0, minvals=-1.0)
    ),
    "random.experimental.stateless_shuffle": lambda d: call(d.x(REALS), [d.int(0, 9), 2]),
    "random.experimental.index_shuffle": lambda d: call(
        d.int(0, 5), [1, 2, 3], d.int(5, 9), **d.maybe(rounds=d.pick(4, 8))
    ),
    "random.stateless_uniform algorithm": lambda d: call(
        d.shape_like(d.shape()), [d.int(0, 9), 2],
        alg=d.pick("philox", "threefry", "auto_select", 1, 2), **d.maybe(maxval=3.0),
    ),
    "random.stateless_uniform whole": lambda d: call(
        d.shape_like(d.shape()), [1, 2], None, None, d.pick("int32", "uint32", "int64", "uint64")
    ),
    "random.create_rng_state": lambda d: call(
        d.pick(1, [1, 2], [1, 2, 3]), d.pick("philox", "threefry", 1)
    ),
}  # fmt: skip

# ---- tables ----


def _lookup(tf: Any, keys: Any, values: Any, asked: Any, default: Any, **options: Any) -> Any:
    start = tf.lookup.KeyValueTensorInitializer(keys, values)
    table = tf.lookup.StaticHashTable(start, default, **options)
    return table.lookup(asked), table.size()


def _mutable(tf: Any, keys: Any, values: Any, asked: Any, default: Any, **options: Any) -> Any:
    table = tf.lookup.experimental.MutableHashTable(keys.dtype, values.dtype, default)
    table.insert(keys, values)
    table.remove(keys[:1])
    return table.lookup(asked), table.size()


def _tables(d: Draw) -> Call:
    keys, values = d.pick(*KEYS), d.pick("int64", "float32", "string", "int32")
    count = d.int(0, 3)
    words = {"string": "none", "float32": -1.5}
    default = words.get(values, -1)
    if d.chance(0.1):
        default = d.pick("other", 1.5, None, [1])
    made = d.x(keys, (count,), kind="uniform" if keys == "string" else "distinct")
    return call(made, d.x(values, (count if d.chance(0.95) else 2,)), d.x(keys), default)


# ---- methods of tensors and variables ----


def _variable(method: str) -> Program:
    def run(tf: Any, x: Any, *args: Any, **options: Any) -> Any:
        variable = tf.Variable(x, shape=tf.TensorShape(None)) if tf.executing_eagerly() else None
        if variable is None:
            return tf.identity(x)
        result = getattr(variable, method)(*args, **options)
        return tf.identity(variable) if result is None else (tf.identity(variable), result is None)

    return run


def _assigned(d: Draw) -> Call:
    x = d.x(DTYPES, d.shape(0, 2))
    other = d.x(x.dtype if d.chance(0.85) else DTYPES, x.shape if d.chance(0.9) else d.shape(0, 2))
    return call(x, d.pick(other, other, other, 1, 1.5, True, [1, 2]))


def _slices(tf: Any, values: Any, indices: Any) -> Any:
    return tf.IndexedSlices(values, indices)


def _scattered(method: str) -> Program:
    def run(tf: Any, x: Any, values: Any, indices: Any, **options: Any) -> Any:
        if not tf.executing_eagerly():
            return tf.identity(x)
        variable = tf.Variable(x)
        if method.endswith(("nd_add", "nd_sub", "nd_update", "nd_max", "nd_min")):
            getattr(variable, method)(indices, values)
        else:
            getattr(variable, method)(_slices(tf, values, indices))
        return tf.identity(variable)

    return run


def _scatter(d: Draw) -> Call:
    shape, dtype = d.shape(1, 2), d.pick(*NUMBERS)
    count = d.int(0, 3)
    return call(d.x(dtype, shape), d.x(dtype, (count, *shape[1:])), d.index((count,), shape[0]))


def _scatter_deep(d: Draw) -> Call:
    (x, values, indices), _ = _scatter(d)
    return call(x, values, d.index((indices.shape[0], 1), x.shape[0]))


def _tensor_method(name: str) -> Program:
    def run(tf: Any, x: Any, *args: Any, **options: Any) -> Any:
        found = getattr(x, name)
        return found(*args, **options) if callable(found) else found

    return run


def _truth(tf: Any, x: Any, **options: Any) -> Any:
    return [kind(x) for kind in (bool, int, float)]


def _length(tf: Any, x: Any, **options: Any) -> Any:
    return [len(x), [tf.identity(part) for part in x]]


OPERATORS = ("+", "-", "*", "/", "//", "%", "**", "@", "&", "<", "==")


def _reflected(symbol: str) -> Program:
    table: dict[str, Program] = {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
        "/": lambda a, b: a / b, "//": lambda a, b: a // b, "%": lambda a, b: a % b,
        "**": lambda a, b: a**b, "@": lambda a, b: a @ b, "&": lambda a, b: a & b,
        "<": lambda a, b: a < b, "==": lambda a, b: a == b,
    }  # fmt: skip
    return lambda tf, a, b, **options: table[symbol](a, b)


def _odd(d: Draw) -> Any:
    return d.pick(1, -2, 2.5, True, None, "text", [1, 2], (1.0,), [[1], [2]], 1j, 2**40, 1e300)


def _odd_operands(d: Draw) -> Call:
    x, other = d.x((*NUMBERS, "bool", "string"), d.shape(0, 2)), _odd(d)
    return call(x, other) if d.flag() else call(other, x)


def _sliced(tf: Any, x: Any, begin: Any, end: Any, **options: Any) -> Any:
    return x[begin:end], x[..., begin], x[:, None, begin:]


# ---- loops, arrays of tensors, control flow ----


def _mapped(tf: Any, x: Any, **options: Any) -> Any:
    return tf.map_fn(lambda v: v * 2, x, **options)


def _mapped_pair(tf: Any, x: Any, y: Any, **options: Any) -> Any:
    return tf.map_fn(lambda v: (v[0], tf.reduce_sum(v[1])), (x, y), **options)


def _scanned(tf: Any, x: Any, *args: Any, **options: Any) -> Any:
    return tf.scan(lambda a, v: a + v, x, *args, **options)


def _folded(name: str) -> Program:
    def run(tf: Any, x: Any, *args: Any, **options: Any) -> Any:
        return getattr(tf, name)(lambda a, v: a - v, x, *args, **options)

    return run


def _vectorized(tf: Any, x: Any, **options: Any) -> Any:
    return tf.vectorized_map(lambda v: tf.reduce_sum(v) + v, x)


def _array(tf: Any, x: Any, size: Any, **options: Any) -> Any:
    array = tf.TensorArray(x.dtype, size, dynamic_size=options.get("dynamic_size", False))
    array = array.unstack(x)
    return array.stack(), array.size(), array.gather([0])


def _chosen(tf: Any, condition: Any, x: Any, y: Any, **options: Any) -> Any:
    return tf.cond(condition, lambda: x, lambda: y)


def _switched(tf: Any, index: Any, x: Any, y: Any, **options: Any) -> Any:
    return tf.switch_case(index, [lambda: x, lambda: y])


def _looped(tf: Any, x: Any, limit: Any, **options: Any) -> Any:
    return tf.while_loop(lambda i, v: i < limit, lambda i, v: (i + 1, v + v), [0, x], **options)


def _custom(tf: Any, x: Any, **options: Any) -> Any:
    @tf.custom_gradient
    def doubled(v: Any) -> Any:
        return v * 2, lambda dy: dy * 3

    return doubled(x)


def _choice(d: Draw) -> Call:
    shape, dtype = d.shape(0, 2), d.pick(*DTYPES)
    condition = d.pick(True, False, d.x("bool", ()), d.x(("int32", "float32"), ()), 1, d.x("bool"))
    return call(condition, d.x(dtype, shape), d.x(dtype, shape if d.chance(0.8) else d.shape(0, 2)))


PROGRAMS: dict[str, Program] = {
    "ragged.map_flat_values doubled": lambda tf, x, y, **options: tf.ragged.map_flat_values(
        tf.multiply, x, y, **options
    ),
    "sparse.map_values squared": lambda tf, x, **options: tf.sparse.map_values(
        tf.square, x, **options
    ),
    "table": _lookup,
    "mutable table": _mutable,
    **{f"variable.{n}": _variable(n) for n in ["assign", "assign_add", "assign_sub"]},
    **{
        f"variable.{n}": _scattered(n)
        for n in [
            "scatter_add", "scatter_sub", "scatter_update", "scatter_max", "scatter_min",
            "scatter_mul", "scatter_div", "scatter_nd_add", "scatter_nd_sub", "scatter_nd_update",
        ]
    },
    **{f"tensor.{n}": _tensor_method(n) for n in ["get_shape", "shape", "dtype", "ndim"]},
    "tensor.set_shape": lambda tf, x, shape, **options: (x.set_shape(shape), tf.identity(x))[1],
    "truth": _truth,
    "length": _length,
    **{f"odd {s}": _reflected(s) for s in OPERATORS},
    "slices": _sliced,
    "map_fn": _mapped,
    "map_fn pair": _mapped_pair,
    "scan": _scanned,
    "foldl": _folded("foldl"),
    "foldr": _folded("foldr"),
    "vectorized_map": _vectorized,
    "TensorArray": _array,
    "cond": _chosen,
    "switch_case": _switched,
    "while_loop": _looped,
    "custom_gradient": _custom,
}  # fmt: skip

METHODS: Table = {
    "table": _tables,
    "mutable table": _tables,
    **{n: _assigned for n in PROGRAMS if n.startswith("variable.assign")},
    **{n: _scatter for n in PROGRAMS if n.startswith("variable.scatter_") and "nd" not in n},
    **{n: _scatter_deep for n in PROGRAMS if n.startswith("variable.scatter_nd")},
    **{f"tensor.{n}": lambda d: call(d.x(ANY)) for n in ["get_shape", "shape", "dtype", "ndim"]},
    "tensor.set_shape": lambda d: call(
        d.x(ANY, (2, 3)), d.pick([2, 3], [None, 3], [3, 2], None, [6])
    ),
    "truth": lambda d: call(d.x(ANY, d.pick((), (1,), (2,), (1, 1)))),
    "length": lambda d: call(d.x(ANY)),
    **{n: _odd_operands for n in PROGRAMS if n.startswith("odd ")},
    "slices": lambda d: call(
        d.x(ANY), d.pick(0, 1, -1, 5, const(1), 1.5, True), d.pick(None, 2, -1)
    ),
    "map_fn": lambda d: call(
        d.x(NUMBERS), **d.maybe(fn_output_signature=d.pick("float32", "int32"), swap_memory=True)
    ),
    "map_fn pair": lambda d: call(
        d.x("float32", (2, d.int(0, 2))), d.x("float32", (d.int(1, 2), 2))
    ),
    "scan": lambda d: call(
        d.x((*NUMBERS, "string"), d.shape(1, 2)),
        **d.maybe(initializer=d.pick(d.x("float32", ()), 1), reverse=True),
    ),
    "foldl": lambda d: call(d.x(NUMBERS), **d.maybe(initializer=d.pick(d.x("float32", ()), 0))),
    "foldr": lambda d: call(d.x(NUMBERS), **d.maybe(initializer=d.pick(d.x("float32", ()), 0))),
    "vectorized_map": lambda d: call(d.x(NUMBERS)),
    "TensorArray": lambda d: call(
        d.x(ANY, d.shape(0, 2)), d.int(0, 3), **d.maybe(dynamic_size=True)
    ),
    "cond": _choice,
    "switch_case": lambda d: call(
        d.pick(0, 1, 2, -1, d.x("int32", ()), d.x("int64", ())), *_choice(d)[0][1:]
    ),
    "while_loop": lambda d: call(
        d.x(NUMBERS), d.int(0, 3), **d.maybe(maximum_iterations=d.int(0, 2), parallel_iterations=1)
    ),
    "custom_gradient": lambda d: call(d.x(NUMBERS)),
    "as_string": lambda d: call(d.x(INTS), **d.maybe(precision=2, scientific=True)),
    "eye": lambda d: call(d.int(0, 3), **d.maybe(dtype=d.pick(*DTYPES))),
    "norm": lambda d: call(d.x(WIDE)),
}  # fmt: skip

TABLE: Table = {**HELD, **SCRIPTS, **METHODS}
