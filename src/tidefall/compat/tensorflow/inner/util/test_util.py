"""`python.framework.test_util`: decorators of tests. Asked for by tf-keras and others' tests."""

from __future__ import annotations

import contextlib
import functools
import unittest
from collections.abc import Callable, Iterator
from typing import Any

from tidefall import surface
from tidefall.compat.tensorflow.inner.context import eager_mode, graph_mode


def _same(target: Any) -> Any:
    return target


def _described(_description: str = "") -> Callable[[Any], Any]:
    return _same


disable_cudnn_autotune = enable_control_flow_v2 = disable_control_flow_v2 = _same
disable_xla = disable_tfrt = disable_mlir_bridge = no_xla_auto_jit = _described
enable_v2_control_flow = with_control_flow_v2 = enable_eager_op_as_function = _same
run_all_without_tensor_float_32 = run_without_tensor_float_32 = _described


def InstallStackTraceHandler() -> None:
    """Print the stack of every thread when the process crashes."""
    import faulthandler

    faulthandler.enable()


def is_gpu_available(*_args: Any, **_kwargs: Any) -> bool:
    """Whether there is a GPU."""
    return bool(surface.resolve("config", "list_physical_devices")("GPU"))


def is_xla_enabled() -> bool:
    """Whether graphs are compiled without being asked to."""
    return False


@contextlib.contextmanager
def use_gpu() -> Iterator[None]:
    """Run ops on the first GPU, if there is one."""
    with surface.resolve("", "device")("/device:GPU:0" if is_gpu_available() else "/device:CPU:0"):
        yield


def run_in_graph_and_eager_modes(
    func: Any = None, config: Any = None, use_gpu: bool = True, **_options: Any
) -> Any:
    """Run a test twice: in a graph of version 1 and eagerly."""
    if func is None:
        return run_in_graph_and_eager_modes

    @functools.wraps(func)
    def call(self: Any, *args: Any, **kwargs: Any) -> None:
        with graph_mode(), self.subTest(mode="graph"):
            func(self, *args, **kwargs)
        self.tearDown()
        self.setUp()
        with eager_mode(), self.subTest(mode="eager"):
            func(self, *args, **kwargs)

    return call


def run_v2_only(func: Any = None, reason: str = "") -> Any:
    """A test of version 2's behaviour, which is in force."""
    return run_v2_only if func is None else func


def run_v1_only(func: Any = None, reason: str = "needs TensorFlow 1's behaviour") -> Any:
    """Skip a test of version 1's behaviour."""
    if func is None or isinstance(func, str):
        return run_v1_only
    return unittest.skip(reason)(func)


def run_deprecated_v1(func: Any = None) -> Any:
    """Run a test in a graph of version 1."""
    if func is None:
        return run_deprecated_v1

    @functools.wraps(func)
    def call(self: Any, *args: Any, **kwargs: Any) -> None:
        with surface.resolve("", "Graph")().as_default():
            func(self, *args, **kwargs)

    return call


deprecated_graph_mode_only = run_deprecated_v1


def _every_test(decorate: Any) -> Any:
    def of_class(cls: Any) -> Any:
        for name in dir(cls):
            if name.startswith("test") and callable(getattr(cls, name)) and name != "test_session":
                setattr(cls, name, decorate(getattr(cls, name)))
        return cls

    return of_class


run_all_in_graph_and_eager_modes = _every_test(run_in_graph_and_eager_modes)
run_all_in_deprecated_graph_mode_only = _every_test(run_deprecated_v1)
