"""Convolution in one, two and three dimensions: `tf.nn.conv2d` and its kin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.nn.convolution.ops import conv2d_op, conv3d_op
from tidefall.ops.nn.sequence_args import is_first, per_dimension, split_padding
from tidefall.tensor.conversion import convert_to_tensor


def over_batch_dims(x: Any, inner: int, call: Callable[[Any], Any]) -> Any:
    """Apply `call` to `x` with all but its last `inner` dimensions made one, and restore them."""
    rank = x.shape.rank
    if rank is None or rank <= inner + 1:
        return call(x)
    reshape, shape_op, concat = raw.Reshape, raw.Shape, raw.ConcatV2
    if x.shape.is_fully_defined():
        dims = x.shape.as_list()
        lead: Any = np.array(dims[:-inner], np.int32)
        flat: Any = np.array([-1, *dims[-inner:]], np.int32)
    else:
        shape = shape_op(x)
        lead = shape[:-inner]
        flat = concat([np.array([-1], np.int32), shape[-inner:]], 0)
    y = call(reshape(x, flat))
    if y.shape[1:].is_fully_defined():
        tail: Any = np.array(y.shape.as_list()[1:], np.int32)
    else:
        tail = shape_op(y)[1:]
    return reshape(y, concat([lead, tail], 0))


@export("nn.conv2d")
def conv2d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Two-dimensional convolution (cross-correlation) of images with filters.

    Args:
        input: tensor of shape `[..., height, width, channels]`, or with the channels before the
            height for "NCHW".
        filters: tensor of shape `[filter_height, filter_width, channels / groups, filters]`; the
            number of groups follows from the number of channels.
        strides: a number, one for height and one for width, or four.
        padding: "SAME", "VALID", or four pairs of amounts before and after each dimension.
        data_format: "NHWC" or "NCHW".
        dilations: spacing of the filter's elements, given like `strides`.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[..., out_height, out_width, filters]` (or "NCHW") and the input's dtype.

    Raises:
        InvalidArgumentError: if the shapes do not fit together.
        ValueError: for strides, dilations or paddings of the wrong length.

    >>> import tidefall as tf
    >>> images = tf.ones([1, 4, 4, 1])
    >>> tf.nn.conv2d(images, tf.ones([3, 3, 1, 1]), strides=1, padding="VALID")[0, :, :, 0].numpy()
    array([[9., 9.],
           [9., 9.]], dtype=float32)
    """
    layout = "NHWC" if data_format is None else data_format
    first = is_first(layout)
    how, explicit = split_padding(padding, 4)
    attrs = {
        "strides": per_dimension(strides, 2, first, "strides"),
        "padding": how,
        "explicit_paddings": explicit,
        "data_format": layout,
        "dilations": per_dimension(dilations, 2, first, "dilations"),
    }
    input = convert_to_tensor(input, name="input")
    return over_batch_dims(input, 3, lambda x: conv2d_op(x, filters, **attrs, name=name))


@export("nn.conv1d")
def conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: str,
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """One-dimensional convolution (cross-correlation) of sequences with filters.

    Args:
        input: tensor of shape `[..., width, channels]`, or `[..., channels, width]` for "NCW".
        filters: tensor of shape `[filter_width, channels / groups, filters]`.
        stride: a number, or one per dimension.
        padding: "SAME" or "VALID".
        data_format: "NWC" or "NCW".
        dilations: spacing of the filter's elements.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[..., out_width, filters]` (or "NCW") and the input's dtype.

    Raises:
        ValueError: for another `data_format`.
        InvalidArgumentError: if the shapes do not fit together.

    >>> import tidefall as tf
    >>> tf.nn.conv1d(tf.ones([1, 4, 1]), tf.ones([2, 1, 1]), 1, "VALID")[0, :, 0].numpy()
    array([2., 2., 2.], dtype=float32)
    """
    with name_scope(name or "conv1d"):
        first = _first_1d(data_format)
        layout, axis = ("NCHW", -2) if first else ("NHWC", -3)
        input = convert_to_tensor(input, name="input")
        filters = convert_to_tensor(filters, name="filters")
        strides = [1, *per_dimension(stride, 1, first, "stride")]
        spacing = [1, *per_dimension(dilations, 1, first, "dilations")]
        if first:
            strides[1:3], spacing[1:3] = [1, 1], [1, 1]
        expand = raw.ExpandDims
        result = conv2d(expand(input, axis), expand(filters, 0), strides, padding, layout, spacing)
        return raw.Squeeze(result, squeeze_dims=[axis])


def _first_1d(data_format: str | None) -> bool:
    if data_format in (None, "NWC", "NHWC"):
        return False
    if data_format in ("NCW", "NCHW"):
        return True
    raise ValueError(f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}")


@export("nn.conv3d")
def conv3d(
    input: Any,
    filters: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Three-dimensional convolution (cross-correlation) of volumes with filters.

    Args:
        input: tensor of shape `[..., depth, height, width, channels]`, or with the channels first
            for "NCDHW".
        filters: tensor of shape `[depth, height, width, channels / groups, filters]`.
        strides: five numbers, 1 for batch and channels.
        padding: "SAME" or "VALID".
        data_format: "NDHWC" or "NCDHW".
        dilations: spacing of the filter's elements, five numbers.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[..., out_depth, out_height, out_width, filters]` and the input's dtype.

    Raises:
        TypeError: if `strides` is not a list.
        InvalidArgumentError: if the shapes do not fit together.

    >>> import tidefall as tf
    >>> volumes, filters = tf.ones([1, 2, 2, 2, 1]), tf.ones([2, 2, 2, 1, 1])
    >>> tf.nn.conv3d(volumes, filters, [1, 1, 1, 1, 1], "VALID").numpy().ravel()
    array([8.], dtype=float32)
    """
    if not isinstance(strides, (list, tuple)):
        raise TypeError(f"Expected list for 'strides' argument to 'conv3d' Op, not {strides!r}.")
    attrs = {
        "strides": list(strides),
        "padding": padding,
        "data_format": data_format,
        "dilations": [1] * 5 if dilations is None else list(dilations),
    }
    input = convert_to_tensor(input, name="input")
    return over_batch_dims(input, 4, lambda x: conv3d_op(x, filters, **attrs, name=name))


@export("nn.convolution")
def convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolution in as many dimensions, one to three, as the filters have.

    Args:
        input: tensor of shape `[..., *spatial, channels]`, or with the channels first if
            `data_format` starts with "NC".
        filters: tensor of shape `[*window, channels / groups, filters]`.
        strides: a number, or one per spatial dimension.
        padding: "SAME" or "VALID".
        data_format: None, "NWC", "NHWC", "NDHWC", "NCW", "NCHW" or "NCDHW".
        dilations: spacing of the filter's elements, given like `strides`; not together with
            strides above 1.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[..., *out, filters]` (or channels first) and the input's dtype.

    Raises:
        ValueError: for filters of another rank, or strides together with dilations.

    >>> import tidefall as tf
    >>> tf.nn.convolution(tf.ones([1, 5, 1]), tf.ones([2, 1, 1]), dilations=2)[0, :, 0].numpy()
    array([2., 2., 2.], dtype=float32)
    """
    with name_scope(name or "convolution"):
        input = convert_to_tensor(input, name="input")
        filters = convert_to_tensor(filters, name="filters")
        n = _spatial_dims(input, filters)
        first = is_first(data_format)
        steps = per_dimension(strides, n, first, "strides")
        spacing = per_dimension(dilations, n, first, "dilations")
        if min(spacing) < 1:
            raise ValueError(
                "all values of `dilation_rate` must be positive. "
                f"Received: dilation_rate={dilations}"
            )
        if max(spacing) > 1 and max(steps) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={strides} and dilation_rate={dilations}"
            )
        if isinstance(padding, (list, tuple)):
            raise TypeError(f"Expected string for argument 'padding' not {padding}.")
        layout = data_format or ("NWC", "NHWC", "NDHWC")[n - 1]
        function: Any = (conv1d, conv2d, conv3d)[n - 1]
        return function(input, filters, steps, padding, layout, spacing)


def _spatial_dims(input: Any, filters: Any) -> int:
    rank = filters.shape.rank
    if rank is None:
        rank = input.shape.rank
    if rank is None:
        raise ValueError(
            "tf.nn.convolution needs filters or input of known rank: use tf.nn.conv2d or set_shape"
        )
    n = rank - 2
    if not 1 <= n <= 3:
        raise ValueError(f"`num_spatial_dims` must be 1, 2, or 3. Received: num_spatial_dims={n}.")
    return n


@export("nn.atrous_conv2d")
def atrous_conv2d(
    value: Any, filters: Any, rate: int, padding: str, name: str | None = None
) -> Any:
    """Convolution of images with filters whose elements stand `rate` apart.

    Args:
        value: tensor of shape `[batch, height, width, channels]`.
        filters: tensor of shape `[filter_height, filter_width, channels, filters]`.
        rate: the spacing, at least 1.
        padding: "SAME" or "VALID".
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[batch, out_height, out_width, filters]`.

    >>> import tidefall as tf
    >>> images = tf.ones([1, 5, 5, 1])
    >>> tf.nn.atrous_conv2d(images, tf.ones([2, 2, 1, 1]), rate=2, padding="VALID").shape
    TensorShape([1, 3, 3, 1])
    """
    return convolution(value, filters, padding=padding, dilations=[rate, rate], name=name)
