"""What the base classes of TensorFlow's tests ask of its inner modules, by Tidefall's public names.

Only what tests need and packages do not: modes, switches of TensorFlow's build, temporary folders.
What packages ask for is part of Tidefall itself (`tidefall.compat.tensorflow.inner`).
"""

from __future__ import annotations

import collections.abc
import contextlib
import importlib
import os
import tempfile
import threading
import unittest.mock
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.tensorflow_suite import harness_names, test_util_repairs
from tests.tensorflow_suite.stand_ins import stand_in

same = test_util_repairs.same
unchanged = test_util_repairs.unchanged
REPAIRS = test_util_repairs.REPAIRS


class Members:
    """Members of a module: some by name, the others by a function, which may return None."""

    def __init__(self, others: Callable[[str], Any] | None = None, **members: Any):
        self._members = members
        self._others = others

    def get(self, name: str) -> Any:
        """The member; None where it is not known."""
        if name in self._members:
            return self._members[name]
        return None if self._others is None else self._others(name)


def _public(namespace: str) -> Callable[[str], Any]:
    """Members that are public names."""

    def find(name: str) -> Any:
        import tensorflow as tf

        value: Any = tf
        try:
            for part in [*filter(None, namespace.split(".")), name]:
                value = getattr(value, part)
        except (AttributeError, ImportError):
            return None
        return value

    return find


@contextlib.contextmanager
def nothing(*_args: Any, **_kwargs: Any) -> Iterator[None]:
    """A context that changes nothing."""
    yield


class _Outer(threading.local):
    graphs: tuple[Any, ...] = ()


_outer = _Outer()


@contextlib.contextmanager
def graph_mode() -> Iterator[None]:
    """Build a graph: the one left by `eager_mode`, or TensorFlow 1's default one."""
    import tensorflow as tf

    from tidefall.base.state import graph_scope, state

    if state.graph is not None:
        yield
        return
    graph = _outer.graphs[-1] if _outer.graphs else tf.compat.v1.get_default_graph()
    with graph_scope(graph):
        yield


@contextlib.contextmanager
def eager_mode() -> Iterator[None]:
    """Run ops at once."""
    from tidefall.base.state import graph_scope, state

    saved = _outer.graphs
    if state.graph is not None:
        _outer.graphs = (*saved, state.graph)
    try:
        with graph_scope(None):
            yield
    finally:
        _outer.graphs = saved


class _Context:
    """`context.context()`: by `tf.config` where that has a word for it."""

    def __getattr__(self, name: str) -> Any:
        from tidefall.compat.tensorflow.inner import context

        if name.startswith("__"):
            raise AttributeError(name)
        known = getattr(context.context(), name, None)
        if known is not None:
            return known
        get = _public("config")(f"get_{name}")
        if get is not None:
            return get()
        known = _public("config")(name)
        return stand_in(f"context.context().{name}") if known is None else known

    def __setattr__(self, name: str, value: Any) -> None:
        setter = _public("config")(f"set_{name}")
        if setter is not None:
            setter(value)


def _context_members() -> Members:
    context = _Context()
    return Members(
        context=lambda: context,
        graph_mode=graph_mode,
        eager_mode=eager_mode,
        execution_mode=nothing,
        ASYNC=1,
        SYNC=0,
        is_async=lambda: False,
        async_clear_error=lambda: None,
        is_tfrt_enabled=lambda: False,
        run_eager_op_as_function_enabled=lambda: False,
    )


def _test_members(tree: Path) -> Members:
    def of_test_util(name: str) -> Any:
        public = _public("compat.v1.test")(name)
        if public is not None:
            return public
        return getattr(importlib.import_module("tensorflow.python.framework.test_util"), name, None)

    def test_case(name: str) -> Any:
        if name != "TestCase":
            return of_test_util(name)
        module = importlib.import_module("tensorflow.python.framework.test_util")
        return module.TensorFlowTestCase

    return Members(
        test_case,
        main=lambda *_args, **_kwargs: None,
        mock=unittest.mock,
        get_temp_dir=tempfile.mkdtemp,
        test_src_dir_path=lambda path: str(tree / "tensorflow" / path),
        disable_with_predicate=unchanged,
        with_eager_op_as_function=same,
        Benchmark=type("Benchmark", (), {}),
        is_built_with_xla=lambda: True,
        is_gpu_available=lambda *_args, **_kwargs: False,
        gpu_device_name=lambda: "",
    )


def _googletest_members() -> Members:
    from absl.testing import absltest

    return Members(
        lambda name: getattr(absltest, name, None),
        GetTempDir=tempfile.mkdtemp,
        main=lambda *_args, **_kwargs: None,
        mock=unittest.mock,
        StatefulSessionAvailable=lambda: False,
    )


def _numpy_members() -> Members:
    import numpy as np

    def where(condition: Any, *values: Any) -> Any:
        return np.where(condition, *values) if values else np.atleast_1d(condition).nonzero()

    def reshape(a: Any, newshape: Any = None, order: Any = "C", shape: Any = None) -> Any:
        return np.reshape(a, shape if newshape is None else newshape, order=order)

    return Members(np_where=where, np_array=np.array, np_asarray=np.asarray, np_reshape=reshape)


def _versioned(name: str) -> Any:
    """`math_ops.add_v2` and `array_ops.where_v1`, where a public name is behind them."""
    for end, namespace in (("_v2", ""), ("_v1", "compat.v1")):
        if name.endswith(end):
            return _public(namespace)(name.removesuffix(end))
    return None


def _is_sparse(value: Any) -> bool:
    import tensorflow as tf

    return isinstance(value, (tf.SparseTensor, tf.compat.v1.SparseTensorValue))


def _true(*_args: Any, **_kwargs: Any) -> bool:
    return True


def _false(*_args: Any, **_kwargs: Any) -> bool:
    return False


def _functional_loop(
    cond: Any,
    body: Any,
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    maximum_iterations: Any = None,
    name: Any = None,
    return_same_structure: bool = True,
    back_prop: bool = True,
) -> Any:
    """`while_v2.while_loop` by the public one, whose arguments have another order."""
    import tensorflow as tf

    out = tf.while_loop(
        cond,
        body,
        loop_vars,
        shape_invariants=shape_invariants,
        parallel_iterations=parallel_iterations,
        back_prop=back_prop,
        maximum_iterations=maximum_iterations,
        name=name,
    )
    single = not return_same_structure and isinstance(out, (list, tuple)) and len(out) == 1
    return out[0] if single else out


def _cond_v2(pred: Any, true_fn: Any, false_fn: Any, name: str = "cond") -> Any:
    import tensorflow as tf

    return tf.cond(pred, true_fn, false_fn, name=name)


class _Switches:
    """Every name is a function that returns False."""

    @staticmethod
    def get(name: str) -> Any:
        return None if name.startswith("_") else _false


class _Nothing:
    """Every name is a function that does nothing."""

    @staticmethod
    def get(name: str) -> Any:
        return None if name.startswith("_") else lambda *_args, **_kwargs: None


class _GraphStack:
    @staticmethod
    def reset() -> None:
        """Nothing: the stack of graphs is that of `with` statements."""


def overrides(tree: Path) -> dict[str, Any]:
    """Members by module, without `tensorflow.`; `MODULE:after` is run on a helper module.

    Args:
        tree: a folder that holds `tensorflow/python`.
    """
    test = _test_members(tree)
    observers = harness_names.Observers()
    loop = Members(while_loop=_functional_loop, cond_v2=_cond_v2)
    switches = Members(ENABLE_CONTROL_FLOW_V2=True, EnableControlFlowV2=_true)
    found: dict[str, Any] = {
        "python.eager.context": _context_members(),
        "python.framework.ops": Members(
            _versioned, _default_graph_stack=_GraphStack, dismantle_graph=lambda graph: None
        ),
        "python.framework.op_callbacks": Members(
            add_op_callback=observers.add, remove_op_callback=observers.remove
        ),
        "python.eager.core": Members(_NotOkStatusException=_public("errors")("OpError")),
        "python.eager.backprop": Members(**harness_names.BACKPROP),
        "python.data.experimental.ops.global_shuffle_op": Members(
            _global_shuffle=harness_names.global_shuffle
        ),
        "python.ops.random_ops": Members(
            parameterized_truncated_normal=harness_names.parameterized_truncated_normal
        ),
        "python.framework.composite_tensor_gradient": Members(
            CompositeTensorGradient=type("CompositeTensorGradient", (), {})
        ),
        "python.ops.ref_variable": Members(RefVariable=_public("compat.v1")("Variable")),
        "python.ops.sparse_ops": Members(bincount=_public("math")("bincount")),
        "python.platform.test": test,
        "python.eager.test": test,
        "python.platform.benchmark": test,
        "python.platform.googletest": _googletest_members(),
        "python.platform.resource_loader": Members(
            get_path_to_datafile=lambda path: str(tree / "tensorflow" / path),
            get_data_files_path=lambda: os.fspath(tree),
        ),
        "python.platform.tf_logging": Members(_public("compat.v1.logging")),
        "python.util.numpy_compat": _numpy_members(),
        "python.util.compat": Members(_public("compat"), collections_abc=collections.abc),
        "python.compat.compat": Members(
            forward_compatible=_true, forward_compatibility_horizon=nothing
        ),
        "python.compat.v2_compat": Members(_public("compat.v1"), enable_v2_behavior=lambda: None),
        "python.framework.random_seed": Members(DEFAULT_GRAPH_SEED=87654321),
        "python.framework.sparse_tensor": Members(is_sparse=_is_sparse),
        "python.ops.control_flow_util": switches,
        "python.ops.control_flow_util_v2": switches,
        "python.ops.while_v2": loop,
        "python.ops.cond_v2": loop,
        "python.data.ops.test_mode": _Nothing,
        "python.framework._test_metrics_util": _Nothing,
        "python.framework.test_util:after": test_util_repairs.repair,
    }
    for name in (
        "python.platform._pywrap_stacktrace_handler",
        "python.util._pywrap_util_port",
        "python.pywrap_sanitizers",
        "python.framework.gpu_util",
        "python.framework.tfrt_utils",
    ):
        found[name] = _Switches
    return found
