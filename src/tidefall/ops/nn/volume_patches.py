"""Patches of volumes, each laid out along the depth."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.nn.convolution.ops import shape_of
from tidefall.ops.nn.windows import Geometry, geometry, pad, patches, window_shape


def _check(ksizes: Any, strides: Any) -> None:
    for name, values in (("ksizes", ksizes), ("strides", strides)):
        if len(values) != 5:
            raise invalid(f"{name} must have 5 elements, got {list(values)}")
        if values[0] != 1 or values[4] != 1:
            raise UnimplementedError(
                None, None, f"Only support {name} across space, got {list(values)}"
            )
        if min(values) < 1:
            raise invalid(f"{name} must be positive, got {list(values)}")


def _paddings(sizes: Any, windows: Any, strides: Any, padding: str) -> list[int]:
    """Before and after each dimension; where strides leave gaps, SAME crops, as TensorFlow does."""
    found = []
    for size, window, stride in zip(sizes, windows, strides, strict=True):
        total = (-(-size // stride) - 1) * stride + window - size if padding == "SAME" else 0
        before = int(total / 2)
        found += [before, total - before]
    return found


def _geometry(volumes: Any, ksizes: Any, strides: Any, padding: str) -> Geometry:
    if volumes.ndim != 5:
        raise invalid(f"input must be 5-dimensional, got shape {shape_text(volumes.shape)}")
    _check(ksizes, strides)
    sizes, windows, steps = (tuple(v[1:4]) for v in (volumes.shape, ksizes, strides))
    pads = tuple(_paddings(sizes, windows, steps, padding))
    g = geometry(sizes, windows, steps, "EXPLICIT", pads)
    if min(g.outs) < 1:
        raise invalid(
            f"Patches of {list(g.windows)} do not fit into volumes of {list(volumes.shape[1:4])}"
        )
    return g


def _shape(c: Inference) -> TensorShape:
    ksizes, strides = c.attr("ksizes"), c.attr("strides")
    shape = c.shape(0)
    if shape.rank not in (None, 5):
        raise ValueError(f"input must be 5-dimensional, got {shape_text(shape)}")
    _check(ksizes, strides)
    dims = window_shape(shape, ksizes, strides, c.attr("padding"))
    dims[4] = None if dims[4] is None else dims[4] * ksizes[1] * ksizes[2] * ksizes[3]
    return TensorShape(dims)


def _host(volumes: Any, *, ksizes: Any, strides: Any, padding: Any) -> np.ndarray:
    g = _geometry(volumes, ksizes, strides, padding)
    view = patches(pad(volumes, (0, *g.before, 0), (0, *g.after, 0)), g)
    return view.reshape(volumes.shape[0], *g.outs, int(np.prod(g.windows)) * volumes.shape[4])


def _xla(volumes: Any, *, ksizes: Any, strides: Any, padding: Any) -> Any:
    volumes = jnp.asarray(volumes)
    g = _geometry(volumes, ksizes, strides, padding)
    pairs = [(0, 0, 0), *[(b, a, 0) for b, a in g.pairs], (0, 0, 0)]
    padded = lax.pad(volumes, np.zeros((), volumes.dtype), pairs)
    return jnp.concatenate([padded[(slice(None), *seen)] for seen in g.slices()], axis=-1)


def _input_gradient(op: Any, sizes: Any, filters: Any, dy: Any) -> Any:
    """Conv3DBackpropInputV2, for input that was cropped, too."""
    ksizes, strides, padding = (op.attrs[name] for name in ("ksizes", "strides", "padding"))
    back = raw.Conv3DBackpropInputV2
    gaps = any(s > k for s, k in zip(strides, ksizes, strict=True))
    if padding == "VALID" or not gaps:
        return back(sizes, filters, dy, strides=strides, padding=padding)
    space = op.inputs[0].shape.as_list()[1:4]
    if None in space:
        raise UnimplementedError(
            None,
            None,
            "The gradient of ExtractVolumePatches with padding SAME and strides larger than the "
            f"patches needs the sizes of the volumes, which are {space}.",
        )
    pads = _paddings(space, ksizes[1:4], strides[1:4], padding)
    pairs = np.array([0, 0, *pads, 0, 0], np.int32).reshape(-1, 2)
    dx = back(sizes + pairs.sum(1), filters, dy, strides=strides, padding="VALID")
    added, cropped = np.maximum(pairs, 0), np.maximum(-pairs, 0)
    kept = raw.Slice(dx, added[:, 0], sizes - cropped.sum(1))
    return raw.Pad(kept, cropped)


def _gradient(op: Any, dy: Any) -> Any:
    """The transpose, as that of `ExtractImagePatches`: an input gradient for each channel alone."""
    volumes = op.inputs[0]
    window = op.attrs["ksizes"][1:4]
    count = int(np.prod(window))
    filters = np.eye(count, dtype=volumes.dtype.as_numpy_dtype).reshape(*window, 1, count)
    reshape, transpose, concat = raw.Reshape, raw.Transpose, raw.ConcatV2
    shape, out = shape_of(volumes), shape_of(dy)
    each, any_size, one = (np.array([n], np.int32) for n in (count, -1, 1))
    apart = reshape(dy, concat([out[:4], each, shape[4:]], 0))
    apart = transpose(apart, np.array([0, 5, 1, 2, 3, 4], np.int32))
    gradients = reshape(apart, concat([any_size, out[1:4], each], 0))
    dx = _input_gradient(
        op, concat([shape[:1] * shape[4:], shape[1:4], one], 0), filters, gradients
    )
    back = reshape(dx, concat([shape[:1], shape[4:], shape[1:4]], 0))
    return transpose(back, np.array([0, 2, 3, 4, 1], np.int32))


extract_volume_patches_op = op(
    "ExtractVolumePatches", shape=_shape, host=_host, xla=_xla, effects=PURE, gradient=_gradient
)


@export("extract_volume_patches")
def extract_volume_patches(
    input: Any, ksizes: Any, strides: Any, padding: str, name: str | None = None
) -> Any:
    """Patches of volumes, laid out along the depth.

    Args:
        input: tensor of shape `[batch, planes, rows, columns, channels]`.
        ksizes: `[1, planes, rows, columns, 1]`: the size of a patch.
        strides: `[1, planes, rows, columns, 1]`: distance between patches.
        padding: "SAME" or "VALID".
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[batch, out_planes, out_rows, out_columns, patch * channels]`, where
        `patch` is the number of elements in a patch.

    Raises:
        InvalidArgumentError: for another rank, or a patch larger than the volume.
        UnimplementedError: for patches across batch or channels.

    >>> import tidefall as tf
    >>> volumes = tf.reshape(tf.range(8), [1, 2, 2, 2, 1])
    >>> ones = [1, 1, 1, 1, 1]
    >>> tf.extract_volume_patches(volumes, [1, 2, 1, 2, 1], ones, "VALID")[0, 0, 0, 0].numpy()
    array([0, 1, 4, 5], dtype=int32)
    """
    how = {"ksizes": list(ksizes), "strides": list(strides), "padding": padding}
    return extract_volume_patches_op(input, **how, name=name)
