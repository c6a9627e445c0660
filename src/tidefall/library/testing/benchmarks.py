"""`tf.test.Benchmark`: times of programs, reported in the form of TensorFlow's tools."""

from __future__ import annotations

import inspect
import os
import time
from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.io.parsing.proto_fields import KINDS, written

_PREFIX = "TEST_REPORT_FILE_PREFIX"
_BY_NAME = {kind.name: kind for kind in KINDS.values()}


@export("test.benchmark_config")
def benchmark_config() -> Any:
    """A `ConfigProto` for sessions that are measured: without the dependency optimizer.

    >>> import tidefall as tf
    >>> tf.test.benchmark_config().graph_options.rewrite_options.dependency_optimization
    2
    """
    from tidefall.proto import ConfigProto

    config = ConfigProto()
    options = config.graph_options.rewrite_options
    options.dependency_optimization = options.OFF
    return config


@export("test.experimental.sync_devices")
def sync_devices() -> None:
    """Wait until all devices have finished what they were given.

    >>> import tidefall as tf
    >>> tf.test.experimental.sync_devices()
    """
    from tidefall.tensor.context import context

    if any(device.device_type != "CPU" for device in context.physical_devices()):
        import jax

        for array in jax.live_arrays():
            array.block_until_ready()


@export("test.Benchmark")
class Benchmark:
    """A group of measurements: methods whose names begin with `benchmark`.

    Each calls `report_benchmark` or `run_op_benchmark`. With the environment variable
    TEST_REPORT_FILE_PREFIX, reports are also written to files of that prefix, in the form of
    TensorFlow's `BenchmarkEntries`.

    >>> import tidefall as tf
    >>> class Sum(tf.test.Benchmark):
    ...     def benchmark_sum(self):
    ...         self.report_benchmark(iters=10, wall_time=0.5)
    >>> Sum().benchmark_sum()
    """

    def __init__(self) -> None:
        super().__init__()

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether this is `tf.test.Benchmark` itself, which has nothing to measure."""
        return cls.__mro__[0] is Benchmark

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: Any = None,
    ) -> None:
        """Report a measurement.

        Args:
            iters: how often the program was run.
            cpu_time: seconds of CPU time it took.
            wall_time: seconds it took.
            throughput: megabytes per second.
            extras: further numbers and texts by name.
            name: name of the measurement; that of the calling method by default.
            metrics: list of dicts with `name`, `value`, and perhaps `min_value` and `max_value`.

        Raises:
            TypeError: for an extra that is neither number nor text.
        """
        label = f"{type(self).__name__}.{name or _caller()}"
        numbers = {
            "iters": iters if iters is not None else -1,
            "wall_time": wall_time if wall_time is not None else -1,
            "cpu_time": cpu_time if cpu_time is not None else -1,
            "throughput": throughput if throughput is not None else -1,
        }
        shown = ", ".join(f"{key}: {value:g}" for key, value in numbers.items())
        get_logger().info("Benchmark [%s] %s", label, shown)
        entry = _entry(label, iters, (cpu_time, wall_time, throughput), extras or {}, metrics or [])
        prefix = os.environ.get(_PREFIX)
        if prefix:
            _write(f"{prefix}{label}".replace("/", "__"), _field(1, "message", entry))

    def evaluate(self, tensors: Any) -> Any:
        """The values of a structure of tensors, as arrays."""
        return nest.map_structure(lambda t: t.numpy() if hasattr(t, "numpy") else t, tensors)

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Measure an op or tensor in a session, and report it.

        Args:
            sess: a `tf.compat.v1.Session`.
            op_or_tensor: what to run.
            feed_dict: values for placeholders.
            burn_iters: runs before those that count.
            min_iters: runs that count.
            store_trace: accepted; sessions record no traces.
            store_memory_usage: accepted; sessions do not count memory.
            name: name of the measurement; that of the calling method by default.
            extras: further numbers and texts to report.
            mbs: megabytes that one run works on, for the throughput.

        Returns:
            A dict with `iters`, the median `wall_time`, `extras`, `name` and `throughput`.
        """
        times = []
        for i in range(burn_iters + min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict=feed_dict)
            if i >= burn_iters:
                times.append(time.perf_counter() - start)
        middle = float(np.median(times)) if times else -1.0
        found = {
            "iters": min_iters,
            "wall_time": middle,
            "extras": dict(extras or {}),
            "name": name or _caller(),
            "throughput": mbs / middle,
        }
        self.report_benchmark(**found)
        return found


def _caller() -> str:
    """The name of the innermost function on the stack that measures."""
    for frame in inspect.stack():
        if frame.function.startswith("benchmark"):
            return frame.function
    raise ValueError("Unable to determine calling Benchmark class.")


def _field(number: int, kind: str, value: Any) -> bytes:
    return written(_BY_NAME[kind], number, [value], packed=False)


def _entry(label: str, iters: Any, times: Any, extras: dict[str, Any], metrics: Any) -> bytes:
    """A BenchmarkEntry."""
    data = _field(1, "string", label.encode())
    if iters is not None:
        data += _field(2, "int64", iters)
    for number, value in zip((3, 4, 5), times, strict=True):
        if value is not None:
            data += _field(number, "double", value)
    for key, value in extras.items():
        if isinstance(value, str):
            content = _field(2, "string", value.encode())
        elif isinstance(value, (int, float, np.number)):
            content = _field(1, "double", float(value))
        else:
            raise TypeError(f"Extras must be numbers or texts, but {key!r} is {value!r}.")
        pair = _field(1, "string", key.encode()) + _field(2, "message", content)
        data += _field(6, "message", pair)
    for metric in metrics:
        data += _field(7, "message", _metric(metric))
    return data


def _metric(metric: dict[str, Any]) -> bytes:
    data = _field(1, "string", metric["name"].encode()) + _field(2, "double", metric["value"])
    for number, key in ((3, "min_value"), (4, "max_value")):
        if metric.get(key) is not None:  # a DoubleValue
            data += _field(number, "message", _field(1, "double", metric[key]))
    return data


def _write(path: str, data: bytes) -> None:
    """Write a file that must not be there yet."""
    if os.path.exists(path):
        raise OSError(f"Cannot create benchmark report file {path}: it exists already.")
    unfinished = f"{path}.unfinished"
    with open(unfinished, "wb") as file:
        file.write(data)
    os.replace(unfinished, path)
