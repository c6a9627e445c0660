"""Pictures that are decoded, resized and changed in one pass.

These ops take the place of a resize and of what stands before and behind it
(graph/passes/pictures.py). A native kernel finishes each row while it is cached, and a picture
that is decoded only to be resized gets no array of its own. Where there is no kernel the same is
done step by step. Results are those of the single ops, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tidefall.base.errors import OpError
from tidefall.base.shapes import TensorShape
from tidefall.native import resample as native
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import signature
from tidefall.ops.image.decode_ops import contents_of, decode_jpeg_op
from tidefall.ops.image.jpeg import decode_jpeg_bytes
from tidefall.ops.image.resize_ops import axis_order, check_images, resize_host, resize_taps
from tidefall.ops.image.taps import scratch

ROWS, COLUMNS = range(2)
"""What a flip puts the other way round."""

STEPS: dict[str, tuple[str, bool]] = {
    "add": ("add", False),
    "sub": ("sub", False),
    "sub from": ("sub", True),
    "mul": ("mul", False),
    "div": ("div", False),
    "div into": ("div", True),
}
"""The names of steps: the operation, and whether the element comes second."""

_NUMPY = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}
_INPUTS = [["flips", "n_flips*bool"], ["args", "num_args*float"]]
_ATTRS = {
    "method": {"type": "string"},
    "size": {"type": "list(int)"},
    "align_corners": {"type": "bool"},
    "half_pixel_centers": {"type": "bool"},
    "squeeze": {"type": "bool"},
    "n_flips": {"type": "int"},
    "flip_axes": {"type": "list(int)"},
    "num_args": {"type": "int"},
    "fused_ops": {"type": "list(string)"},
}


class _How(NamedTuple):
    """The attributes of what both ops do; see `_ATTRS`."""

    method: str
    size: Sequence[int]
    align_corners: bool
    half_pixel_centers: bool
    squeeze: bool
    flip_axes: Sequence[int]
    fused_ops: Sequence[str]


def _prepared(
    images: np.ndarray, flips: Sequence[np.ndarray], args: Sequence[np.ndarray], how: _How
) -> np.ndarray:
    """Pictures, one or a batch of them, that were resized, flipped and changed."""
    batch = images if images.ndim == 4 else images[None]
    check_images(batch)
    flipped = [False, False]
    for axis, flip in zip(how.flip_axes, flips, strict=True):
        flipped[axis] ^= bool(flip)
    steps = [(*STEPS[step], arg) for step, arg in zip(how.fused_ops, args, strict=True)]
    made = _by_kernel(batch, flipped, steps, how)
    if made is None:
        made = _in_steps(batch, flipped, steps, how)
    return made[0] if how.squeeze else made


def _by_kernel(
    batch: np.ndarray, flipped: Sequence[bool], steps: Sequence[native.Step], how: _How
) -> np.ndarray | None:
    source, (height, width) = batch.shape[1:3], how.size
    outputs = batch.shape[0] * height * width * batch.shape[3]
    if source == (height, width) or not native.takes(batch, outputs):
        return None
    mode = how.align_corners, how.half_pixel_centers
    rows = resize_taps(how.method, source[0], height, *mode)
    columns = resize_taps(how.method, source[1], width, *mode)
    rows = rows.reversed if flipped[ROWS] else rows
    columns = columns.reversed if flipped[COLUMNS] else columns
    rows_first = axis_order(source, (height, width))[0] == 1
    return native.prepare_pictures(batch, rows.sources, columns.sources, rows_first, steps)


def _in_steps(
    batch: np.ndarray, flipped: Sequence[bool], steps: Sequence[native.Step], how: _How
) -> np.ndarray:
    size = np.array(how.size, np.int32)
    made = resize_host(how.method, batch, size, how.align_corners, how.half_pixel_centers)
    across, down = (-1 if flipped[axis] else 1 for axis in (COLUMNS, ROWS))
    made = made[:, ::down, ::across]
    for name, swapped, arg in steps:
        made = _NUMPY[name](arg, made) if swapped else _NUMPY[name](made, arg)
    return np.ascontiguousarray(made)


def _shape(c: Inference, picture: TensorShape) -> TensorShape:
    if picture.rank is None:
        return TensorShape(None)
    height, width = c.attr("size")
    inner = [height, width, picture[-1]]
    batch = picture[0] if picture.rank == 4 else 1
    return TensorShape(inner if c.attr("squeeze") else [batch, *inner])


def _resize(
    images: np.ndarray,
    flips: list[np.ndarray],
    args: list[np.ndarray],
    *,
    method: str,
    size: Sequence[int],
    align_corners: bool,
    half_pixel_centers: bool,
    squeeze: bool,
    flip_axes: Sequence[int],
    fused_ops: Sequence[str],
) -> np.ndarray:
    mode = align_corners, half_pixel_centers
    return _prepared(images, flips, args, _How(method, size, *mode, squeeze, flip_axes, fused_ops))


fused_resize_op = op(
    "_FusedResize",
    definition=signature(
        "_FusedResize",
        {
            "in": [["images", "T"], *_INPUTS],
            "out": [["resized_images", "float"]],
            "attrs": {"T": {"type": "type"}, **_ATTRS},
        },
    ),
    shape=lambda c: _shape(c, c.shape(0)),
    host=_resize,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _decode(
    contents: np.ndarray,
    flips: list[np.ndarray],
    args: list[np.ndarray],
    *,
    channels: int,
    ratio: int,
    fancy_upscaling: bool,
    try_recover_truncated: bool,
    acceptable_fraction: float,
    dct_method: str,
    method: str,
    size: Sequence[int],
    align_corners: bool,
    half_pixel_centers: bool,
    squeeze: bool,
    flip_axes: Sequence[int],
    fused_ops: Sequence[str],
) -> np.ndarray:
    data = contents_of(contents)
    decoder = {
        "channels": channels,
        "ratio": ratio,
        "fancy_upscaling": fancy_upscaling,
        "try_recover_truncated": try_recover_truncated,
        "acceptable_fraction": acceptable_fraction,
        "dct_method": dct_method,
    }
    try:
        if data[:3] == b"\xff\xd8\xff":
            picture = decode_jpeg_bytes(data, buffer_of=_buffer, **decoder)
        else:
            picture = decode_jpeg_op.host(contents, **decoder)
    except OpError as error:
        raise decode_jpeg_op.explain(error, (), {}) from error
    mode = align_corners, half_pixel_centers
    return _prepared(picture, flips, args, _How(method, size, *mode, squeeze, flip_axes, fused_ops))


def _buffer(size: int) -> np.ndarray:
    """Memory for a picture that is gone when the next one is decoded in this thread."""
    return scratch.array("decoded", (size,), np.uint8)


fused_decode_op = op(
    "_FusedDecodeJpeg",
    definition=signature(
        "_FusedDecodeJpeg",
        {
            "in": [["contents", "string"], *_INPUTS],
            "out": [["resized_image", "float"]],
            "attrs": {
                "channels": {"type": "int"},
                "ratio": {"type": "int"},
                "fancy_upscaling": {"type": "bool"},
                "try_recover_truncated": {"type": "bool"},
                "acceptable_fraction": {"type": "float"},
                "dct_method": {"type": "string"},
                **_ATTRS,
            },
        },
    ),
    shape=lambda c: _shape(c, TensorShape([None, None, c.attr("channels") or None])),
    host=_decode,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
