"""Functions of `tf.compat.v1.nn` with parameters of their own, and ops by their old names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.surface import resolve
from tidefall.tensor.conversion import convert_to_tensor


@export("compat.v1.nn.ctc_loss")
def ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Any:
    """The CTC loss of sparse labels; the last class is the blank.

    Args:
        labels: int32 SparseTensor `[batch, time]`.
        inputs, logits: `[time, batch, classes]`, or `[batch, time, classes]`; one of the two.
        sequence_length: int32 `[batch]`, the lengths of the inputs.
        preprocess_collapse_repeated: take a label that follows itself once.
        ctc_merge_repeated: labels that follow each other without a blank between are one.
        ignore_longer_outputs_than_inputs: a sequence without a path counts as nothing.
        time_major: time comes first.

    Returns:
        Losses `[batch]`.

    Raises:
        TypeError: `labels` is no SparseTensor.
        ValueError: neither or both of `inputs` and `logits`.
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected argument `labels` to be a SparseTensor. Received labels="
                        f"{labels} of type: {type(labels).__name__}")  # fmt: skip
    if (inputs is None) == (logits is None):
        raise ValueError("Exactly one of `inputs` and `logits` must be given.")
    scores = convert_to_tensor(inputs if logits is None else logits)
    if not time_major:
        scores = resolve("", "transpose")(scores, [1, 0, 2])
    return raw.CTCLoss(
        scores,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )[0]


@export("compat.v1.nn.ctc_loss_v2")
def ctc_loss_v2(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = None,
    name: str | None = None,
) -> Any:
    """`tf.nn.ctc_loss` by another name; a `blank_index` of None is class 0 for dense labels."""
    if blank_index is None and not isinstance(labels, SparseTensor):
        blank_index = 0
    return resolve("nn", "ctc_loss")(
        labels, logits, label_length, logit_length, logits_time_major, unique, blank_index, name
    )


@export("compat.v1.nn.erosion2d")
def erosion2d(
    value: Any,
    kernel: Any,
    strides: Sequence[int],
    rates: Sequence[int],
    padding: str,
    name: str | None = None,
) -> Any:
    """`tf.nn.erosion2d` with TensorFlow 1's parameters."""
    return resolve("nn", "erosion2d")(value, kernel, strides, padding, "NHWC", rates, name)


@export("compat.v1.nn.dilation2d")
def dilation2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    """`tf.nn.dilation2d` with TensorFlow 1's parameters.

    Args:
        input: `[batch, height, width, depth]`.
        filter, filters: `[rows, columns, depth]`; one of the two.
        strides: `[1, rows, columns, 1]`.
        rates, dilations: `[1, rows, columns, 1]`; one of the two.
        padding: "SAME" or "VALID".
        name: name of the node.
    """
    filters = filter if filters is None else filters
    dilations = rates if dilations is None else dilations
    return resolve("nn", "dilation2d")(input, filters, strides, padding, "NHWC", dilations, name)


def _fractional(name: str, op: Op) -> None:
    def pool(
        value: Any,
        pooling_ratio: Sequence[float],
        pseudo_random: bool = False,
        overlapping: bool = False,
        deterministic: bool = False,
        seed: int = 0,
        seed2: int = 0,
        name: str | None = None,
    ) -> Any:
        return op(
            value,
            pooling_ratio=pooling_ratio,
            pseudo_random=pseudo_random,
            overlapping=overlapping,
            deterministic=deterministic,
            seed=seed,
            seed2=seed2,
            name=name,
        )

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"`tf.nn.{pool.__name__}` with both seeds of the op."
    export(f"compat.v1.nn.{pool.__name__}")(pool)


_fractional("fractional_avg_pool", raw.FractionalAvgPool)
_fractional("fractional_max_pool", raw.FractionalMaxPool)


@export("compat.v1.nn.conv2d_backprop_input")
def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Sequence[int] = (1, 1, 1, 1),
    name: str | None = None,
    filters: Any = None,
) -> Any:
    """The gradient of `tf.nn.conv2d` with respect to its input.

    Args:
        input_sizes: int32 vector, the shape of the input.
        filter, filters: `[rows, columns, in, out]`; one of the two.
        out_backprop: the gradient of the output.
        strides, padding, data_format, dilations: as of the convolution.
        use_cudnn_on_gpu: without effect.
        name: name of the node.
    """
    return _convolution(
        raw.Conv2DBackpropInput,
        (input_sizes, filter if filters is None else filters, out_backprop),
        strides,
        padding,
        data_format,
        dilations,
        name,
    )


@export("compat.v1.nn.conv2d_backprop_filter")
def conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str = "NHWC",
    dilations: Sequence[int] = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """The gradient of `tf.nn.conv2d` with respect to its filters.

    Args:
        input: the input of the convolution.
        filter_sizes: int32 vector, the shape of the filters.
        out_backprop: the gradient of the output.
        strides, padding, data_format, dilations: as of the convolution.
        use_cudnn_on_gpu: without effect.
        name: name of the node.
    """
    return _convolution(
        raw.Conv2DBackpropFilter,
        (input, filter_sizes, out_backprop),
        strides,
        padding,
        data_format,
        dilations,
        name,
    )


def _convolution(
    op: Op,
    inputs: tuple[Any, ...],
    strides: Sequence[int],
    padding: Any,
    data_format: str,
    dilations: Sequence[int],
    name: str | None,
) -> Any:
    """The op; `padding` is "SAME", "VALID" or a list of the paddings of each dimension."""
    if isinstance(padding, str):
        padded: dict[str, Any] = {"padding": padding}
    else:
        pairs = [n for pair in padding for n in pair]
        padded = {"padding": "EXPLICIT", "explicit_paddings": pairs}
    return op(
        *inputs,
        strides=strides,
        data_format=data_format,
        dilations=list(dilations),
        name=name,
        **padded,
    )


@export("compat.v1.nn.conv3d_backprop_filter", "compat.v1.nn.conv3d_backprop_filter_v2")
def conv3d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NDHWC",
    dilations: Sequence[int] = (1, 1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """The gradient of `tf.nn.conv3d` with respect to its filters.

    Args:
        input: the input of the convolution.
        filter_sizes: int32 vector, the shape of the filters.
        out_backprop: the gradient of the output.
        strides, padding, data_format, dilations: as of the convolution.
        name: name of the node.
    """
    return _convolution(
        raw.Conv3DBackpropFilterV2,
        (input, filter_sizes, out_backprop),
        strides,
        padding,
        data_format,
        dilations,
        name,
    )


@export("compat.v1.nn.depthwise_conv2d_native")
def depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Sequence[int],
    padding: Any,
    data_format: str = "NHWC",
    dilations: Sequence[int] = (1, 1, 1, 1),
    name: str | None = None,
) -> Any:
    """The op behind `tf.nn.depthwise_conv2d`.

    Args:
        input: `[batch, height, width, channels]`.
        filter: `[rows, columns, channels, multiplier]`.
        strides, padding, data_format, dilations: as of `tf.nn.depthwise_conv2d`.
        name: name of the node.
    """
    with name_scope(name or "depthwise") as scope:
        return _convolution(
            raw.DepthwiseConv2dNative,
            (input, filter),
            strides,
            padding,
            data_format,
            dilations,
            scope,
        )


class ListDiff(NamedTuple):
    """What `setdiff1d` returns."""

    out: Any
    idx: Any


@export("compat.v1.setdiff1d")
def setdiff1d(x: Any, y: Any, index_dtype: Any = "int32", name: str | None = None) -> Any:
    """The values of one list that are not in another, and where they stand in it.

    Args:
        x, y: vectors of one dtype.
        index_dtype: dtype of the places.
        name: name of the node.
    """
    return ListDiff(*raw.ListDiff(x, y, out_idx=index_dtype, name=name))


@export("compat.v1.sparse_to_dense")
def sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """A dense tensor with values at places; `tf.sparse.to_dense` of a SparseTensor's parts.

    Args:
        sparse_indices: a scalar, `[count]` or `[count, rank]`.
        output_shape: vector, the shape of the result.
        sparse_values: `[count]`, or a scalar for all places.
        default_value: the value elsewhere.
        validate_indices: refuse places that repeat or do not ascend.
        name: name of the node.
    """
    values = convert_to_tensor(sparse_values, name="sparse_values")
    default = convert_to_tensor(default_value, values.dtype, name="default_value")
    return raw.SparseToDense(
        sparse_indices,
        output_shape,
        values,
        default,
        validate_indices=validate_indices,
        name=name,
    )


@export("compat.v1.substr")
def substr(input: Any, pos: Any, len: Any, name: str | None = None, unit: str = "BYTE") -> Any:
    """`tf.strings.substr` by its old name."""
    return resolve("strings", "substr")(input, pos, len, unit, name)


@export("compat.v1.random.stateless_multinomial")
def stateless_multinomial(
    logits: Any, num_samples: Any, seed: Any, output_dtype: Any = "int64", name: str | None = None
) -> Any:
    """`tf.random.stateless_categorical` by its old name."""
    return resolve("random", "stateless_categorical")(logits, num_samples, seed, output_dtype, name)


@export("compat.v1.dimension_value")
def dimension_value(dimension: Any) -> int | None:
    """The size of a `tf.compat.v1.Dimension`; an integer or None is returned as it is."""
    return getattr(dimension, "value", dimension)


@export("compat.v1.dimension_at_index")
def dimension_at_index(shape: Any, index: int) -> Any:
    """The `tf.compat.v1.Dimension` of a shape at an index, also where the rank is not known."""
    size = None if shape.rank is None else shape[index]
    return resolve("compat.v1", "Dimension")(getattr(size, "value", size))
