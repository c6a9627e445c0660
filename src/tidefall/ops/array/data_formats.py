"""Dimensions and vectors of one data format, such as NHWC, in the order of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, jnp, shape_text, unchanged


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _formats(src_format: Any, dst_format: Any) -> tuple[str, str]:
    source, target = _text(src_format), _text(dst_format)
    if sorted(source) != sorted(target):
        raise invalid(f"src_format {source} and dst_format {target} must have the same dimensions")
    return source, target


def _places(xp: Any, x: Any, src_format: Any, dst_format: Any) -> Any:
    source, target = _formats(src_format, dst_format)
    table = np.array([target.index(letter) for letter in source], x.dtype)
    return xp.asarray(table)[x % len(source)]


def _order(x: Any, src_format: Any, dst_format: Any) -> list[int]:
    source, target = _formats(src_format, dst_format)
    spatial = len(source) - 2
    if x.ndim not in (1, 2) or x.shape[0] not in (len(source), spatial):
        raise invalid(
            f"{x.ndim}D input must be of size {spatial} or {len(source)}, but got shape "
            f"{shape_text(x.shape)}"
        )
    if x.ndim == 2 and x.shape[1] != 2:
        raise invalid(f"Second dimension of 2D input must be of size 2, got {x.shape[1]}")
    if x.shape[0] == spatial:
        source, target = (f.replace("N", "").replace("C", "") for f in (source, target))
    return [source.index(letter) for letter in target]


op(
    "DataFormatDimMap",
    shape=unchanged,
    host=lambda x, *, src_format, dst_format: _places(np, x, src_format, dst_format),
    xla=lambda x, *, src_format, dst_format: _places(jnp, x, src_format, dst_format),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "DataFormatVecPermute",
    shape=unchanged,
    host=lambda x, *, src_format, dst_format: x[_order(x, src_format, dst_format)],
    xla=lambda x, *, src_format, dst_format: jnp.asarray(x)[
        np.array(_order(x, src_format, dst_format))
    ],
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
