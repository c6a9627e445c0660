"""XlaCallModule: programs that jax exported, run every way there is, and those that are refused."""

from __future__ import annotations

import base64

import numpy as np
import pytest

import tidefall as tf
from tidefall.op import raw
from tidefall.ops.xla.trial import trust

jax = pytest.importorskip("jax")
jnp = jax.numpy
S = jax.ShapeDtypeStruct

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -2.0]], np.float32)


def exported(function, *specs, **options):
    return jax.export.export(jax.jit(function), **options)(*specs)


def open_rows(columns, dtype=np.float32):
    return S(jax.export.symbolic_shape(f"rows, {columns}"), dtype)


def attributes(program, **changes):
    """The attributes that jax2tf gives the op for an exported program."""
    trust(program.mlir_module_serialized)
    shapes = [[d if isinstance(d, int) else None for d in a.shape] for a in program.out_avals]
    given = {
        "version": program.calling_convention_version,
        "module": program.mlir_module_serialized,
        "Sout": shapes,
        "Tout": [tf.as_dtype(a.dtype) for a in program.out_avals],
        "platforms": [p.upper() for p in program.platforms],
    }
    return {**given, **changes}


def call(arguments, **attrs):
    return raw.XlaCallModule([tf.convert_to_tensor(a) for a in arguments], **attrs)


def text_module(body):
    """The portable artifact of a module written down as text."""
    from jax.extend import mlir

    text = f"module {{\n{body}\n}}".encode()
    return mlir.serialize_portable_artifact(text, "1.9.0")


PROGRAMS = {
    "elementwise": (lambda x: jnp.sin(x) * 2, (X,)),
    "several results": (lambda x: (x.sum(), x > 0, jnp.argmax(x)), (X,)),
    "64 bits": (lambda x, y: (x + 1, y * 2), (np.float64([1, 2]), np.int64([3, 4]))),
    "bfloat16 and half": (lambda x: (x.astype(jnp.bfloat16), x.astype(jnp.float16)), (X,)),
    "complex": (lambda x: x * (1 + 2j), (X,)),
    "unused argument": (lambda x, y: y * 3, (X, X)),
    "no arguments": (lambda: jnp.arange(3), ()),
    "empty": (lambda x: x[:0].sum(0), (X,)),
    "loop": (lambda x: jax.lax.fori_loop(0, 5, lambda i, v: v * i + 1, x), (X,)),
    "branch": (lambda x: jax.lax.cond(x.sum() > 0, jnp.sin, jnp.cos, x), (X,)),
    "linear algebra": (lambda x: jnp.linalg.cholesky(x @ x.T + jnp.eye(2)), (X,)),
    "largest": (lambda x: jax.lax.top_k(x, 2), (X,)),
    "random": (lambda key: jax.random.normal(key, (4,)), (np.uint32([1, 2]),)),
}


@pytest.mark.parametrize("way", ["eager", "host", "compiled"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_those_of_jax(name, way):
    function, arguments = PROGRAMS[name]
    with jax.enable_x64(True):
        expected = jax.tree.leaves(function(*arguments))
        program = exported(function, *[S(a.shape, a.dtype) for a in arguments])
    attrs = attributes(program)
    kept = [arguments[i] for i in program.module_kept_var_idx]
    run = lambda *given: call(given, **attrs)  # noqa: E731
    if way != "eager":
        run = tf.function(run, jit_compile=way == "compiled")
    found = run(*kept)
    for got, wanted in zip(found, expected, strict=True):
        assert got.dtype == tf.as_dtype(wanted.dtype) and got.shape == wanted.shape
        np.testing.assert_allclose(
            got.numpy().astype(np.complex128), np.asarray(wanted, np.complex128), rtol=1e-6
        )


def test_open_dimensions_are_those_of_the_arguments():
    program = exported(lambda x: (x.sum(0), jnp.concatenate([x, x])), open_rows(3))
    f = tf.function(lambda x: call([x], **attributes(program)))
    concrete = f.get_concrete_function(tf.TensorSpec([None, 3], tf.float32))
    assert [s.as_list() for s in concrete.output_shapes] == [[3], [None, 3]]
    for rows in (1, 2, 5):
        total, twice = concrete(tf.ones([rows, 3]))
        assert total.numpy().tolist() == [rows] * 3 and twice.shape == [2 * rows, 3]


def test_a_program_for_several_platforms_is_told_its_own():
    program = exported(
        lambda x: jax.lax.platform_dependent(x, tpu=jnp.cos, default=jnp.sin),
        S([3], np.float32),
        platforms=["tpu", "cpu"],
    )
    (found,) = call([X[0]], **attributes(program))
    np.testing.assert_allclose(found, np.sin(X[0]), rtol=1e-6)


def test_the_shape_is_what_the_attribute_says():
    program = exported(jnp.sin, S([2, 3], np.float32))
    with tf.Graph().as_default():
        (short,) = call([X], **attributes(program, Sout=[]))
        assert short.shape.rank is None


def test_two_calls_in_one_graph_and_in_a_loop():
    double = attributes(exported(lambda x: x * 2, open_rows(3)))
    square = attributes(exported(lambda x: x * x, open_rows(3)))

    @tf.function(jit_compile=True)
    def f(x):
        for _ in tf.range(3):
            (x,) = raw.XlaCallModule([x], **double)
        (x,) = raw.XlaCallModule([x], **square)
        return x

    np.testing.assert_allclose(f(X), (8 * X) ** 2)


def refused():
    row = exported(lambda x: (x * 2, x.sum()), open_rows(3))
    good = attributes(row)
    module = good["module"]
    invalid, missing = tf.errors.InvalidArgumentError, tf.errors.NotFoundError
    unimplemented = tf.errors.UnimplementedError
    other = [[1.0, 2.0], np.ones([2, 4], "f"), np.ones([2, 3]), np.int32([[1, 2, 3]])]
    yield "too old", [X], {**good, "version": 3}, invalid, "Must be >= 4"
    yield "too new", [X], {**good, "version": 11}, invalid, "Must be <= 10"
    yield "no module", [X], {**good, "module": b"nope"}, invalid, "Cannot deserialize.*'nope'"
    yield "text", [X], {**good, "module": "nope"}, invalid, "Cannot deserialize"
    yield "half", [X], {**good, "module": module[:900]}, invalid, "Cannot deserialize"
    yield "empty", [X], {**good, "module": b""}, invalid, "Cannot find 'main'"
    yield "platform", [X], {**good, "platforms": ["CUDA"]}, missing, r"CPU is not.*\[CUDA\]"
    yield "none", [X], {**good, "platforms": []}, invalid, "non-empty platforms"
    yield "two", [X], {**good, "platforms": ["CPU", "TPU"]}, invalid, "called with 0"
    yield "arguments", [X, X], good, invalid, "called with 1"
    for i, argument in enumerate(other):
        yield f"other {i}", [argument], good, invalid, r"argument 0 is a tensor.*\?x3xf32"
    yield "strings", [["a"]], good, invalid, "string tensors|no XLA lowering"
    yield "rows", [X[:0]], good, invalid, "Expected value >= 1 for dimension variable 'rows'"
    yield "Sout", [X], {**good, "Sout": [[None, 3]]}, invalid, r"size of Sout \(1\)"
    yield "Sout 5", [X], {**good, "Sout": [[5, 3], []]}, invalid, "Sout says"
    yield "Tout", [X], {**good, "Tout": [tf.float64, tf.float32]}, invalid, "Tout says float64"
    yield "results", [X], {**good, "Tout": [tf.float32], "Sout": [[2, 3]]}, invalid, "2 results"
    yield "old", [X], {**good, "dim_args_spec": ["0.0"]}, unimplemented, "dim_args_spec"
    for target, error, said in (
        ("tf.call_tf_function", unimplemented, "function_list"),
        ("xla_ffi_python_cpu_callback", missing, "xla_ffi_python_cpu_callback"),
        ("lapack_nothing", missing, "lapack_nothing"),
    ):
        body = (
            "func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {\n"
            f"  %y = stablehlo.custom_call @{target}(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>\n"
            "  return %y : tensor<2x3xf32> }"
        )
        one = {**good, "module": text_module(body), "Sout": [[2, 3]], "Tout": [tf.float32]}
        yield target, [X], one, error, said
    several = (
        "builtin.module attributes {mhlo.num_partitions = 2 : i32} { func.func @main() { return } }"
    )
    from jax.extend import mlir

    spread = mlir.serialize_portable_artifact(several.encode(), "1.9.0")
    yield "devices", [], {**good, "module": spread, "Sout": [], "Tout": []}, unimplemented, "2 dev"


@pytest.mark.process
@pytest.mark.parametrize("name, arguments, attrs, error, said", list(refused()))
def test_bad_programs_and_arguments_are_refused(name, arguments, attrs, error, said):
    run = lambda *given: call(given, **attrs)  # noqa: E731
    given = [np.asarray(a) for a in arguments]
    for way in (run, tf.function(run), tf.function(run, jit_compile=True)):
        with pytest.raises(error, match=said):
            way(*given)


# Two bytes of a program that adds a vector to itself are wrong; it ended the process that read it.
SPOILED = (
    "TUzvUg1TdGFibGVITE9fdjEuOS4wAAEZBQEFCQEDCwMHDxMXAysVBwGLCxMTExMTAwkLCwsLAwcTFwcCUQUNFwEDAxcB"
    "AxUXAQNDFwEDmRcBA+MDASMDHQ8dESkDCQURAwEDAQkETQUBUAMBBwQ9AwEFA1AFAwcEKQMFCwMDBwAFBgkDAQUBAQcE"
    "CwMDBgMBBQEAixMPCwUVDxEPCxFidWlsdGluAHZobG8AbW9kdWxlAGZ1bmNfdjEAYWRkX3bMAHJldHVybl92MQAtAG1h"
    "aW4AcHVibGljAAgVBQUBAQsNDw0REw=="
)


@pytest.mark.process
def test_a_damaged_program_does_not_end_the_process():
    attrs = {"version": 10, "Sout": [[2]], "Tout": [tf.float32], "platforms": ["CPU"]}
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Cannot deserialize computation"):
            call([X[0, :2]], module=base64.b64decode(SPOILED), **attrs)


def test_checks_can_be_disabled():
    attrs = attributes(exported(lambda x: x * 2, open_rows(3)), platforms=["TPU"])
    checks = ["platform", "shape_assertions"]
    assert call([X[:0]], **attrs, disabled_checks=checks)[0].shape == [0, 3]


def test_there_is_no_gradient_but_the_one_given():
    attrs = attributes(exported(jnp.sin, S([2, 3], np.float32)))
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        (y,) = raw.XlaCallModule([x], **attrs)
    with pytest.raises(LookupError, match="XlaCallModule"):
        tape.gradient(y, x)


def test_xla_sharding_passes_values_and_gradients_on():
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = raw.XlaSharding(x * 2.0, sharding=b"any")
    assert y.numpy().tolist() == (X * 2).tolist()
    assert tape.gradient(y, x).numpy().tolist() == np.full_like(X, 2).tolist()
