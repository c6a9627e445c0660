"""Fills the record of what higher layers do for lower ones, without loading them yet."""

from __future__ import annotations

import sys
from typing import Any

from tidefall import keras_imports
from tidefall.base.config import config
from tidefall.base.services import services


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


def _default_session() -> Any:
    # Whoever made a session loaded the layer of sessions.
    session = sys.modules.get("tidefall.v1.sessions.session")
    return None if session is None else session.get_default_session()


def _log_device_placement(enabled: bool) -> None:
    from tidefall.runtime.devices.log import apply

    apply(enabled)


def _check_numerics(enabled: bool) -> None:
    from tidefall.runtime.debugging.check_numerics import apply

    apply(enabled)


def _strict_broadcasting(enabled: bool) -> None:
    from tidefall.runtime.debugging.strict_broadcasting import apply

    apply(enabled)


def _numpy_behavior(_: Any) -> None:
    from tidefall.ops.numpy.behavior import apply

    apply()


def _eager_execution(enabled: bool) -> None:
    from tidefall.graph.v1.default_graph import apply_eager_execution

    apply_eager_execution(enabled)


def _v2_tensorshape(enabled: bool) -> None:
    from tidefall.graph.v1.shapes import apply_v2_tensorshape

    apply_v2_tensorshape(enabled)


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
    config.observe("log_device_placement", _log_device_placement)
    config.observe("check_numerics", _check_numerics)
    config.observe("strict_broadcasting", _strict_broadcasting)
    for name in ("numpy_behavior", "numpy_dtype_mode", "numpy_prefer_float32"):
        config.observe(name, _numpy_behavior)
    config.observe("eager_execution", _eager_execution)
    config.observe("v2_tensorshape", _v2_tensorshape)
    keras_imports.install()
