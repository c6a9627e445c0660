"""Pooling in one, two and three dimensions: `tf.nn.max_pool2d` and its kin."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.nn.pooling.ops import max_pool_3d_op, max_pool_op
from tidefall.ops.nn.sequence_args import is_first, per_dimension, split_padding
from tidefall.ops.nn.space_to_batch import with_space_to_batch
from tidefall.tensor.conversion import convert_to_tensor

MaxPoolWithArgmax = namedtuple("MaxPoolWithArgmax", ["output", "argmax"])


def _window(
    ksize: Any, strides: Any, padding: Any, data_format: str | None, n: int
) -> dict[str, Any]:
    """Attributes of a pooling op with `n` spatial dimensions."""
    layout = data_format or ("NWC", "NHWC", "NDHWC")[n - 1]
    first = is_first(layout)
    return {
        "ksize": per_dimension(ksize, n, first, "ksize"),
        "strides": per_dimension(strides, n, first, "strides"),
        "padding": padding,
        "data_format": layout,
    }


def _string_padding(padding: Any) -> None:
    if isinstance(padding, (list, tuple)):
        raise TypeError(f"Expected string for argument 'padding' not {padding}.")


def _pool_1d(
    operation: Any, input: Any, ksize: Any, strides: Any, padding: Any, data_format: str | None
) -> Any:
    """Pool sequences as images of height 1."""
    attrs = _window(ksize, strides, padding, data_format, 1)
    first = is_first(attrs["data_format"])
    axis = 2 if first else 1
    how, explicit = split_padding(padding, 3)
    expanded = raw.ExpandDims(input, axis)
    wide = {
        "ksize": [*attrs["ksize"][:axis], 1, *attrs["ksize"][axis:]],
        "strides": [*attrs["strides"][:axis], 1, *attrs["strides"][axis:]],
        "padding": how,
        "data_format": "NCHW" if first else "NHWC",
    }
    if explicit:
        wide["explicit_paddings"] = [*explicit[: 2 * axis], 0, 0, *explicit[2 * axis :]]
    return raw.Squeeze(operation(expanded, **wide), squeeze_dims=[axis])


@export("nn.max_pool1d")
def max_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NWC",
    name: str | None = None,
) -> Any:
    """Maximum over sliding windows of sequences.

    Args:
        input: tensor of shape `[batch, width, channels]`, or "NCW".
        ksize: size of the window: a number, or one per dimension.
        strides: distance between windows, given like `ksize`.
        padding: "SAME", "VALID", or three pairs of amounts.
        data_format: "NWC" or "NCW".
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[batch, out_width, channels]` (or "NCW") and the input's dtype.

    >>> import tidefall as tf
    >>> tf.nn.max_pool1d([[[1.0], [3.0], [2.0], [0.0]]], 2, 2, "VALID").numpy().ravel()
    array([3., 2.], dtype=float32)
    """
    with name_scope(name or "MaxPool1d"):
        return _pool_1d(max_pool_op, input, ksize, strides, padding, data_format)


@export("nn.avg_pool1d")
def avg_pool1d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NWC",
    name: str | None = None,
) -> Any:
    """Mean over sliding windows of sequences; padding does not count.

    Args:
        input: floating-point tensor of shape `[batch, width, channels]`, or "NCW".
        ksize: size of the window: a number, or one per dimension.
        strides: distance between windows, given like `ksize`.
        padding: "SAME" or "VALID".
        data_format: "NWC" or "NCW".
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `[batch, out_width, channels]` (or "NCW") and the input's dtype.

    >>> import tidefall as tf
    >>> tf.nn.avg_pool1d([[[1.0], [3.0], [2.0], [0.0]]], 2, 2, "VALID").numpy().ravel()
    array([2., 1.], dtype=float32)
    """
    _string_padding(padding)
    with name_scope(name or "AvgPool1D"):
        return _pool_1d(raw.AvgPool, input, ksize, strides, padding, data_format)


@export("nn.max_pool2d")
def max_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Any:
    """Maximum over sliding windows of images.

    Args:
        input: tensor of shape `[batch, height, width, channels]`, or "NCHW".
        ksize: size of the window: a number, one for height and one for width, or four.
        strides: distance between windows, given like `ksize`.
        padding: "SAME", "VALID", or four pairs of amounts.
        data_format: "NHWC" or "NCHW".
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[batch, out_height, out_width, channels]` (or "NCHW"), same dtype.

    Raises:
        InvalidArgumentError: for windows or paddings that do not fit.

    >>> import tidefall as tf
    >>> images = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    >>> tf.nn.max_pool2d(images, 2, 2, "VALID")[0, :, :, 0].numpy()
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """
    how, explicit = split_padding(padding, 4)
    attrs = _window(ksize, strides, how, data_format, 2)
    return max_pool_op(input, **attrs, explicit_paddings=explicit, name=name or "MaxPool2d")


@export("nn.avg_pool2d")
def avg_pool2d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    name: str | None = None,
) -> Any:
    """Mean over sliding windows of images; padding does not count.

    Args:
        input: floating-point tensor of shape `[batch, height, width, channels]`, or "NCHW".
        ksize: size of the window: a number, one for height and one for width, or four.
        strides: distance between windows, given like `ksize`.
        padding: "SAME" or "VALID".
        data_format: "NHWC" or "NCHW".
        name: name of the node in a graph.

    Returns:
        A tensor of shape `[batch, out_height, out_width, channels]` (or "NCHW"), same dtype.

    >>> import tidefall as tf
    >>> images = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    >>> tf.nn.avg_pool2d(images, 2, 2, "VALID")[0, :, :, 0].numpy()
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    """
    _string_padding(padding)
    attrs = _window(ksize, strides, padding, data_format, 2)
    return raw.AvgPool(input, **attrs, name=name or "AvgPool2D")


@export("nn.max_pool3d")
def max_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Any:
    """Maximum over sliding windows of volumes.

    Args:
        input: tensor of shape `[batch, depth, height, width, channels]`, or "NCDHW".
        ksize: size of the window: a number, one per spatial dimension, or five.
        strides: distance between windows, given like `ksize`.
        padding: "SAME" or "VALID".
        data_format: "NDHWC" or "NCDHW".
        name: name of the node in a graph.

    Returns:
        A tensor of the pooled shape and the input's dtype.

    >>> import tidefall as tf
    >>> tf.nn.max_pool3d(tf.ones([1, 4, 4, 4, 1]), 2, 2, "VALID").shape
    TensorShape([1, 2, 2, 2, 1])
    """
    _string_padding(padding)
    attrs = _window(ksize, strides, padding, data_format, 3)
    return max_pool_3d_op(input, **attrs, name=name or "MaxPool3D")


@export("nn.avg_pool3d")
def avg_pool3d(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NDHWC",
    name: str | None = None,
) -> Any:
    """Mean over sliding windows of volumes; padding does not count.

    Args:
        input: floating-point tensor `[batch, depth, height, width, channels]`, or "NCDHW".
        ksize: size of the window: a number, one per spatial dimension, or five.
        strides: distance between windows, given like `ksize`.
        padding: "SAME" or "VALID".
        data_format: "NDHWC" or "NCDHW".
        name: name of the node in a graph.

    Returns:
        A tensor of the pooled shape and the input's dtype.

    >>> import tidefall as tf
    >>> tf.nn.avg_pool3d(tf.ones([1, 4, 4, 4, 1]), 2, 2, "VALID").shape
    TensorShape([1, 2, 2, 2, 1])
    """
    _string_padding(padding)
    attrs = _window(ksize, strides, padding, data_format, 3)
    return raw.AvgPool3D(input, **attrs, name=name or "AvgPool3D")


_MAX = (max_pool1d, max_pool2d, max_pool3d)
_AVG = (avg_pool1d, avg_pool2d, avg_pool3d)


def _by_rank(
    functions: Sequence[Callable[..., Any]],
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    name: str | None,
) -> Any:
    input = convert_to_tensor(input, name="input")
    rank = input.shape.rank
    if rank is None and isinstance(ksize, (list, tuple)) and len(ksize) > 2:
        rank = len(ksize)
    if rank not in (3, 4, 5):
        raise ValueError(
            "`input.shape.rank` must be 3, 4 or 5. "
            f"Received: input.shape={input.shape} of rank {rank}."
        )
    layout = data_format or ("NWC", "NHWC", "NDHWC")[rank - 3]
    return functions[rank - 3](input, ksize, strides, padding, layout, name)


@export("nn.max_pool")
def max_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """Maximum over sliding windows in as many dimensions, one to three, as the input has.

    Args:
        input: tensor of shape `[batch, *spatial, channels]`, or with the channels first.
        ksize: size of the window: a number, one per spatial dimension, or one per dimension.
        strides: distance between windows, given like `ksize`.
        padding: "SAME", "VALID", or pairs of amounts for each dimension.
        data_format: None, "NWC", "NHWC", "NDHWC", "NCW", "NCHW" or "NCDHW".
        name: name of the node in a graph.

    Returns:
        A tensor of the pooled shape and the input's dtype.

    Raises:
        ValueError: if the input's rank is not 3, 4 or 5.

    >>> import tidefall as tf
    >>> tf.nn.max_pool(tf.ones([1, 4, 4, 1]), 2, 2, "SAME").shape
    TensorShape([1, 2, 2, 1])
    """
    return _by_rank(_MAX, input, ksize, strides, padding, data_format, name)


@export("nn.avg_pool")
def avg_pool(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    name: str | None = None,
) -> Any:
    """Mean over sliding windows in as many dimensions, one to three, as the input has.

    Args:
        input: floating-point tensor `[batch, *spatial, channels]`, or with the channels first.
        ksize: size of the window: a number, one per spatial dimension, or one per dimension.
        strides: distance between windows, given like `ksize`.
        padding: "SAME" or "VALID"; padding does not count in the mean.
        data_format: None, "NWC", "NHWC", "NDHWC", "NCW", "NCHW" or "NCDHW".
        name: name of the node in a graph.

    Returns:
        A tensor of the pooled shape and the input's dtype.

    Raises:
        ValueError: if the input's rank is not 3, 4 or 5.

    >>> import tidefall as tf
    >>> tf.nn.avg_pool(tf.ones([1, 4, 4, 1]), 2, 2, "SAME").shape
    TensorShape([1, 2, 2, 1])
    """
    return _by_rank(_AVG, input, ksize, strides, padding, data_format, name)


@export("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: str,
    data_format: str = "NHWC",
    output_dtype: Any = dtypes.int64,
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Maximum over sliding windows of images, and where each was found.

    Args:
        input: tensor of shape `[batch, height, width, channels]`.
        ksize: size of the window: a number, one for height and one for width, or four.
        strides: distance between windows, given like `ksize`.
        padding: "SAME" or "VALID".
        data_format: only "NHWC".
        output_dtype: int64 or int32.
        include_batch_in_index: count the flat indices over the batch, not over each image.
        name: name of the node in a graph.

    Returns:
        `(output, argmax)` of shape `[batch, out_height, out_width, channels]`; `argmax` holds
        `(y * width + x) * channels + channel`.

    Raises:
        ValueError: for another data format.

    >>> import tidefall as tf
    >>> images = tf.reshape([1.0, 5.0, 2.0, 3.0], [1, 2, 2, 1])
    >>> tf.nn.max_pool_with_argmax(images, 2, 2, "VALID")[1].numpy().ravel()
    array([1])
    """
    if data_format != "NHWC":
        raise ValueError(
            "`data_format` values other than 'NHWC' are not supported. "
            f"Received: data_format={data_format}"
        )
    outputs = raw.MaxPoolWithArgmax(
        input,
        ksize=per_dimension(ksize, 2, False, "ksize"),
        strides=per_dimension(strides, 2, False, "strides"),
        padding=padding,
        Targmax=output_dtype,
        include_batch_in_index=include_batch_in_index,
        name=name,
    )
    return MaxPoolWithArgmax(*outputs)


@export("nn.pool")
def pool(
    input: Any,
    window_shape: Sequence[int],
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """Pooling of either kind, in one to three dimensions, with or without dilation.

    Args:
        input: tensor of shape `[batch, *spatial, channels]`, or with the channels first.
        window_shape: size of the window in each spatial dimension.
        pooling_type: "MAX" or "AVG".
        strides: distance between windows in each spatial dimension; None is 1.
        padding: "SAME", "VALID", or pairs of amounts for each dimension (max pooling only).
        data_format: None, or a format that starts with "N".
        dilations: spacing of the window's elements; not together with strides or "SAME".
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the pooled shape and the input's dtype.

    Raises:
        ValueError: for another pooling type, or arguments that exclude each other.

    >>> import tidefall as tf
    >>> tf.nn.pool([[[1.0], [3.0], [2.0]]], [2], "MAX").numpy().ravel()
    array([3., 3.], dtype=float32)
    """
    n = len(window_shape)
    with name_scope(name or f"{pooling_type.lower()}_pool"):
        input = convert_to_tensor(input, name="input")
        input.shape.with_rank(n + 2)
        steps = _each(strides, n, "strides")
        spacing = _each(dilations, n, "dilations")
        if pooling_type not in ("MAX", "AVG") or not 1 <= n <= 3:
            raise ValueError(f"{n}-D {pooling_type} pooling is not supported.")
        dilated = max(spacing) > 1
        if dilated and max(steps) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. "
                f"Received: strides={strides} and dilation_rate={dilations}"
            )
        if dilated and padding == "SAME":
            raise ValueError(
                "pooling with 'SAME' padding is not implemented for `dilation_rate` > 1. "
                f"Received: padding={padding} and dilation_rate={dilations}"
            )
        if any(s > w for s, w in zip(steps, window_shape, strict=True)):
            raise ValueError(
                "`strides` > `window_shape` not supported due to inconsistency between CPU and GPU "
                f"implementations. Received: strides={steps} and window_shape={list(window_shape)}"
            )
        functions = _MAX if pooling_type == "MAX" else _AVG
        layout = data_format or ("NWC", "NHWC", "NDHWC")[n - 1]

        def windows(tensor: Any, num_spatial_dims: int, padding: Any) -> Any:
            return functions[n - 1](tensor, list(window_shape), steps, padding, layout)

        if not dilated:
            return windows(input, n, padding)
        if isinstance(padding, (list, tuple)):
            padding = padding[2:] if is_first(layout) else padding[1:-1]
        return with_space_to_batch(
            input, spacing, padding, windows, window_shape, None, data_format
        )


def _each(value: Any, n: int, name: str) -> list[int]:
    """One positive number per spatial dimension; None is 1 for all."""
    numbers = [1] * n if value is None else [int(v) for v in value]
    if len(numbers) != n:
        raise ValueError(f"len({name})={len(numbers)} but should be {n}")
    if min(numbers) < 1:
        raise ValueError(f"all values of `{name}` must be positive. Received: {name}={value}")
    return numbers
