"""The convolution op for any number of batch dimensions, and gradient ops that take shapes from
tensors: `tf.conv` and its kin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.ops.common import invalid, same_as
from tidefall.ops.nn.convolution import ops as convolution
from tidefall.ops.nn.convolution.ops import Settings, settings, shape_of
from tidefall.ops.nn.windows import channels_first, out_size, spatial

# ---- Conv ----


def _format(data_format: str) -> str:
    return "NCHW" if data_format == "CHANNELS_FIRST" else "NHWC"


def _how(
    rank: int, strides: Any, padding: str, explicit: Any, dilations: Any, data_format: str
) -> Settings:
    """The settings of the convolution of one batch dimension."""
    layout = _format(data_format)
    how = settings(strides, padding, dilations or [1] * rank, layout, explicit)
    if rank not in (4, 5):
        raise invalid(f"The input must have 2 or 3 spatial dimensions but got {rank - 2}")
    convolution.check_window(rank, how)
    return how


def _check_groups(depth: int | None, part: int | None, groups: int) -> None:
    if depth is not None and part is not None and depth != part * groups:
        raise invalid(
            f"Input depth must be equal to filter depth: {depth} vs {part}, in {groups} groups"
        )


def _shape(c: Inference) -> TensorShape:
    x, w = c.shape(0), c.shape(1)
    if x.rank is None:
        return TensorShape(None)
    batch_dims = c.attr("batch_dims")
    if x.rank - batch_dims != 3 and x.rank - batch_dims != 4:
        raise ValueError(
            f"The input must have 2 or 3 spatial dimensions but got {x.rank - batch_dims - 1}"
        )
    dims = x.as_list()
    lead, one = dims[:batch_dims], [None, *dims[batch_dims:]]
    rank = len(one)
    kernel = w.with_rank(rank).as_list()
    how = _how(
        rank,
        c.attr("strides"),
        c.attr("padding"),
        c.attr("explicit_paddings"),
        c.attr("dilations"),
        c.attr("data_format"),
    )
    strides, padding, explicit, dilations, layout = how
    first = channels_first(layout)
    _check_groups(one[1] if first else one[-1], kernel[-2], c.attr("groups"))
    pads = convolution.explicit_spatial(explicit, layout) or (0,) * (2 * rank)
    steps, gaps = spatial(strides, layout), spatial(dilations, layout)
    outs = [
        out_size(n, kernel[i], steps[i], gaps[i], padding, pads[2 * i], pads[2 * i + 1])
        for i, n in enumerate(spatial(one, layout))
    ]
    return TensorShape([*lead, kernel[-1], *outs] if first else [*lead, *outs, kernel[-1]])


def _with_attrs(forward: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(
        x: Any,
        w: Any,
        *,
        strides: Any,
        padding: Any,
        explicit_paddings: Any,
        data_format: Any,
        dilations: Any,
        batch_dims: Any,
        groups: Any,
    ) -> Any:
        one = (-1, *x.shape[batch_dims:])
        rank = len(one)
        how = _how(rank, strides, padding, explicit_paddings, dilations, data_format)
        if w.ndim != rank:
            raise invalid(f"The filter must have rank {rank}, got shape {list(w.shape)}")
        first = channels_first(how[4])
        _check_groups(one[1] if first else one[-1], w.shape[-2], groups)
        batch = int(np.prod(x.shape[:batch_dims]))
        y = forward(x.reshape(batch, *one[1:]), w, how)
        return y.reshape(*x.shape[:batch_dims], *y.shape[1:])

    return kernel


def _gradient(op: Any, dy: Any) -> list[Any]:
    """Those of Conv2D or Conv3D, over one batch dimension; explicit padding is done before."""
    x, w = op.inputs
    attrs, batch_dims = op.attrs, op.attrs["batch_dims"]
    reshape, concat = raw.Reshape, raw.ConcatV2
    any_size, full = np.array([-1], np.int32), shape_of(x)
    flat = reshape(x, concat([any_size, full[batch_dims:]], 0))
    grads = reshape(dy, concat([any_size, shape_of(dy)[batch_dims:]], 0))
    rank = x.shape.rank - batch_dims + 1
    padding, explicit = attrs["padding"], attrs["explicit_paddings"]
    padded = flat
    pads = np.array(explicit, np.int32).reshape(-1, 2)
    if padding == "EXPLICIT":
        padded, padding = raw.Pad(flat, pads), "VALID"
    layout = _format(attrs["data_format"])
    if rank == 5:
        layout = layout.replace("HW", "DHW")
    how = {
        "strides": attrs["strides"],
        "padding": padding,
        "dilations": attrs["dilations"] or [1] * rank,
        "data_format": layout,
    }
    names = ("Conv2DBackprop{}", "Conv3DBackprop{}V2")[rank - 4]
    dx = find_op(names.format("Input"))(shape_of(padded), w, grads, **how)
    dw = find_op(names.format("Filter"))(padded, shape_of(w), grads, **how)
    if padded is not flat:
        dx = raw.Slice(dx, pads[:, 0], shape_of(flat))
    return [reshape(dx, full), dw]


conv_op = op(
    "Conv",
    shape=_shape,
    host=_with_attrs(convolution.convolve),
    xla=_with_attrs(convolution.convolve_xla),
    effects=PURE,
    gradient=_gradient,
)


@export("conv")
def conv(
    input: Any,
    filter: Any,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = [],
    data_format: str = "CHANNELS_LAST",
    dilations: Sequence[int] = [],
    batch_dims: int = 1,
    groups: int = 1,
    name: str | None = None,
) -> Any:
    """Convolution in two or three dimensions, of tensors with any number of batch dimensions.

    Args:
        input: floating-point or int32 tensor `[..., *spatial, channels]`; channels come before the
            spatial dimensions for "CHANNELS_FIRST".
        filter: tensor of that dtype `[*window, channels / groups, filters]`.
        strides: distance between windows in each dimension, with 1 for batch and channels.
        padding: "SAME", "VALID" or "EXPLICIT".
        explicit_paddings: for "EXPLICIT", how much before and after each dimension in turn.
        data_format: "CHANNELS_LAST" or "CHANNELS_FIRST".
        dilations: distance between the elements of a window in each dimension; empty for 1.
        batch_dims: how many dimensions of the input are batch dimensions.
        groups: in how many groups the channels are convolved apart.
        name: name of the node in a graph.

    Returns:
        A tensor `[..., *outputs, filters]`.

    Raises:
        InvalidArgumentError: for channels that do not fit the filter, or another number of
            dimensions.

    >>> import tidefall as tf
    >>> x, w = tf.ones([2, 3, 4, 4, 1]), tf.ones([2, 2, 1, 5])
    >>> tf.conv(x, w, strides=[1, 1, 1, 1], padding="VALID", batch_dims=2).shape
    TensorShape([2, 3, 3, 3, 5])
    """
    return conv_op(
        input,
        filter,
        strides=list(strides),
        padding=padding,
        explicit_paddings=list(explicit_paddings),
        data_format=data_format,
        dilations=list(dilations),
        batch_dims=batch_dims,
        groups=groups,
        name=name,
    )


# ---- gradient ops that take the tensors themselves ----


def _input_gradient(kernel: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, w, dy, how: kernel(np.array(x.shape, np.int32), w, dy, how)


def _filter_gradient(kernel: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, w, dy, how: kernel(x, np.array(w.shape, np.int32), dy, how)


def _of_input_gradient(op: Any, ddx: Any) -> list[Any]:
    _, w, dy = op.inputs
    how = convolution.same_window(op)
    dw = raw.Conv2DBackpropFilter(ddx, shape_of(w), dy, **how)
    return [None, dw, raw.Conv2D(ddx, w, **how)]


def _of_filter_gradient(op: Any, ddw: Any) -> list[Any]:
    x, _, dy = op.inputs
    how = convolution.same_window(op)
    dx = raw.Conv2DBackpropInput(shape_of(x), ddw, dy, **how)
    return [dx, None, raw.Conv2D(x, ddw, **how)]


conv2d_backprop_input_v2_op = op(
    "Conv2DBackpropInputV2",
    shape=same_as(0),
    host=convolution.with_2d_attrs(_input_gradient(convolution.input_gradient), 3),
    xla=convolution.with_2d_attrs(_input_gradient(convolution.input_gradient_xla), 3),
    effects=PURE,
    gradient=_of_input_gradient,
)
conv2d_backprop_filter_v2_op = op(
    "Conv2DBackpropFilterV2",
    shape=same_as(1),
    host=convolution.with_2d_attrs(_filter_gradient(convolution.filter_gradient), 3),
    xla=convolution.with_2d_attrs(_filter_gradient(convolution.filter_gradient_xla), 3),
    effects=PURE,
    gradient=_of_filter_gradient,
)


@export("conv2d_backprop_input_v2")
def conv2d_backprop_input_v2(
    input: Any,
    filter: Any,
    out_backprop: Any,
    strides: Sequence[int],
    padding: str,
    use_cudnn_on_gpu: bool = True,
    explicit_paddings: Sequence[int] = [],
    data_format: str = "NHWC",
    dilations: Sequence[int] = [1, 1, 1, 1],
    name: str | None = None,
) -> Any:
    """The gradient of a 2-D convolution with respect to its input.

    Args:
        input: floating-point tensor `[batch, height, width, channels]`, of which the shape counts.
        filter: tensor `[rows, columns, channels, filters]`.
        out_backprop: gradient of the output `[batch, out_height, out_width, filters]`.
        strides: of the convolution, four numbers.
        padding: "SAME", "VALID" or "EXPLICIT".
        use_cudnn_on_gpu: accepted; of no effect.
        explicit_paddings: for "EXPLICIT", how much before and after each dimension in turn.
        data_format: "NHWC" or "NCHW".
        dilations: of the convolution, four numbers.
        name: name of the node in a graph.

    Returns:
        A tensor shaped like `input`.

    Raises:
        InvalidArgumentError: for shapes that do not fit.

    >>> import tidefall as tf
    >>> x, w, dy = tf.ones([1, 3, 3, 1]), tf.ones([2, 2, 1, 1]), tf.ones([1, 2, 2, 1])
    >>> tf.conv2d_backprop_input_v2(x, w, dy, [1, 1, 1, 1], "VALID")[0, :, :, 0].numpy()
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]], dtype=float32)
    """
    return conv2d_backprop_input_v2_op(
        input,
        filter,
        out_backprop,
        strides=list(strides),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=list(explicit_paddings),
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )


@export("conv2d_backprop_filter_v2")
def conv2d_backprop_filter_v2(
    input: Any,
    filter: Any,
    out_backprop: Any,
    strides: Sequence[int],
    padding: str,
    use_cudnn_on_gpu: bool = True,
    explicit_paddings: Sequence[int] = [],
    data_format: str = "NHWC",
    dilations: Sequence[int] = [1, 1, 1, 1],
    name: str | None = None,
) -> Any:
    """The gradient of a 2-D convolution with respect to its filter.

    Args:
        input: floating-point tensor `[batch, height, width, channels]`.
        filter: tensor `[rows, columns, channels, filters]`, of which the shape counts.
        out_backprop: gradient of the output `[batch, out_height, out_width, filters]`.
        strides: of the convolution, four numbers.
        padding: "SAME", "VALID" or "EXPLICIT".
        use_cudnn_on_gpu: accepted; of no effect.
        explicit_paddings: for "EXPLICIT", how much before and after each dimension in turn.
        data_format: "NHWC" or "NCHW".
        dilations: of the convolution, four numbers.
        name: name of the node in a graph.

    Returns:
        A tensor shaped like `filter`.

    Raises:
        InvalidArgumentError: for shapes that do not fit.

    >>> import tidefall as tf
    >>> x, w, dy = tf.ones([1, 3, 3, 1]), tf.ones([2, 2, 1, 1]), tf.ones([1, 2, 2, 1])
    >>> tf.conv2d_backprop_filter_v2(x, w, dy, [1, 1, 1, 1], "VALID")[:, :, 0, 0].numpy()
    array([[4., 4.],
           [4., 4.]], dtype=float32)
    """
    return conv2d_backprop_filter_v2_op(
        input,
        filter,
        out_backprop,
        strides=list(strides),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=list(explicit_paddings),
        data_format=data_format,
        dilations=list(dilations),
        name=name,
    )
