"""`tf.test`: a TestCase that compares tensors, and questions about the build."""

from __future__ import annotations

# ruff: noqa: PT009, PT027 - this is unittest, not pytest
import contextlib
import re
import shutil
import sys
import tempfile
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.errors import OpError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.services import services
from tidefall.base.state import state
from tidefall.tensor.context import context
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


class _EagerSession:
    """What `cached_session` gives eagerly: tensors have their values already."""

    def __init__(self, test: TestCase):
        self._test = test

    def run(self, fetches: Any, feed_dict: Any = None) -> Any:
        """The values of tensors.

        Raises:
            ValueError: for anything to be fed.
        """
        if feed_dict:
            raise ValueError("Placeholders cannot be fed while executing eagerly.")
        return self._test.evaluate(fetches)


@export("test.TestCase")
class TestCase(unittest.TestCase):
    """A `unittest.TestCase` that compares tensors, arrays and structures of them.

    Arguments may be tensors, variables, arrays, numbers or nested lists.

    >>> import tidefall as tf
    >>> class Sums(tf.test.TestCase):
    ...     def test_reduce_sum(self):
    ...         self.assertAllClose(tf.reduce_sum([0.1, 0.2]), 0.3)
    >>> result = Sums("test_reduce_sum").run()
    >>> result.wasSuccessful(), result.testsRun
    (True, 1)
    """

    __test__ = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = True

    def __init__(self, methodName: str = "runTest"):
        super().__init__(methodName)
        self._temp_dir: str | None = None
        self._session: Any = None

    def get_temp_dir(self) -> str:
        """A folder for this test, deleted when it ends."""
        if self._temp_dir is None:
            self._temp_dir = tempfile.mkdtemp(prefix="test-")
            self.addCleanup(shutil.rmtree, self._temp_dir, ignore_errors=True)
        return self._temp_dir

    def evaluate(self, tensors: Any) -> Any:
        """Values of a structure of tensors: arrays, scalars and `bytes`.

        In a graph they are those of the default session, or of `cached_session`.
        """
        if state.graph is None:
            return nest.map_structure(_value, tensors)
        session = services.default_session()
        if session is not None:
            return session.run(tensors)
        with self.cached_session() as cached:
            return cached.run(tensors)

    # ---- sessions ----

    @contextlib.contextmanager
    def session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False
    ) -> Iterator[Any]:
        """A session of TensorFlow 1 as the default one, inside the block; eagerly there is none.

        Args:
            graph: its graph; the default one if None.
            config: a `tf.compat.v1.ConfigProto`.
            use_gpu, force_gpu: accepted for TensorFlow's sake: the machine's devices are used.
        """
        if state.graph is None and graph is None:
            yield None
            return
        with services.make_session(graph, config) as session:
            yield session

    @contextlib.contextmanager
    def cached_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False
    ) -> Iterator[Any]:
        """The test's own session, the same in every block; arguments as for `session`.

        Eagerly `run` of what it gives evaluates tensors.
        """
        if state.graph is None and graph is None:
            yield _EagerSession(self)
            return
        if self._session is None:
            self._session = services.make_session(graph, config)
            self.addCleanup(self._session.close)
        with self._session.graph.as_default(), self._session.as_default():
            yield self._session

    def test_session(
        self, graph: Any = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False
    ) -> Any:
        """`cached_session`, or `session` for another graph."""
        if self.id().endswith(".test_session"):
            self.skipTest("Not a test.")  # though its name says so
        made = self.cached_session if graph is None else self.session
        return made(graph, config, use_gpu, force_gpu)

    def _arrays(self, a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
        return _array(a), _array(b)

    # ---- equality ----

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Shapes and all elements are the same; NaN equals NaN."""
        x, y = self._arrays(a, b)
        self._same_shape(x, y, msg)
        same = x == y
        if x.dtype.kind in "fc" and y.dtype.kind in "fc":
            same = same | ((x != x) & (y != y))
        self._all(np.asarray(same), x, y, "not equal", msg)

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Some shape or element differs."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        self.fail(self._formatMessage(msg, "The two values are equal at all elements."))

    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: str | None = None) -> None:
        """Two arrays or tensors have the same shape."""
        self.assertEqual(tuple(input_a.shape), tuple(input_b.shape), msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """A tensor or array is of a dtype."""
        self.assertEqual(_array(target).dtype, np.dtype(expected_dtype))

    # ---- closeness ----

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Structures of the same keys whose elements differ by at most `atol + rtol * |b|`."""
        if isinstance(a, dict) or isinstance(b, dict):
            self.assertIsInstance(a, dict, msg)
            self.assertIsInstance(b, dict, msg)
            self.assertCountEqual(a.keys(), b.keys(), msg)
            for key in a:
                self.assertAllClose(a[key], b[key], rtol, atol, f"{msg or ''} key {key!r}")
            return
        if _is_ragged(a) or _is_ragged(b):
            self.assertEqual(len(a), len(b), msg)
            for i, (x, y) in enumerate(zip(a, b, strict=True)):
                self.assertAllClose(x, y, rtol, atol, f"{msg or ''} item {i}")
            return
        x, y = (_wide(v) for v in self._arrays(a, b))
        self._same_shape(x, y, msg)
        close = np.isclose(x, y, rtol, atol, equal_nan=True)
        self._all(close, x, y, f"not close: rtol={rtol}, atol={atol}", msg)

    def assertNotAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Some element is not close."""
        try:
            self.assertAllClose(a, b, rtol, atol)
        except AssertionError:
            return
        self.fail(self._formatMessage(msg, "The two values are close at all elements."))

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """Close by the tolerances of the coarser dtype of the two."""
        names = {v.dtype.name for v in self._arrays(a, b)}
        for name, r, t in (
            ("float32", float_rtol, float_atol),
            ("complex64", float_rtol, float_atol),
            ("float16", half_rtol, half_atol),
            ("bfloat16", bfloat16_rtol, bfloat16_atol),
        ):
            if name in names:
                rtol, atol = max(rtol, r), max(atol, t)
        self.assertAllClose(a, b, rtol, atol, msg)

    def assertNear(self, f1: Any, f2: Any, err: float, msg: str | None = None) -> None:
        """Two numbers differ by at most `err`."""
        self.assertTrue(f1 == f2 or abs(f1 - f2) <= err, msg or f"{f1} != {f2} +/- {err}")

    def assertArrayNear(
        self, farray1: Any, farray2: Any, err: float, msg: str | None = None
    ) -> None:
        """Numbers of two sequences differ by at most `err`."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for one, other in zip(farray1, farray2, strict=True):
            self.assertNear(float(one), float(other), err, msg)

    def assertNDArrayNear(
        self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None
    ) -> None:
        """The norm of the difference of two arrays is below `err`."""
        x, y = self._arrays(ndarray1, ndarray2)
        self.assertLess(float(np.linalg.norm(x - y)), err, msg)

    # ---- ranges ----

    def assertAllGreater(self, a: Any, comparison_target: Any) -> None:
        """All elements are greater than a number."""
        self._holds(a, lambda x: x > comparison_target, f"not greater than {comparison_target}")

    def assertAllGreaterEqual(self, a: Any, comparison_target: Any) -> None:
        """All elements are at least a number."""
        self._holds(a, lambda x: x >= comparison_target, f"less than {comparison_target}")

    def assertAllLess(self, a: Any, comparison_target: Any) -> None:
        """All elements are less than a number."""
        self._holds(a, lambda x: x < comparison_target, f"not less than {comparison_target}")

    def assertAllLessEqual(self, a: Any, comparison_target: Any) -> None:
        """All elements are at most a number."""
        self._holds(a, lambda x: x <= comparison_target, f"greater than {comparison_target}")

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: Any,
        upper_bound: Any,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """All elements lie between two bounds, which belong to the range unless they are open."""

        def inside(x: np.ndarray) -> np.ndarray:
            above = x > lower_bound if open_lower_bound else x >= lower_bound
            below = x < upper_bound if open_upper_bound else x <= upper_bound
            return above & below

        self._holds(target, inside, f"outside of {lower_bound} to {upper_bound}")

    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """All elements are in a set."""
        self._holds(target, lambda x: np.isin(x, list(expected_set)), f"not in {expected_set}")

    # ---- text and structure ----

    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """A text begins with another."""
        self.assertTrue(actual.startswith(expected_start), msg or f"{actual!r} does not start so")

    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:
        """A container holds so many items."""
        self.assertEqual(len(container), expected_len, msg)

    def assertEmpty(self, container: Any, msg: str | None = None) -> None:
        """A container is empty."""
        self.assertEqual(len(container), 0, msg)

    def assertNotEmpty(self, container: Any, msg: str | None = None) -> None:
        """A container is not empty."""
        self.assertGreater(len(container), 0, msg)

    def assertBetween(self, value: Any, minv: Any, maxv: Any, msg: str | None = None) -> None:
        """A number lies between two others, or is one of them."""
        self.assertTrue(minv <= value <= maxv, msg or f"{value} is not in {minv}..{maxv}")

    def assertProtoEquals(
        self,
        expected_message_maybe_ascii: Any,
        validate_message: Any,
        msg: str | None = None,
        relative_tolerance: float | None = None,
    ) -> None:
        """A protocol buffer message equals another, or one in text form."""
        if relative_tolerance is not None:
            raise UnimplementedError(
                None, None, "assertProtoEquals(relative_tolerance=...) is not implemented yet."
            )
        expected = expected_message_maybe_ascii
        if isinstance(expected, str):
            from google.protobuf import text_format

            expected = text_format.Parse(expected, type(validate_message)())
        self.assertEqual(expected, validate_message, msg)

    # ---- errors ----

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(
        self, exception_type: type[BaseException], expected_err_re_or_predicate: Any
    ) -> Iterator[None]:
        """The block raises an error whose message a pattern is found in, or a function accepts."""
        test = expected_err_re_or_predicate
        with self.assertRaises(exception_type) as caught:
            yield
        error = caught.exception
        text = error.message if isinstance(error, OpError) else str(error)
        accepted = test(error) if callable(test) else re.search(test, text)
        self.assertTrue(accepted, f"Exception of type {type(error).__name__}: {text}")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """The block raises one of `tf.errors`."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: str | None = None) -> None:
        """Two names stand for one device."""
        from tidefall.base.device_spec import DeviceSpec

        one, other = (DeviceSpec.from_string(d or "").to_string() for d in (device1, device2))
        self.assertEqual(one, other, msg)

    # ---- helpers ----

    def _same_shape(self, x: np.ndarray, y: np.ndarray, msg: str | None) -> None:
        if x.shape != y.shape:
            self.fail(
                self._formatMessage(msg, f"Shape mismatch: expected {x.shape}, got {y.shape}.")
            )

    def _all(
        self, holds: np.ndarray, x: np.ndarray, y: np.ndarray, what: str, msg: str | None
    ) -> None:
        if holds.all():
            return
        places = np.argwhere(~holds)
        at = tuple(places[:10].T)
        self.fail(
            self._formatMessage(
                msg,
                f"{what} at {len(places)} of {holds.size} elements, first at {places[:10].tolist()}"
                f"\n a: {x[at]}\n b: {y[at]}",
            )
        )

    def _holds(self, a: Any, test: Callable[[np.ndarray], Any], what: str) -> None:
        array = _array(a)
        good = np.asarray(test(array))
        if not good.all():
            bad = array[~good].reshape(-1)
            self.fail(f"{bad.size} of {array.size} elements are {what}: {bad[:10]}")


def _value(item: Any) -> Any:
    if isinstance(item, Tensor) or getattr(item, "_is_variable", False):
        return item.numpy()
    return item


def _array(item: Any) -> np.ndarray:
    if hasattr(item, "to_list") and hasattr(item, "row_splits"):
        item = item.to_list()
    if isinstance(item, (list, tuple)):
        item = nest.map_structure(_value, item)
        if any(isinstance(v, (str, bytes)) for v in nest.flatten(item)):
            return convert_to_tensor(item).host_array()
        return np.array(item)
    if isinstance(item, (str, bytes)):
        return convert_to_tensor(item).host_array()
    return np.asarray(_value(item), object if isinstance(_value(item), bytes) else None)


def _is_ragged(item: Any) -> bool:
    """A sequence whose items differ in shape, or hold dicts."""
    if not isinstance(item, (list, tuple)):
        return False
    if any(isinstance(v, dict) for v in item):
        return True
    try:
        _array(item)
    except ValueError:
        return True
    return False


def _wide(array: np.ndarray) -> np.ndarray:
    """An array in a type that NumPy compares with tolerance."""
    if array.dtype.kind in "fciub":
        return array
    return array.astype(np.float32)


# ---- questions about the build ----


@export("test.is_gpu_available")
def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether there is a GPU; `tf.config.list_physical_devices("GPU")` is the newer way.

    Args:
        cuda_only: GPUs here are NVIDIA's, or what jax's plugins call so.
        min_cuda_compute_capability: a pair such as (7, 0) that the GPU must reach.

    >>> import tidefall as tf
    >>> tf.test.is_gpu_available() == bool(tf.config.list_physical_devices("GPU"))
    True
    """
    from tidefall.runtime.devices.memory import get_device_details

    gpus = [d for d in context.physical_devices() if d.device_type == "GPU"]
    if min_cuda_compute_capability is None:
        return bool(gpus)
    wanted = tuple(min_cuda_compute_capability)
    return any(get_device_details(d).get("compute_capability", (0, 0)) >= wanted for d in gpus)


@export("test.gpu_device_name")
def gpu_device_name() -> str:
    """Name of a GPU, or an empty text.

    >>> import tidefall as tf
    >>> bool(tf.test.gpu_device_name()) == tf.test.is_gpu_available()
    True
    """
    return "/device:GPU:0" if is_gpu_available() else ""


@export("test.is_built_with_cuda")
def is_built_with_cuda() -> bool:
    """False: kernels for accelerators come from jax and not from this package.

    >>> import tidefall as tf
    >>> tf.test.is_built_with_cuda()
    False
    """
    return False


@export("test.is_built_with_rocm")
def is_built_with_rocm() -> bool:
    """False; see `is_built_with_cuda`.

    >>> import tidefall as tf
    >>> tf.test.is_built_with_rocm()
    False
    """
    return False


@export("test.is_built_with_gpu_support")
def is_built_with_gpu_support() -> bool:
    """False; see `is_built_with_cuda`.

    >>> import tidefall as tf
    >>> tf.test.is_built_with_gpu_support()
    False
    """
    return False


@export("test.is_built_with_xla")
def is_built_with_xla() -> bool:
    """True: `jit_compile=True` compiles with XLA.

    >>> import tidefall as tf
    >>> tf.test.is_built_with_xla()
    True
    """
    return True


@export("test.main")
def main(argv: Any = None) -> None:
    """Run the tests of the calling program, as `unittest.main` does.

    Args:
        argv: the command line; `sys.argv` by default.

    Raises:
        SystemExit: when the tests have run, with 0 if all passed.

    >>> import tidefall as tf
    >>> try:
    ...     tf.test.main(["program", "--help"])
    ... except SystemExit as end:
    ...     print("ends with", end.code)
    usage: program ...
    ends with 0
    """
    unittest.main(module="__main__", argv=sys.argv if argv is None else argv)
