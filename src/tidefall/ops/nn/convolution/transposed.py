"""Transposed convolution: the gradient of a convolution with respect to its input."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.nn.convolution.ops import conv2d_input_op, conv3d_input_op
from tidefall.ops.nn.sequence_args import is_first, per_dimension, split_padding
from tidefall.tensor.conversion import convert_to_tensor


@export("nn.conv2d_transpose")
def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `conv2d`: spreads each input position over a window of the output.

    Args:
        input: tensor of shape `[batch, height, width, in_channels]`, or "NCHW".
        filters: tensor of shape `[filter_height, filter_width, out_channels, in_channels]`.
        output_shape: int vector: the shape of the result.
        strides: a number, one for height and one for width, or four.
        padding: "SAME", "VALID", or four pairs of amounts, as of the `conv2d` it transposes.
        data_format: "NHWC" or "NCHW".
        dilations: spacing of the filter's elements, given like `strides`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `output_shape` and the input's dtype.

    Raises:
        InvalidArgumentError: if no convolution of `output_shape` has the input's shape.

    >>> import tidefall as tf
    >>> images, filters = tf.ones([1, 2, 2, 1]), tf.ones([2, 2, 1, 1])
    >>> tf.nn.conv2d_transpose(images, filters, [1, 4, 4, 1], strides=2)[0, 0, :, 0].numpy()
    array([1., 1., 1., 1.], dtype=float32)
    """
    with name_scope(name or "conv2d_transpose") as scope:
        layout = "NHWC" if data_format is None else data_format
        first = is_first(layout)
        how, explicit = split_padding(padding, 4)
        return conv2d_input_op(
            convert_to_tensor(output_shape, np.int32, name="input_sizes"),
            filters,
            input,
            strides=per_dimension(strides, 2, first, "strides"),
            padding=how,
            explicit_paddings=explicit,
            data_format=layout,
            dilations=per_dimension(dilations, 2, first, "dilations"),
            name=scope,
        )


@export("nn.conv1d_transpose")
def conv1d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `conv1d`.

    Args:
        input: tensor of shape `[batch, width, in_channels]`, or "NCW".
        filters: tensor of shape `[filter_width, out_channels, in_channels]`.
        output_shape: int vector: the shape of the result.
        strides: a number, or one per dimension.
        padding: "SAME" or "VALID".
        data_format: "NWC" or "NCW".
        dilations: spacing of the filter's elements.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `output_shape` and the input's dtype.

    >>> import tidefall as tf
    >>> tf.nn.conv1d_transpose(tf.ones([1, 2, 1]), tf.ones([2, 1, 1]), [1, 4, 1], 2).shape
    TensorShape([1, 4, 1])
    """
    with name_scope(name or "conv1d_transpose"):
        if data_format not in (None, "NWC", "NCW"):
            raise ValueError(
                f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}"
            )
        first = data_format == "NCW"
        axis = 2 if first else 1
        steps = per_dimension(strides, 1, first, "strides")
        spacing = per_dimension(dilations, 1, first, "dilations")
        expand = raw.ExpandDims
        shape = convert_to_tensor(output_shape, np.int32, name="output_shape")
        one = np.array([1], np.int32)
        full = raw.ConcatV2([shape[:axis], one, shape[axis:]], 0)
        result = conv2d_transpose(
            expand(input, axis),
            expand(filters, 0),
            full,
            [*steps[:axis], 1, *steps[axis:]],
            padding,
            "NCHW" if first else "NHWC",
            [*spacing[:axis], 1, *spacing[axis:]],
        )
        return raw.Squeeze(result, squeeze_dims=[axis])


@export("nn.conv3d_transpose")
def conv3d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `conv3d`.

    Args:
        input: tensor of shape `[batch, depth, height, width, in_channels]`, or "NCDHW".
        filters: tensor of shape `[depth, height, width, out_channels, in_channels]`.
        output_shape: int vector: the shape of the result.
        strides: a number, one per spatial dimension, or five.
        padding: "SAME" or "VALID".
        data_format: "NDHWC" or "NCDHW".
        dilations: spacing of the filter's elements, given like `strides`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `output_shape` and the input's dtype.

    >>> import tidefall as tf
    >>> volumes, filters = tf.ones([1, 2, 2, 2, 1]), tf.ones([2, 2, 2, 1, 1])
    >>> tf.nn.conv3d_transpose(volumes, filters, [1, 4, 4, 4, 1], 2).shape
    TensorShape([1, 4, 4, 4, 1])
    """
    with name_scope(name or "conv3d_transpose") as scope:
        layout = "NDHWC" if data_format is None else data_format
        first = is_first(layout)
        return conv3d_input_op(
            convert_to_tensor(output_shape, dtype_hint=np.int32, name="input_sizes"),
            filters,
            input,
            strides=per_dimension(strides, 3, first, "strides"),
            padding=padding,
            data_format=layout,
            dilations=per_dimension(dilations, 3, first, "dilations"),
            name=scope,
        )


@export("nn.conv_transpose")
def conv_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """The transpose of `convolution`, in one to three dimensions.

    Args:
        input: tensor of shape `[batch, *spatial, in_channels]`, or with the channels first.
        filters: tensor of shape `[*window, out_channels, in_channels]`.
        output_shape: int vector: the shape of the result; its length says how many dimensions.
        strides: a number, or one per spatial dimension.
        padding: "SAME" or "VALID".
        data_format: None, "NWC", "NHWC", "NDHWC", "NCW", "NCHW" or "NCDHW".
        dilations: spacing of the filter's elements, given like `strides`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `output_shape` and the input's dtype.

    Raises:
        ValueError: if `output_shape` has no length, or not one of 3, 4 and 5.

    >>> import tidefall as tf
    >>> tf.nn.conv_transpose(tf.ones([1, 2, 1]), tf.ones([2, 1, 1]), [1, 4, 1], 2).shape
    TensorShape([1, 4, 1])
    """
    with name_scope(name or "conv_transpose"):
        shape = getattr(output_shape, "shape", None)
        try:
            length = shape[0] if shape is not None else len(output_shape)
        except TypeError:
            length = None
        if length is None:
            raise ValueError(
                "`output_shape` must be a tensor or sized collection. "
                f"Received: output_shape={output_shape}"
            )
        n = int(length) - 2
        if not 1 <= n <= 3:
            raise ValueError(
                "`output_shape` must be of length 3, 4 or 5. "
                f"Received: output_shape={output_shape} "
                f"of length {length}."
            )
        layout = data_format or ("NWC", "NHWC", "NDHWC")[n - 1]
        function: Any = (conv1d_transpose, conv2d_transpose, conv3d_transpose)[n - 1]
        return function(input, filters, output_shape, strides, padding, layout, dilations)


@export("nn.atrous_conv2d_transpose")
def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: str, name: str | None = None
) -> Any:
    """The transpose of `atrous_conv2d`.

    Args:
        value: tensor of shape `[batch, height, width, in_channels]`.
        filters: tensor of shape `[filter_height, filter_width, out_channels, in_channels]`.
        output_shape: int vector: the shape of the result.
        rate: the spacing of the filter's elements, at least 1.
        padding: "SAME" or "VALID".
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `output_shape`.

    Raises:
        ValueError: if `rate` is below 1.

    >>> import tidefall as tf
    >>> images, filters = tf.ones([1, 3, 3, 1]), tf.ones([2, 2, 1, 1])
    >>> tf.nn.atrous_conv2d_transpose(images, filters, [1, 5, 5, 1], 2, "VALID").shape
    TensorShape([1, 5, 5, 1])
    """
    if rate < 1:
        raise ValueError(f"`rate` cannot be less than one. Received: rate={rate}")
    with name_scope(name or "atrous_conv2d_transpose"):
        return conv2d_transpose(value, filters, output_shape, 1, padding, "NHWC", rate)
