"""Rows of a tensor replaced, raised or lowered, and copies.

TensorFlow writes into the input itself; here the result is a new tensor and the input stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, jnp, scalar, shape_text, unchanged


def _check(x: Any, i: Any, v: Any) -> None:
    if i.ndim != 1:
        raise invalid(f"i must be a vector. {shape_text(i.shape)}")
    if x.ndim != v.ndim:
        raise invalid(f"x and v shape doesn't match (ranks differ): {x.ndim} vs. {v.ndim}")
    if x.shape[1:] != v.shape[1:]:
        raise invalid(
            f"x and v shape doesn't match: {shape_text(x.shape)} vs. {shape_text(v.shape)}"
        )
    if i.shape[0] != v.shape[0]:
        raise invalid(
            f"i and x shape doesn't match at index 0: {shape_text(i.shape)} vs. "
            f"{shape_text(v.shape)}"
        )


def _declare(
    name: str, host: Callable[[Any, Any, Any], None], xla: Callable[[Any, Any, Any], Any]
) -> None:
    def kernel(x: Any, i: Any, v: Any) -> Any:
        _check(x, i, v)
        result = x.copy()
        if i.size:
            host(result, i % x.shape[0], v)
        return result

    def lowering(x: Any, i: Any, v: Any) -> Any:
        _check(x, i, v)
        if not i.shape[0]:
            return x
        return xla(jnp.asarray(x), jnp.asarray(i) % x.shape[0], v)

    op(name, shape=unchanged, host=kernel, xla=lowering, effects=PURE, gradient=NOT_DIFFERENTIABLE)


def _put(x: Any, rows: Any, v: Any) -> None:
    x[rows] = v


_declare("InplaceUpdate", _put, lambda x, rows, v: x.at[rows].set(v))
_declare("InplaceAdd", np.add.at, lambda x, rows, v: x.at[rows].add(v))
_declare("InplaceSub", np.subtract.at, lambda x, rows, v: x.at[rows].subtract(v))


def _same(x: Any, **_: Any) -> Any:
    return x


for _name in ("Copy", "CopyHost"):
    op(_name, shape=unchanged, host=_same, xla=None, effects=PURE, gradient=NOT_DIFFERENTIABLE)
op(
    "DebugIdentityV2",
    shape=unchanged,
    host=_same,
    xla=None,
    effects=PURE,
    gradient=lambda op, dy: dy,
)


def _to_bool_host(x: Any) -> np.ndarray:
    """What Python's `bool` says of a scalar; for others, whether there is any element."""
    if x.ndim:
        return np.asarray(x.size > 0)
    return np.asarray(bool(x.item()))


op("ToBool", shape=scalar, host=_to_bool_host, xla=None, effects=PURE, gradient=NOT_DIFFERENTIABLE)


def _index_host(*, device_names: Any) -> np.ndarray:
    """The place of the CPU among the names; their number if it is not there."""
    names = [name.decode() if isinstance(name, bytes) else name for name in device_names]
    return np.asarray(names.index("CPU") if "CPU" in names else len(names), np.int32)


def _index_shape(c: Inference) -> TensorShape:
    return TensorShape([])


op(
    "DeviceIndex",
    shape=_index_shape,
    host=_index_host,
    xla=None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
