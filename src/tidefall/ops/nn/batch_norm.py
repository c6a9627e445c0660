"""FusedBatchNorm and its gradient, in all their versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.ops.batching import Call, Fallback, Value, fold
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.nn.activations import widen
from tidefall.ops.nn.windows import channels_first
from tidefall.ops.reductions.sum_lowerings import total, total_product, total_square
from tidefall.tensor.conversion import convert_to_tensor


def _axis(data_format: str, rank: int) -> int:
    return 1 if channels_first(data_format) else rank - 1


def _others(data_format: str, rank: int) -> tuple[int, ...]:
    axis = _axis(data_format, rank)
    return tuple(i for i in range(rank) if i != axis)


def _row(vector: Any, data_format: str, rank: int) -> Any:
    """A vector of channels, shaped to broadcast against the input."""
    shape = [1] * rank
    shape[_axis(data_format, rank)] = -1
    return vector.reshape(shape)


def _check(x: Any, vectors: dict[str, Any], data_format: str) -> None:
    if x.ndim not in (4, 5):
        raise invalid(f"input must be 4 or 5-dimensional{shape_text(x.shape)}")
    channels = x.shape[_axis(data_format, x.ndim)]
    for name, vector in vectors.items():
        if vector.ndim != 1:
            raise invalid(f"{name} must be 1-dimensional{shape_text(vector.shape)}")
        if vector.shape[0] != channels:
            raise invalid(
                f"{name} must have the same number of elements as the channels of x, got "
                f"{vector.shape[0]} and {channels}"
            )


# ---- forward ----


def _needed(
    scale: Any, offset: Any, mean: Any, variance: Any, training: bool, factor: float
) -> Any:
    vectors = {"scale": scale, "offset": offset}
    if not training or factor != 1.0:
        vectors.update({"mean": mean, "variance": variance})
    return vectors


def _moments_host(x: np.ndarray, data_format: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and variance of each channel, and the centred input, for channels last or first."""
    axes = _others(data_format, x.ndim)
    mean = x.mean(axes, dtype=np.float64).astype(x.dtype)
    centred = x - _row(mean, data_format, x.ndim)
    variance = np.square(centred).mean(axes, dtype=np.float64).astype(x.dtype)
    return mean, variance, centred


def _running(
    xp: Any, count: int, mean: Any, variance: Any, old: tuple[Any, Any], factor: float
) -> tuple[Any, Any]:
    """The statistics to keep: the variance without bias, blended into the old ones."""
    unbiased = variance * np.float32(count / max(count - 1, 1))
    if factor == 1.0:
        return mean, unbiased
    keep, take = np.float32(1 - factor), np.float32(factor)
    return keep * old[0] + take * mean, keep * old[1] + take * unbiased


def _forward_host(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> tuple[np.ndarray, ...]:
    training, factor, eps = is_training, np.float32(exponential_avg_factor), np.float32(epsilon)
    _check(x, _needed(scale, offset, mean, variance, training, float(factor)), data_format)
    kept_type = scale.dtype
    wide, scale, offset = widen(x), widen(scale), widen(offset)
    mean, variance = widen(mean), widen(variance)
    rank = x.ndim
    if training and not x.size:
        nothing = np.full(scale.shape, np.nan, np.float32)
        zeros = np.zeros(scale.shape, np.float32)
        return x.copy(), *(v.astype(kept_type) for v in (nothing, nothing, zeros, zeros))
    if training:
        batch_mean, batch_variance, centred = _moments_host(wide, data_format)
        count = x.size // len(scale)
        kept = _running(np, count, batch_mean, batch_variance, (mean, variance), float(factor))
    else:
        batch_mean, batch_variance = mean, variance
        centred = wide - _row(mean, data_format, rank)
        kept = mean, variance
    centred *= _row(scale / np.sqrt(batch_variance + eps), data_format, rank)
    centred += _row(offset, data_format, rank)
    saved = (v.astype(kept_type, copy=False) for v in (*kept, batch_mean, batch_variance))
    return centred.astype(x.dtype, copy=False), *saved


def _forward_xla(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    exponential_avg_factor: float,
    data_format: str,
    is_training: bool,
) -> tuple[Any, ...]:
    training, factor, eps = is_training, np.float32(exponential_avg_factor), np.float32(epsilon)
    x = jnp.asarray(x)
    _check(x, _needed(scale, offset, mean, variance, training, float(factor)), data_format)
    kept_type, rank = scale.dtype, x.ndim
    wide, scale, offset, mean, variance = (
        jnp.asarray(v).astype(np.float32) for v in (x, scale, offset, mean, variance)
    )
    if training:
        axes = _others(data_format, rank)
        count = x.size // scale.size if scale.size else 0
        size = np.float32(count or np.nan)
        batch_mean = total(wide, axes) / size
        mean_row = _row(batch_mean, data_format, rank)
        centred = wide - mean_row
        batch_variance = total_square(wide, mean_row, axes) / size
        kept = _running(jnp, count, batch_mean, batch_variance, (mean, variance), float(factor))
    else:
        batch_mean, batch_variance, kept = mean, variance, (mean, variance)
        centred = wide - _row(mean, data_format, rank)
    factor_row = _row(scale / jnp.sqrt(batch_variance + eps), data_format, rank)
    y = centred * factor_row + _row(offset, data_format, rank)
    saved = (v.astype(kept_type) for v in (*kept, batch_mean, batch_variance))
    return y.astype(x.dtype), *saved


def _forward_shape(extra: bool) -> Callable[[Inference], list[TensorShape]]:
    def rule(c: Inference) -> list[TensorShape]:
        x, scale = c.shape(0), c.shape(1)
        if x.rank is not None and x.rank not in (4, 5):
            raise ValueError(f"input must be 4 or 5-dimensional{shape_text(x)}")
        channels = scale.with_rank(1)
        if x.rank is not None:
            axis = _axis(c.attr("data_format"), x.rank)
            if not x[axis : axis + 1].is_compatible_with(channels):
                raise ValueError(
                    "scale must have the same number of elements as the channels of x, got "
                    f"{channels[0]} and {x[axis]}"
                )
            channels = channels.merge_with(x[axis : axis + 1])
        outputs = [x, channels, channels, channels, channels]
        return [*outputs, TensorShape(None)] if extra else outputs

    return rule


def _with_third(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel of version 3, which has one more (unused) output."""

    def kernel(
        x: Any,
        scale: Any,
        offset: Any,
        mean: Any,
        variance: Any,
        *,
        epsilon: float,
        exponential_avg_factor: float,
        data_format: str,
        is_training: bool,
    ) -> tuple[Any, ...]:
        outputs = forward(
            x,
            scale,
            offset,
            mean,
            variance,
            epsilon=epsilon,
            exponential_avg_factor=exponential_avg_factor,
            data_format=data_format,
            is_training=is_training,
        )
        return *outputs, np.zeros((), scale.dtype)

    return kernel


def _forward_grad(version: str) -> Callable[..., Any]:
    def gradient(op: Any, dy: Any, *_: Any) -> list[Any]:
        x, scale, _, mean, variance = op.inputs
        if dy is None:
            dy = raw.ZerosLike(op.outputs[0])
        training = op.attrs["is_training"]
        saved = list(op.outputs[3:5]) if training else [mean, variance]
        if version == "V3":
            saved.append(op.outputs[5])
        if scale.dtype.name != "float32" and version:
            scale = raw.Cast(scale, DstT=np.float32)
        dx, dscale, doffset, _, _ = find_op(f"FusedBatchNormGrad{version}")(
            dy,
            x,
            scale,
            *saved,
            epsilon=op.attrs["epsilon"],
            data_format=op.attrs["data_format"],
            is_training=training,
        )
        return [dx, dscale, doffset, None, None]

    # The gradients of the statistics are not passed on, so they need not be made.
    gradient.takes_missing_gradients = True  # type: ignore[attr-defined]
    return gradient


# ---- gradient ----


def _backward_host(
    y_backprop: Any,
    x: Any,
    scale: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> tuple[np.ndarray, ...]:
    _check(x, {"scale": scale, "mean": mean, "variance": variance}, data_format)
    if y_backprop.shape != x.shape:
        raise invalid(
            f"x and y_backprop must have same shape, but x has shape {shape_text(x.shape)} and "
            f"y_backprop has shape {shape_text(y_backprop.shape)}"
        )
    rank, axes, kind = x.ndim, _others(data_format, x.ndim), x.dtype
    x, dy = widen(x), widen(y_backprop)
    rsqrt = 1 / np.sqrt(variance + np.float32(epsilon))
    normal = (x - _row(mean, data_format, rank)) * _row(rsqrt, data_format, rank)
    doffset = dy.sum(axes, dtype=np.float64).astype(np.float32)
    dscale = (dy * normal).sum(axes, dtype=np.float64).astype(np.float32)
    dx = dy * _row(scale * rsqrt, data_format, rank)
    if is_training and x.size:
        count = np.float32(x.size // len(scale))
        normal *= _row(dscale / count, data_format, rank)
        normal += _row(doffset / count, data_format, rank)
        dx -= normal * _row(scale * rsqrt, data_format, rank)
    return dx.astype(kind, copy=False), dscale, doffset, _none(), _none()


def _none() -> np.ndarray:
    return np.zeros(0, np.float32)


def _backward_xla(
    y_backprop: Any,
    x: Any,
    scale: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    data_format: str,
    is_training: bool,
) -> tuple[Any, ...]:
    _check(x, {"scale": scale, "mean": mean, "variance": variance}, data_format)
    x = jnp.asarray(x)
    rank, axes, kind = x.ndim, _others(data_format, x.ndim), x.dtype
    x, dy = x.astype(np.float32), jnp.asarray(y_backprop).astype(np.float32)
    rsqrt = 1 / jnp.sqrt(variance + np.float32(epsilon))
    normal = (x - _row(mean, data_format, rank)) * _row(rsqrt, data_format, rank)
    doffset, dscale = total(dy, axes), total_product(dy, normal, axes)
    dx = dy
    if is_training and x.size:
        count = np.float32(x.size // scale.size)
        dx = dx - _row(doffset / count, data_format, rank)
        dx = dx - normal * _row(dscale / count, data_format, rank)
    dx = dx * _row(scale * rsqrt, data_format, rank)
    return dx.astype(kind), dscale, doffset, _none(), _none()


def _ignoring_third(backward: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel of version 3, which has one more (unused) input."""

    def kernel(
        y_backprop: Any,
        x: Any,
        scale: Any,
        mean: Any,
        variance: Any,
        _: Any,
        *,
        epsilon: float,
        data_format: str,
        is_training: bool,
    ) -> tuple[Any, ...]:
        return backward(
            y_backprop,
            x,
            scale,
            mean,
            variance,
            epsilon=epsilon,
            data_format=data_format,
            is_training=is_training,
        )

    return kernel


def _backward_shape(c: Inference) -> list[TensorShape]:
    shape = c.shape(1).merge_with(c.shape(0))
    channels = c.shape(2).with_rank(1)
    return [shape, channels, channels, TensorShape([0]), TensorShape([0])]


def _backward_grad(op: Any, *grads: Any) -> list[Any]:
    """Second derivatives. With x^ the normalised input, r = 1 / sqrt(variance + epsilon):

    dx = scale r (dy - mean(dy) - x^ mean(dy x^)),  dscale = sum(dy x^),  doffset = sum(dy),
    where the means stay out when not training.
    """
    gx, gscale, goffset = grads[:3]
    dy, x, scale, mean, variance = (_single(t) for t in op.inputs[:5])
    gx = _single(gx)
    rank = x.shape.rank
    axes = np.array(_others(op.attrs["data_format"], rank), np.int32)
    shape = np.ones(rank, np.int32)
    shape[_axis(op.attrs["data_format"], rank)] = -1

    def row(vector: Any) -> Any:
        return raw.Reshape(vector, shape)

    def total(tensor: Any) -> Any:
        return raw.Sum(tensor, axes, keep_dims=True)

    def average(tensor: Any) -> Any:
        return raw.Mean(tensor, axes, keep_dims=True)

    def flat(tensor: Any) -> Any:
        return raw.Reshape(tensor, np.array([-1], np.int32))

    r = row(raw.Rsqrt(variance + np.float32(op.attrs["epsilon"])))
    normal = (x - row(mean)) * r
    s, gscale, goffset = row(scale), row(gscale), row(goffset)
    if not op.attrs["is_training"]:
        to_dy = gx * s * r + gscale * normal + goffset
        return _as_inputs(op, to_dy, gscale * dy * r, flat(total(gx * dy) * r))
    mean_gx, mean_dy = average(gx), average(dy)
    mean_gn, mean_dn = average(gx * normal), average(dy * normal)
    to_dy = s * r * (gx - mean_gx - normal * mean_gn) + gscale * normal + goffset
    inner = total(gx * dy) - total(gx) * mean_dy - total(gx * normal) * mean_dn
    through = gscale * dy - s * r * (gx * mean_dn + dy * mean_gn)
    count = total(raw.OnesLike(x))
    to_x = r * (through - average(through) - normal * average(through * normal))
    to_x = to_x - s * r * r * inner * normal / count
    return _as_inputs(op, to_dy, to_x, flat(r * inner))


def _single(tensor: Any) -> Any:
    return tensor if tensor.dtype.name == "float32" else raw.Cast(tensor, DstT=np.float32)


def _as_inputs(op: Any, to_dy: Any, to_x: Any, to_scale: Any) -> list[Any]:
    kind = op.inputs[0].dtype
    if kind.name != "float32":
        to_dy, to_x = raw.Cast(to_dy, DstT=kind), raw.Cast(to_x, DstT=kind)
    return [to_dy, to_x, to_scale] + [None] * (len(op.inputs) - 3)


def _batch_norm_batching(call: Call) -> Any:
    """With given statistics every run is normalised alike; the statistics come out unchanged."""
    if call.attrs["is_training"]:
        raise Fallback
    folded, unfold = fold(call.tensor(0))
    first, *rest = call.run([folded, *(call.fixed(i) for i in range(1, len(call)))])
    return [unfold(first), *(Value(t, False) for t in rest)]


for _version in ("", "V2", "V3"):
    _last = _version == "V3"
    op(
        f"FusedBatchNorm{_version}",
        shape=_forward_shape(_last),
        host=_with_third(_forward_host) if _last else _forward_host,
        xla=_with_third(_forward_xla) if _last else _forward_xla,
        effects=PURE,
        batching=_batch_norm_batching,
        gradient=_forward_grad(_version),
    )
    op(
        f"FusedBatchNormGrad{_version}",
        shape=_backward_shape,
        host=_ignoring_third(_backward_host) if _last else _backward_host,
        xla=_ignoring_third(_backward_xla) if _last else _backward_xla,
        effects=PURE,
        gradient=_backward_grad,
    )


@export("compat.v1.nn.fused_batch_norm")
def fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> tuple[Any, Any, Any]:
    """Batch normalisation in one op.

    Args:
        x: float16, bfloat16 or float32 tensor of rank 4 or 5.
        scale: float32 tensor of shape `[channels]`.
        offset: float32 tensor of shape `[channels]`.
        mean: float32 tensor of shape `[channels]`: the population mean, needed when not training.
        variance: float32 tensor of shape `[channels]`: the population variance, likewise.
        epsilon: added to the variance.
        data_format: "NHWC", "NCHW", "NDHWC" or "NCDHW".
        is_training: use the batch's statistics rather than the population's.
        name: name of the node in a graph.
        exponential_avg_factor: weight of the batch in the statistics returned.

    Returns:
        `(y, running mean, running variance)`.

    Raises:
        ValueError: if `mean` or `variance` is missing.

    >>> import tidefall as tf
    >>> y, _, _ = tf.compat.v1.nn.fused_batch_norm(tf.ones([1, 2, 2, 1]), [1.0], [5.0])
    >>> y.numpy().ravel()
    array([5., 5., 5., 5.], dtype=float32)
    """
    if (not is_training or exponential_avg_factor != 1.0) and (mean is None or variance is None):
        raise ValueError(
            "Both `mean` and `variance` must be a 1D tensor when `is_training` is False or "
            "`exponential_avg_factor` != 1.0. "
            f"Received: `mean` {mean!r} and `variance` {variance!r}"
        )
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    empty = np.zeros(0, np.float32)
    # cuDNN takes no smaller one, and TensorFlow keeps to that everywhere.
    epsilon = max(epsilon, 1.001e-5)
    outputs = raw.FusedBatchNormV3(
        x,
        scale,
        offset,
        empty if mean is None else mean,
        empty if variance is None else variance,
        epsilon=epsilon,
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
        name=name,
    )
    return outputs[0], outputs[1], outputs[2]
