"""Convolutions that resize and mirror-pad pictures first, from optimized graphs of old versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.array.padding import mirror_pad_op
from tidefall.ops.common import invalid
from tidefall.ops.image.resize_ops import resize_bilinear_op
from tidefall.ops.nn.convolution.ops import conv2d_op, ranked
from tidefall.ops.nn.windows import out_size

Dims = list[int | None]

# ---- shapes ----


def _padded(c: Inference, dims: Dims, paddings: int) -> Dims:
    c.shape(paddings).assert_is_compatible_with([4, 2])
    widths = c.constant(paddings)
    if widths is None:
        return [dims[0], None, None, dims[3]]
    return [
        None if size is None else size + int(before) + int(after)
        for size, (before, after) in zip(dims, widths, strict=True)
    ]


def _convolved(c: Inference, dims: Dims, filters: int) -> TensorShape:
    window = ranked(c.shape(filters), 4, "picture or filter").as_list()
    if None not in (dims[3], window[2]) and dims[3] != window[2]:
        raise invalid(f"input and filter must have the same depth: {dims[3]} vs {window[2]}")
    strides = c.attr("strides")
    if len(strides) != 4:
        raise ValueError(f"strides must have four elements, received {list(strides)}.")
    sizes = [
        out_size(dims[i], window[i - 1], strides[i], 1, c.attr("padding"), 0, 0) for i in (1, 2)
    ]
    return TensorShape([dims[0], *sizes, window[3]])


def _pad_shape(c: Inference) -> TensorShape:
    source = ranked(c.shape(0), 4, "picture or filter").as_list()
    return _convolved(c, _padded(c, source, 1), 2)


def _resize_shape(c: Inference) -> TensorShape:
    source = ranked(c.shape(0), 4, "picture or filter").as_list()
    height, width = c.constant_shape(1).with_rank(2)
    return _convolved(c, _padded(c, [source[0], height, width, source[3]], 2), 3)


# ---- kernels: those of the ops, one after the other ----


def _check(input: Any, paddings: Any, strides: Sequence[int]) -> None:
    if input.ndim != 4:
        raise invalid(f"input must be 4-dimensional, received the shape {list(input.shape)}")
    if np.shape(paddings) != (4, 2):
        raise invalid(
            "The first dimension of paddings must be the rank of inputs: "
            f"{list(np.shape(paddings))} {list(input.shape)}"
        )
    if np.asarray(paddings)[[0, 3]].any():
        raise invalid(
            "Fused mirror padding only support spatial padding, not batches or channels: "
            f"{np.asarray(paddings).tolist()}"
        )
    if strides[0] != 1 or strides[3] != 1:
        raise invalid(
            "Current implementation does not yet support strides in the batch and depth dimensions."
        )


def _pad_and_convolve(
    facet: str, x: Any, paddings: Any, filter: Any, mode: str, strides: Sequence[int], padding: str
) -> Any:
    _check(x, paddings, strides)
    padded = getattr(mirror_pad_op, facet)(x, paddings, mode=mode)
    return getattr(conv2d_op, facet)(
        padded,
        filter,
        strides=strides,
        padding=padding,
        explicit_paddings=[],
        dilations=[1, 1, 1, 1],
        data_format="NHWC",
    )


def _pad_kernel(facet: str) -> Any:
    def kernel(
        input: Any, paddings: Any, filter: Any, *, mode: str, strides: Sequence[int], padding: str
    ) -> Any:
        return _pad_and_convolve(facet, input, paddings, filter, mode, strides, padding)

    return kernel


def _resize_kernel(facet: str) -> Any:
    def kernel(
        input: Any,
        size: Any,
        paddings: Any,
        filter: Any,
        *,
        resize_align_corners: bool,
        mode: str,
        strides: Sequence[int],
        padding: str,
    ) -> Any:
        if np.shape(size) != (2,):
            raise invalid(f"shape_t must have two elements{list(np.shape(size))}")
        resized = getattr(resize_bilinear_op, facet)(
            input, size, align_corners=resize_align_corners, half_pixel_centers=False
        ).astype(input.dtype)
        return _pad_and_convolve(facet, resized, paddings, filter, mode, strides, padding)

    return kernel


op(
    "FusedPadConv2D",
    shape=_pad_shape,
    host=_pad_kernel("host"),
    xla=_pad_kernel("xla"),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("paddings",),
)
op(
    "FusedResizeAndPadConv2D",
    shape=_resize_shape,
    host=_resize_kernel("host"),
    xla=_resize_kernel("xla"),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
    static=("size", "paddings"),
)
