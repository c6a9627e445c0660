"""Depthwise and separable convolution: `tf.nn.depthwise_conv2d` and its kin."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.ops.nn.convolution.depthwise import (
    depthwise_filter_op,
    depthwise_input_op,
    depthwise_op,
)
from tidefall.ops.nn.convolution.functions import conv2d
from tidefall.ops.nn.sequence_args import is_first, split_padding
from tidefall.ops.nn.space_to_batch import with_space_to_batch
from tidefall.tensor.conversion import convert_to_tensor


def _depthwise(
    input: Any, filter: Any, strides: Any, padding: Any, data_format: str | None, rate: Any
) -> Any:
    input = convert_to_tensor(input, name="tensor_in")
    filter = convert_to_tensor(filter, name="filter_in")
    spacing = [1, 1] if rate is None else [int(r) for r in rate]
    layout = data_format or "NHWC"
    if spacing != [1, 1] and any(s != 1 for s in strides):
        warnings.warn(
            "When dilation rate is greater than 1, then all values of strides must be 1. "
            f"Received: `dilation rate` {spacing} and `strides` {strides}",
            stacklevel=3,
        )

    def windows(tensor: Any, num_spatial_dims: int, padding: Any) -> Any:
        how, explicit = split_padding(padding, 4)
        return depthwise_op(
            tensor,
            filter,
            strides=list(strides),
            padding=how,
            explicit_paddings=explicit,
            data_format=layout,
        )

    if spacing == [1, 1]:
        return windows(input, 2, padding)
    if isinstance(padding, (list, tuple)):
        padding = padding[2:] if is_first(layout) else padding[1:3]
    sizes = filter.shape.as_list()[:2]
    return with_space_to_batch(input, spacing, padding, windows, sizes, None, layout)


@export("nn.depthwise_conv2d")
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Sequence[int],
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Convolve each channel of images with filters of its own.

    Args:
        input: tensor of shape `[batch, height, width, channels]`, or "NCHW".
        filter: tensor of shape `[filter_height, filter_width, channels, multiplier]`.
        strides: four numbers, 1 for batch and channels.
        padding: "SAME", "VALID", or four pairs of amounts.
        data_format: "NHWC" (None means that) or "NCHW".
        dilations: spacing of the filter's elements in height and width.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[batch, out_height, out_width, channels * multiplier]` (or "NCHW").

    Raises:
        InvalidArgumentError: if the shapes do not fit together.

    >>> import tidefall as tf
    >>> images, filters = tf.ones([1, 3, 3, 2]), tf.ones([2, 2, 2, 1])
    >>> tf.nn.depthwise_conv2d(images, filters, [1, 1, 1, 1], "VALID").shape
    TensorShape([1, 2, 2, 2])
    """
    if not isinstance(strides, (list, tuple)):
        raise TypeError(
            f"Expected list for 'strides' argument to 'depthwise_conv2d_native' Op, not {strides}."
        )
    with name_scope(name or "depthwise"):
        return _depthwise(input, filter, strides, padding, data_format, dilations)


@export("nn.depthwise_conv2d_backprop_input")
def depthwise_conv2d_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Sequence[int],
    padding: Any,
    data_format: str = "NHWC",
    dilations: Sequence[int] = [1, 1, 1, 1],
    name: str | None = None,
) -> Any:
    """Gradient of `depthwise_conv2d` with respect to its input.

    Args:
        input_sizes: int vector: the shape of the input.
        filter: tensor of shape `[filter_height, filter_width, channels, multiplier]`.
        out_backprop: gradient of the output, of the output's shape.
        strides, padding, data_format, dilations: as of the convolution.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `input_sizes`.

    >>> import tidefall as tf
    >>> filters, dy = tf.ones([2, 2, 1, 1]), tf.ones([1, 2, 2, 1])
    >>> tf.nn.depthwise_conv2d_backprop_input([1, 3, 3, 1], filters, dy, [1] * 4, "VALID").shape
    TensorShape([1, 3, 3, 1])
    """
    how, explicit = split_padding(padding, 4)
    return depthwise_input_op(
        convert_to_tensor(input_sizes, np.int32),
        filter,
        out_backprop,
        strides=list(strides),
        padding=how,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@export("nn.depthwise_conv2d_backprop_filter")
def depthwise_conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Sequence[int],
    padding: Any,
    data_format: str = "NHWC",
    dilations: Sequence[int] = [1, 1, 1, 1],
    name: str | None = None,
) -> Any:
    """Gradient of `depthwise_conv2d` with respect to its filter.

    Args:
        input: tensor of shape `[batch, height, width, channels]`, or "NCHW".
        filter_sizes: int vector: the shape of the filter.
        out_backprop: gradient of the output, of the output's shape.
        strides, padding, data_format, dilations: as of the convolution.
        name: name of the node in a graph.

    Returns:
        A tensor of shape `filter_sizes`.

    >>> import tidefall as tf
    >>> images, dy = tf.ones([1, 3, 3, 1]), tf.ones([1, 2, 2, 1])
    >>> tf.nn.depthwise_conv2d_backprop_filter(images, [2, 2, 1, 1], dy, [1] * 4, "VALID").shape
    TensorShape([2, 2, 1, 1])
    """
    how, explicit = split_padding(padding, 4)
    return depthwise_filter_op(
        input,
        convert_to_tensor(filter_sizes, np.int32),
        out_backprop,
        strides=list(strides),
        padding=how,
        explicit_paddings=explicit,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@export("nn.separable_conv2d")
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Sequence[int],
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Depthwise convolution, then a 1x1 convolution that mixes the channels.

    Args:
        input: tensor of shape `[batch, height, width, channels]`, or "NCHW".
        depthwise_filter: tensor of shape `[filter_height, filter_width, channels, multiplier]`.
        pointwise_filter: tensor of shape `[1, 1, channels * multiplier, filters]`.
        strides: four numbers, 1 for batch and channels: of the depthwise convolution.
        padding: "SAME", "VALID", or four pairs of amounts.
        data_format: "NHWC" (None means that) or "NCHW".
        dilations: spacing of the depthwise filter's elements in height and width.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[batch, out_height, out_width, filters]` (or "NCHW").

    Raises:
        ValueError: if `pointwise_filter` is not 1x1.

    >>> import tidefall as tf
    >>> images, each, mix = tf.ones([1, 3, 3, 2]), tf.ones([2, 2, 2, 1]), tf.ones([1, 1, 2, 5])
    >>> tf.nn.separable_conv2d(images, each, mix, [1, 1, 1, 1], "VALID").shape
    TensorShape([1, 2, 2, 5])
    """
    with name_scope(name or "separable_conv2d"):
        mix = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        shape = mix.shape.with_rank(4)
        for size in shape[:2]:
            if size not in (None, 1):
                raise ValueError(
                    f"Dimensions {size} and 1 are not compatible: `pointwise_filter` must be 1x1, "
                    f"but has shape {shape}."
                )
        spread = _depthwise(input, depthwise_filter, strides, padding, data_format, dilations)
        return conv2d(spread, mix, [1, 1, 1, 1], "VALID", data_format or "NHWC")
