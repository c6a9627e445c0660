"""Patches of images, each laid out along the depth."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.batching import one_batch
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.nn.convolution.ops import shape_of
from tidefall.ops.nn.windows import Geometry, Ints, geometry, pad, patches, window_shape


def _check(rank: int | None, *fields: Any) -> None:
    if rank not in (None, 4):
        raise invalid(f"input must be 4-dimensional, got rank {rank}")
    for name, values in zip(("ksizes", "strides", "rates"), fields, strict=True):
        if len(values) != 4:
            raise invalid(f"{name} must have 4 elements, got {list(values)}")
        if values[0] != 1 or values[3] != 1:
            raise UnimplementedError(
                None, None, f"Only support {name} across space, got {list(values)}"
            )
        if min(values) < 1:
            raise invalid(f"{name} must be positive, got {list(values)}")


@lru_cache(1024)
def _geometry(sizes: Ints, ksizes: Ints, strides: Ints, rates: Ints, padding: str) -> Geometry:
    return geometry(sizes, ksizes, strides, padding, (), rates)


def _spatial(x: Any, ksizes: Any, strides: Any, rates: Any, padding: str) -> Geometry:
    _check(x.ndim, ksizes, strides, rates)
    middle = [tuple(values[1:3]) for values in (x.shape, ksizes, strides, rates)]
    return _geometry(*middle, padding)


def _shape(c: Inference) -> TensorShape:
    ksizes, strides, rates = c.attr("ksizes"), c.attr("strides"), c.attr("rates")
    shape = c.shape(0)
    if shape.rank not in (None, 4):
        raise ValueError(f"input must be 4-dimensional, got {shape_text(shape)}")
    _check(shape.rank, ksizes, strides, rates)
    dims = window_shape(shape, ksizes, strides, c.attr("padding"), (), rates)
    dims[3] = None if dims[3] is None else dims[3] * ksizes[1] * ksizes[2]
    return TensorShape(dims)


def _host(images: Any, *, ksizes: Any, strides: Any, rates: Any, padding: Any) -> np.ndarray:
    g = _spatial(images, ksizes, strides, rates, padding)
    view = patches(pad(images, (0, *g.before, 0), (0, *g.after, 0)), g)
    depth = g.windows[0] * g.windows[1] * images.shape[3]
    return view.reshape(images.shape[0], *g.outs, depth)


def _xla(images: Any, *, ksizes: Any, strides: Any, rates: Any, padding: Any) -> Any:
    images = jnp.asarray(images)
    g = _spatial(images, ksizes, strides, rates, padding)
    pairs = [(0, 0, 0), *[(b, a, 0) for b, a in g.pairs], (0, 0, 0)]
    padded = lax.pad(images, np.zeros((), images.dtype), pairs)
    return jnp.concatenate([padded[(slice(None), *seen)] for seen in g.slices()], axis=-1)


def _gradient(op: Any, dy: Any) -> Any:
    """The transpose: each patch element goes back to where it was taken.

    Taking patches of one channel is a convolution with a filter for each position of the window
    that is 1 there and 0 elsewhere. So the channels go into the batch, and the transpose is that
    convolution's input gradient.
    """
    images = op.inputs[0]
    _, rows, columns, _ = op.attrs["ksizes"]
    count = rows * columns
    filters = np.eye(count, dtype=images.dtype.as_numpy_dtype).reshape(rows, columns, 1, count)
    reshape, transpose, concat = raw.Reshape, raw.Transpose, raw.ConcatV2
    shape, out = shape_of(images), shape_of(dy)
    any_size, one = np.array([-1], np.int32), np.array([1], np.int32)
    apart = concat([out[:3], np.array([count], np.int32), shape[3:]], 0)
    order = np.array([0, 4, 1, 2, 3], np.int32)
    rest = concat([out[1:3], np.array([count], np.int32)], 0)
    gradients = reshape(transpose(reshape(dy, apart), order), concat([any_size, rest], 0))
    sizes = concat([shape[:1] * shape[3:], shape[1:3], one], 0)
    dx = raw.Conv2DBackpropInput(
        sizes,
        filters,
        gradients,
        strides=op.attrs["strides"],
        padding=op.attrs["padding"],
        dilations=op.attrs["rates"],
    )
    back = concat([shape[:1], shape[3:], shape[1:3]], 0)
    return transpose(reshape(dx, back), np.array([0, 2, 3, 1], np.int32))


extract_image_patches_op = op(
    "ExtractImagePatches",
    shape=_shape,
    host=_host,
    xla=_xla,
    effects=PURE,
    batching=one_batch,
    gradient=_gradient,
)


@export("image.extract_patches")
def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Any:
    """Patches of images, laid out along the depth.

    Args:
        images: tensor of shape `[batch, height, width, channels]`.
        sizes: `[1, rows, columns, 1]`: the size of a patch.
        strides: `[1, rows, columns, 1]`: distance between patches.
        rates: `[1, rows, columns, 1]`: distance between the elements of a patch.
        padding: "SAME" or "VALID".
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[batch, out_rows, out_columns, rows * columns * channels]`.

    >>> import tidefall as tf
    >>> images = tf.reshape(tf.range(9), [1, 3, 3, 1])
    >>> ones = [1, 1, 1, 1]
    >>> tf.image.extract_patches(images, [1, 2, 2, 1], ones, ones, "VALID")[0, 0, 0].numpy()
    array([0, 1, 3, 4], dtype=int32)
    """
    return extract_image_patches_op(
        images,
        ksizes=list(sizes),
        strides=list(strides),
        rates=list(rates),
        padding=padding,
        name=name,
    )
