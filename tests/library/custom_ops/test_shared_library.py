"""Ops of a library that is compiled here, against the header that ships."""

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tidefall as tf
from tidefall import custom_ops

pytestmark = pytest.mark.process
COMPILER = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
X = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)


def compile_library(source: Path, library: Path, *flags: str) -> Path:
    command = [COMPILER, *tf.sysconfig.get_compile_flags(), "-Wall", "-Wextra", "-Werror"]
    command += ["-O1", "-fPIC", "-shared", *flags, str(source), "-o", str(library)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return library


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    if COMPILER is None:
        pytest.skip("there is no C++ compiler")
    source = Path(__file__).with_name("kernels.cc")
    return compile_library(source, tmp_path_factory.mktemp("ops") / "libtest_ops.so")


@pytest.fixture(scope="module")
def ops(path):
    loaded = tf.load_op_library(path)
    assert tf.load_op_library(str(path)) is loaded

    @custom_ops.shape("TestWeightedSum")
    def _shape(c):
        return [c.shape(0), []]

    return loaded


def run(how, function, *arguments):
    if how == "eager":
        return function(*arguments)
    return tf.function(function, jit_compile=how == "compiled")(*arguments)


@pytest.mark.parametrize("how", ["eager", "function", "compiled"])
@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_values_are_the_kernels(ops, how, dtype):
    x = X.astype(dtype)
    kept = run(how, lambda x: ops.test_zero_out(x, keep=3), x)
    np.testing.assert_array_equal(kept, np.where(np.arange(4).reshape(2, 2) < 3, x, 0))
    assert kept.dtype == dtype
    scalar = run(how, ops.test_zero_out, x[0, 0])
    assert scalar.shape == () and scalar.numpy() == x[0, 0]
    assert run(how, ops.test_zero_out, x[:0]).shape == (0, 2)


WEIGHTED = [  # attributes; the sum of [1, 2] and [3, 4]; the count
    ({}, [4.0, 6.0], 2),
    ({"weights": [1.0, 0.5]}, [2.5, 4.0], 2),
    ({"mode": "mean", "negate": True}, [-2.0, -3.0], 2),
    ({"scale": 0.5}, [2.0, 3.0], 2),
    ({"names": ["abc", ""]}, [4.0, 6.0], 302),
    ({"grid": [3, 4]}, [4.0, 6.0], 70_002),
    ({"kind": tf.float32}, [4.0, 6.0], 1_000_002),
]


@pytest.mark.parametrize("how", ["eager", "compiled"])
@pytest.mark.parametrize(("attrs", "expected", "count"), WEIGHTED)
def test_attributes_reach_the_kernel(ops, how, attrs, expected, count):
    found = run(how, lambda a, b: ops.test_weighted_sum([a, b], **attrs), X[0], X[1])
    np.testing.assert_array_equal(found.sum, np.array(expected, np.float32))
    assert found.count.numpy() == count


@pytest.mark.parametrize("how", ["eager", "compiled"])
@pytest.mark.parametrize(
    ("which", "error", "text"),
    [
        (0, tf.errors.InvalidArgumentError, "it is invalid"),
        (1, tf.errors.OutOfRangeError, "it is out of range"),
        (2, tf.errors.ResourceExhaustedError, "not enough memory"),
        (3, tf.errors.InternalError, "it went wrong"),
        (4, tf.errors.InternalError, "no std::exception"),
        (5, tf.errors.InvalidArgumentError, "no attribute absent"),
        (6, tf.errors.OutOfRangeError, "no input 1 of 1"),
        (7, tf.errors.InvalidArgumentError, "no kernel for the dtype"),
    ],
)
def test_what_a_kernel_throws_is_raised(ops, how, which, error, text):
    with pytest.raises(error, match=text):
        run(how, ops.test_throw, np.int32(which))


def test_wrong_attributes_and_shapes_are_refused(ops):
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 weights for 2 parts"):
        ops.test_weighted_sum([X, X], weights=[1.0])
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="keep"):
        ops.test_zero_out(X, keep=-1)
    with pytest.raises(
        (TypeError, tf.errors.InvalidArgumentError), match="double is not in the list"
    ):
        ops.test_zero_out(X.astype("float64"))
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="mode"):
        ops.test_weighted_sum([X], mode="median")


def test_functions_look_like_tensorflows(ops):
    assert list(inspect.signature(ops.test_zero_out).parameters) == ["to_zero", "keep", "name"]
    assert inspect.getfullargspec(ops.test_zero_out).defaults == (1, None)
    assert [op.name for op in ops.OP_LIST.op] == ["TestZeroOut", "TestWeightedSum", "TestThrow"]
    assert ops.OP_LIST.op[2].is_stateful


def test_a_saved_model_names_the_library(ops, path, tmp_path):
    module = tf.Module()
    module.f = tf.function(ops.test_zero_out, input_signature=[tf.TensorSpec([None, 2])])
    tf.saved_model.save(module, tmp_path)
    np.testing.assert_array_equal(tf.saved_model.load(tmp_path).f(X), [[1, 0], [0, 0]])
    program = f"import tidefall as tf; print(tf.saved_model.load({str(tmp_path)!r}).f([[5., 6.]]))"
    load = f"import tidefall as tf; tf.load_op_library({str(path)!r})\n"
    without = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "custom op TestZeroOut (load libtest_ops.so with tf.load_op_library first)" in (
        without.stderr
    )
    done = subprocess.run([sys.executable, "-c", load + program], capture_output=True, text=True)
    assert "[5. 0.]" in done.stdout, done.stderr


def test_vectorized_map(ops):
    mapped = tf.vectorized_map(ops.test_zero_out, X)
    np.testing.assert_array_equal(mapped, [[1, 0], [3, 0]])


def test_without_xlas_headers_the_op_stays_on_the_host(path, tmp_path):
    source = tmp_path / "plain.cc"
    source.write_text(
        '#include "tidefall/op.h"\n'
        'TIDEFALL_OP("TestPlainTwice").input("x: float").output("y: float").shape_of_input(0)\n'
        ".kernel([](tidefall::Call& call) {\n"
        "  *call.output(0).data<float>() = 2 * *call.input(0).data<float>();\n"
        "});\n"
    )
    plain = compile_library(source, tmp_path / "libplain.so", "-DTIDEFALL_WITHOUT_XLA")
    twice = tf.load_op_library(plain).test_plain_twice
    assert tf.function(lambda x: twice(x + 1) * 2)(1.0).numpy() == 8.0


def test_what_is_no_library_of_ops(path, tmp_path):
    with pytest.raises(tf.errors.AlreadyExistsError, match=r"TestZeroOut, which libtest_ops\.so"):
        tf.load_op_library(shutil.copy(path, tmp_path / "libcopy.so"))
    text = tmp_path / "libtext.so"
    text.write_text("no library")
    with pytest.raises(tf.errors.NotFoundError, match=r"libtext\.so"):
        tf.load_op_library(text)
    cut = tmp_path / "libcut.so"
    cut.write_bytes(path.read_bytes()[:-4096])
    with pytest.raises(tf.errors.NotFoundError, match="cut off"):
        tf.load_op_library(cut)
    source = tmp_path / "other.cc"
    source.write_text("int nothing() { return 0; }\n")
    with pytest.raises(tf.errors.UnimplementedError, match="new-op"):
        tf.load_op_library(compile_library(source, tmp_path / "libother.so"))


def test_the_package_of_new_op_passes_its_own_tests(path, tmp_path):
    def run_python(*words, cwd):
        done = subprocess.run(
            [sys.executable, *words], cwd=cwd, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run_python("-m", "tidefall", "new-op", "ScaleRows", "--out", str(tmp_path), cwd=tmp_path)
    folder = tmp_path / "scale_rows"
    run_python("build_kernels.py", cwd=folder)
    assert "5 passed" in run_python("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=folder)
    again = subprocess.run(
        [sys.executable, "-m", "tidefall", "new-op", "ScaleRows"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert again.returncode and "scale_rows is there already" in again.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["scale_rows"]
