# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.test`."""

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from tidefall._api.test import experimental as experimental
from typing import Any
import unittest

class Benchmark:
    """A group of measurements: methods whose names begin with `benchmark`."""
    def __init__(self) -> None: ...
    @classmethod
    def is_abstract(cls) -> bool:
        """Whether this is `tf.test.Benchmark` itself, which has nothing to measure."""
    def report_benchmark(self, iters: int | None = None, cpu_time: float | None = None, wall_time: float | None = None, throughput: float | None = None, extras: dict[str, Any] | None = None, name: str | None = None, metrics: Any = None) -> None:
        """Report a measurement."""
    def evaluate(self, tensors: Any) -> Any:
        """The values of a structure of tensors, as arrays."""
    def run_op_benchmark(self, sess: Any, op_or_tensor: Any, feed_dict: Any = None, burn_iters: int = 2, min_iters: int = 10, store_trace: bool = False, store_memory_usage: bool = True, name: str | None = None, extras: dict[str, Any] | None = None, mbs: float = 0) -> dict[str, Any]:
        """Measure an op or tensor in a session, and report it."""
class TestCase(unittest.TestCase):
    """A `unittest.TestCase` that compares tensors, arrays and structures of them."""
    def __init__(self, methodName: str = 'runTest') -> None: ...
    def get_temp_dir(self) -> str:
        """A folder for this test, deleted when it ends."""
    def evaluate(self, tensors: Any) -> Any:
        """Values of a structure of tensors: arrays, scalars and `bytes`."""
    def session(self, graph: Any = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False) -> AbstractContextManager[Any]:
        """A session of TensorFlow 1 as the default one, inside the block; eagerly there is none."""
    def cached_session(self, graph: Any = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False) -> AbstractContextManager[Any]:
        """The test's own session, the same in every block; arguments as for `session`."""
    def test_session(self, graph: Any = None, config: Any = None, use_gpu: bool = True, force_gpu: bool = False) -> Any:
        """`cached_session`, or `session` for another graph."""
    def assertAllEqual(self, a: TensorLike, b: TensorLike, msg: str | None = None) -> None:
        """Shapes and all elements are the same; NaN equals NaN."""
    def assertNotAllEqual(self, a: TensorLike, b: TensorLike, msg: str | None = None) -> None:
        """Some shape or element differs."""
    def assertShapeEqual(self, input_a: Any, input_b: Any, msg: str | None = None) -> None:
        """Two arrays or tensors have the same shape."""
    def assertDTypeEqual(self, target: Any, expected_dtype: DTypeLike) -> None:
        """A tensor or array is of a dtype."""
    def assertAllClose(self, a: TensorLike, b: TensorLike, rtol: float = 1e-06, atol: float = 1e-06, msg: str | None = None) -> None:
        """Structures of the same keys whose elements differ by at most `atol + rtol * |b|`."""
    def assertNotAllClose(self, a: TensorLike, b: TensorLike, rtol: float = 1e-06, atol: float = 1e-06, msg: str | None = None) -> None:
        """Some element is not close."""
    def assertAllCloseAccordingToType(self, a: TensorLike, b: TensorLike, rtol: float = 1e-06, atol: float = 1e-06, float_rtol: float = 1e-06, float_atol: float = 1e-06, half_rtol: float = 0.001, half_atol: float = 0.001, bfloat16_rtol: float = 0.01, bfloat16_atol: float = 0.01, msg: str | None = None) -> None:
        """Close by the tolerances of the coarser dtype of the two."""
    def assertNear(self, f1: Any, f2: Any, err: float, msg: str | None = None) -> None:
        """Two numbers differ by at most `err`."""
    def assertArrayNear(self, farray1: Any, farray2: Any, err: float, msg: str | None = None) -> None:
        """Numbers of two sequences differ by at most `err`."""
    def assertNDArrayNear(self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None) -> None:
        """The norm of the difference of two arrays is below `err`."""
    def assertAllGreater(self, a: TensorLike, comparison_target: Any) -> None:
        """All elements are greater than a number."""
    def assertAllGreaterEqual(self, a: TensorLike, comparison_target: Any) -> None:
        """All elements are at least a number."""
    def assertAllLess(self, a: TensorLike, comparison_target: Any) -> None:
        """All elements are less than a number."""
    def assertAllLessEqual(self, a: TensorLike, comparison_target: Any) -> None:
        """All elements are at most a number."""
    def assertAllInRange(self, target: Any, lower_bound: Any, upper_bound: Any, open_lower_bound: bool = False, open_upper_bound: bool = False) -> None:
        """All elements lie between two bounds, which belong to the range unless they are open."""
    def assertAllInSet(self, target: Any, expected_set: Any) -> None:
        """All elements are in a set."""
    def assertStartsWith(self, actual: str, expected_start: str, msg: str | None = None) -> None:
        """A text begins with another."""
    def assertLen(self, container: Any, expected_len: int, msg: str | None = None) -> None:
        """A container holds so many items."""
    def assertEmpty(self, container: Any, msg: str | None = None) -> None:
        """A container is empty."""
    def assertNotEmpty(self, container: Any, msg: str | None = None) -> None:
        """A container is not empty."""
    def assertBetween(self, value: Any, minv: Any, maxv: Any, msg: str | None = None) -> None:
        """A number lies between two others, or is one of them."""
    def assertProtoEquals(self, expected_message_maybe_ascii: Any, validate_message: Any, msg: str | None = None, relative_tolerance: float | None = None) -> None:
        """A protocol buffer message equals another, or one in text form."""
    def assertRaisesWithPredicateMatch(self, exception_type: type[BaseException], expected_err_re_or_predicate: Any) -> AbstractContextManager[None]:
        """The block raises an error whose message a pattern is found in, or a function accepts."""
    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """The block raises one of `tf.errors`."""
    def assertDeviceEqual(self, device1: Any, device2: Any, msg: str | None = None) -> None:
        """Two names stand for one device."""
def assert_equal_graph_def(expected: Any, actual: Any) -> None:
    """Compare two GraphDefs, whatever the order of nodes, attributes and control inputs."""
def benchmark_config() -> Any:
    """A `ConfigProto` for sessions that are measured: without the dependency optimizer."""
def compute_gradient(f: Callable[..., Any], x: Any, delta: float | None = None) -> Any:
    """Jacobians of a function, by the tape and by central differences."""
def create_local_cluster(num_workers: int, num_ps: int, protocol: str = 'grpc', worker_config: Any = None, ps_config: Any = None) -> tuple[list[tf.distribute.Server], list[tf.distribute.Server]]:
    """Start the tasks of a cluster in this process, each with a free port of this machine."""
def disable_with_predicate(pred: Callable[[], bool], skip_message: str) -> Any:
    """A decorator that skips a test while a condition holds."""
def gpu_device_name() -> str:
    """Name of a GPU, or an empty text."""
def is_built_with_cuda() -> bool:
    """False: kernels for accelerators come from jax and not from this package."""
def is_built_with_gpu_support() -> bool:
    """False; see `is_built_with_cuda`."""
def is_built_with_rocm() -> bool:
    """False; see `is_built_with_cuda`."""
def is_built_with_xla() -> bool:
    """True: `jit_compile=True` compiles with XLA."""
def is_cpu_target_available(target: str) -> bool:
    """Whether code for a kind of processor can be compiled: for the one that is there."""
def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: Any = None) -> bool:
    """Whether there is a GPU; `tf.config.list_physical_devices("GPU")` is the newer way."""
def main(argv: Any = None) -> None:
    """Run the tests of the calling program, as `unittest.main` does."""
def with_eager_op_as_function(cls: Any = None, only_as_function: bool = False) -> Any:
    """The test class as it is: eager ops have one way to run."""
