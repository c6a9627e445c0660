"""Fills the record of what higher layers do for lower ones, without loading them yet."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tidefall import keras_imports
from tidefall.base.config import config
from tidefall.base.services import services

_MODULES = {
    "log_device_placement": "tidefall.runtime.devices.log",
    "check_numerics": "tidefall.runtime.debugging.check_numerics",
    "strict_broadcasting": "tidefall.runtime.debugging.strict_broadcasting",
    "numpy_behavior": "tidefall.ops.numpy.behavior",
    "numpy_dtype_mode": "tidefall.ops.numpy.behavior",
    "numpy_prefer_float32": "tidefall.ops.numpy.behavior",
    "eager_execution": "tidefall.graph.v1.default_graph",
    "v2_tensorshape": "tidefall.graph.v1.shapes",
}
"""The module whose `apply` is called with the value of a switch when that is set."""


def _applied_by(module: str) -> Callable[[Any], object]:
    return lambda value: import_module(module).apply(value)


def _run_lowering(op: Any, tensors: Any, attrs: Any) -> Any:
    from tidefall.runtime.xla.eager_compile import run_compiled_op

    return run_compiled_op(op, tensors, attrs)


def _may_compile_eagerly() -> bool:
    from tidefall.runtime.policy.tiers import eager_may_compile

    return eager_may_compile()


def _make_accelerator(name: str) -> Any:
    from tidefall.runtime.devices.accelerator import Accelerator

    return Accelerator(name)


def _run_vectorized(*args: Any) -> list[Any]:
    from tidefall.transforms.vectorized_map import run_vectorized

    return run_vectorized(*args)


def _proto_codec() -> tuple[Any, Any, Any]:
    from tidefall.io.codecs.structured import type_spec_codec

    return type_spec_codec


def _make_session(graph: Any, config: Any) -> Any:
    # By name: `import tidefall` itself must not stand above the layer of sessions.
    session = import_module("tidefall.v1.sessions.session")
    return session.Session(graph=graph, config=config)


def _default_session() -> Any:
    # Whoever made a session loaded the layer of sessions.
    session = sys.modules.get("tidefall.v1.sessions.session")
    return None if session is None else session.get_default_session()


def connect() -> None:
    """Fill the record; have switches take effect; let Keras find Tidefall under the name it asks
    for.
    """
    services.run_lowering = _run_lowering
    services.may_compile_eagerly = _may_compile_eagerly
    services.make_accelerator = _make_accelerator
    services.run_vectorized = _run_vectorized
    services.proto_codec = _proto_codec
    services.default_session = _default_session
    services.make_session = _make_session
    for switch, module in _MODULES.items():
        config.observe(switch, _applied_by(module))
    keras_imports.install()
