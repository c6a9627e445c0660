"""The pooling ops: MaxPool, AvgPool, their 3-D forms and their gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import find_op, op
from tidefall.op.traits import SAFE_IN_HALF
from tidefall.ops.batching import batch_of_shape, batches, one_batch
from tidefall.ops.common import invalid, same_as, shape_text
from tidefall.ops.nn.convolution.ops import shape_of
from tidefall.ops.nn.pooling import kernels, lowerings
from tidefall.ops.nn.windows import Geometry, Ints, channels_first, geometry, window_shape

Window = tuple[Ints, Ints, str, Ints, str]
"""Window sizes, strides, padding, explicit paddings and data format, as tuples."""


def check_pool(rank: int, how: Window) -> None:
    """Raise for windows that pooling does not take."""
    windows, strides, padding, explicit, data_format = how
    if len(windows) != rank or len(strides) != rank:
        raise invalid(
            f"Sliding window ksize and strides fields must specify {rank} dimensions, got "
            f"{list(windows)} and {list(strides)}"
        )
    if min(windows) < 1:
        raise invalid(
            "Sliding window ksize must be positive. The specified or inferred ksize is: "
            + ",".join(map(str, windows))
        )
    if min(strides) < 1:
        raise invalid(f"Stride must be > 0, but got {min(strides)}")
    if windows[0] != 1 or strides[0] != 1:
        raise UnimplementedError(None, None, "Pooling is not yet supported on the batch dimension.")
    depth = 1 if channels_first(data_format) else rank - 1
    if windows[depth] != 1 and any(w != 1 for i, w in enumerate(windows) if i != depth):
        raise UnimplementedError(
            None,
            None,
            "MaxPooling supports exactly one of pooling across depth or pooling across "
            "width/height.",
        )
    if padding == "EXPLICIT":
        _check_explicit(rank, windows, explicit)


def _check_explicit(rank: int, windows: Ints, explicit: Ints) -> None:
    if len(explicit) != 2 * rank:
        raise invalid(
            f"explicit_paddings attribute must contain {2 * rank} values, but got: {len(explicit)}"
        )
    if min(explicit) < 0:
        raise invalid(f"All elements of explicit_paddings must be nonnegative: {list(explicit)}")
    for i, window in enumerate(windows):
        for amount in explicit[2 * i : 2 * i + 2]:
            if amount >= window and amount:
                raise invalid(
                    f"Padding {amount} of dimension {i} needs to be smaller than the window size "
                    f"{window}"
                )


@lru_cache(4096)
def pool_geometry(shape: Ints, how: Window) -> Geometry:
    """Geometry of pooling an input of that shape, over all its dimensions."""
    windows, strides, padding, explicit, _ = how
    if len(shape) != len(windows):
        raise ValueError(f"tensor_in must be {len(windows)}-dimensional: {shape_text(shape)}")
    check_pool(len(shape), how)
    return geometry(shape, windows, strides, padding, explicit)


def window(
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    explicit_paddings: Sequence[int] = (),
) -> Window:
    """The attributes of a pooling op, hashable."""
    return tuple(ksize), tuple(strides), padding, tuple(explicit_paddings), data_format


def window_attrs(c: Inference) -> Window:
    return window(
        c.attr("ksize"),
        c.attr("strides"),
        c.attr("padding"),
        c.attrs.get("data_format", "NHWC"),
        c.attrs.get("explicit_paddings", ()),
    )


def pooled_shape(c: Inference, how: Window) -> TensorShape:
    windows, strides, padding, explicit, _ = how
    rank = len(windows)
    shape = c.shape(0)
    if shape.rank not in (None, rank):
        raise ValueError(f"tensor_in must be {rank}-dimensional: {shape_text(shape)}")
    check_pool(rank, how)
    return TensorShape(window_shape(shape, windows, strides, padding, explicit))


def _pool_shape(c: Inference) -> TensorShape:
    return pooled_shape(c, window_attrs(c))


def _pool_shape_v2(c: Inference) -> TensorShape:
    ksize, strides = c.constant(1), c.constant(2)
    if ksize is None or strides is None:
        return TensorShape([None] * 4)
    return pooled_shape(c, window(ksize.tolist(), strides.tolist(), c.attr("padding"), "NHWC"))


def _check_like(dy: Any, shape: Ints, what: str) -> None:
    if tuple(dy.shape) != tuple(shape):
        raise invalid(
            f"Expected {what} to have shape {shape_text(shape)}, but got {shape_text(dy.shape)}"
        )


# ---- kernels for host (`kernels`) and XLA (`lowerings`), which share their functions' names ----


def _max(of: Any) -> Callable[..., Any]:
    def max_pool(
        x: Any, *, ksize: Any, strides: Any, padding: Any, explicit_paddings: Any, data_format: Any
    ) -> Any:
        how = window(ksize, strides, padding, data_format, explicit_paddings)
        return of.max_pool(x, pool_geometry(x.shape, how))

    return max_pool


def _max_v2(of: Any) -> Callable[..., Any]:
    def max_pool(x: Any, ksize: Any, strides: Any, *, padding: Any, data_format: Any) -> Any:
        how = window(ksize.tolist(), strides.tolist(), padding, data_format)
        return of.max_pool(x, pool_geometry(x.shape, how))

    return max_pool


def _max_3d(of: Any) -> Callable[..., Any]:
    def max_pool(x: Any, *, ksize: Any, strides: Any, padding: Any, data_format: Any) -> Any:
        how = window(ksize, strides, padding, data_format)
        return of.max_pool(x, pool_geometry(x.shape, how))

    return max_pool


def _max_back(of: Any, x: Any, y: Any, dy: Any, how: Window) -> Any:
    g = pool_geometry(x.shape, how)
    _check_like(y, g.outs, "orig_output")
    _check_like(dy, g.outs, "grad")
    return of.max_pool_gradient(x, y, dy, g)


def _max_back_back(of: Any, x: Any, y: Any, ddx: Any, how: Window) -> Any:
    g = pool_geometry(x.shape, how)
    _check_like(y, g.outs, "orig_output")
    _check_like(ddx, g.sizes, "grad")
    return of.max_pool_gradient_gradient(x, y, ddx, g)


def _max_grad(of: Any) -> Callable[..., Any]:
    def gradient(
        x: Any,
        y: Any,
        dy: Any,
        *,
        ksize: Any,
        strides: Any,
        padding: Any,
        explicit_paddings: Any,
        data_format: Any,
    ) -> Any:
        how = window(ksize, strides, padding, data_format, explicit_paddings)
        return _max_back(of, x, y, dy, how)

    return gradient


def _plain(of: Any, back: Callable[..., Any]) -> Callable[..., Any]:
    """Gradient kernels of the ops without explicit paddings."""

    def gradient(
        x: Any, y: Any, dy: Any, *, ksize: Any, strides: Any, padding: Any, data_format: Any
    ) -> Any:
        return back(of, x, y, dy, window(ksize, strides, padding, data_format))

    return gradient


def _plain_v2(of: Any, back: Callable[..., Any]) -> Callable[..., Any]:
    """Gradient kernels of the ops that take their window as inputs."""

    def gradient(
        x: Any, y: Any, dy: Any, ksize: Any, strides: Any, *, padding: Any, data_format: Any
    ) -> Any:
        return back(of, x, y, dy, window(ksize.tolist(), strides.tolist(), padding, data_format))

    return gradient


def _avg(of: Any) -> Callable[..., Any]:
    def avg_pool(x: Any, *, ksize: Any, strides: Any, padding: Any, data_format: Any) -> Any:
        return of.avg_pool(x, pool_geometry(x.shape, window(ksize, strides, padding, data_format)))

    return avg_pool


def _avg_grad_geometry(sizes: Any, dy: Any, how: Window) -> Geometry:
    shape = tuple(int(n) for n in np.asarray(sizes).reshape(-1))
    g = pool_geometry(shape, how)
    _check_like(dy, g.outs, "grad")
    return g


def _avg_grad_host(
    sizes: Any, dy: Any, *, ksize: Any, strides: Any, padding: Any, data_format: Any
) -> np.ndarray:
    g = _avg_grad_geometry(sizes, dy, window(ksize, strides, padding, data_format))
    return kernels.avg_pool_gradient(dy, g.sizes, g)


def _avg_grad_xla(
    sizes: Any, dy: Any, *, ksize: Any, strides: Any, padding: Any, data_format: Any
) -> Any:
    g = _avg_grad_geometry(sizes, dy, window(ksize, strides, padding, data_format))
    return lowerings.avg_pool_gradient(dy, g)


# ---- gradients ----


def same_attrs(op: Any, *names: str) -> dict[str, Any]:
    return {name: op.attrs[name] for name in names if name in op.attrs}


_PLAIN = ("ksize", "strides", "padding", "data_format")


def _max_pool_grad(name: str) -> Callable[..., Any]:
    def gradient(op: Any, dy: Any) -> Any:
        how = same_attrs(op, *_PLAIN, "explicit_paddings")
        return find_op(name)(op.inputs[0], op.outputs[0], dy, **how)

    return gradient


def _max_pool_grad_grad(forward: str, back: str) -> Callable[..., Any]:
    """Gradient of a max pooling gradient `back`, whose own gradient is `forward`."""

    def gradient(op: Any, ddx: Any) -> list[Any]:
        x, y = op.inputs[:2]
        if op.attrs.get("padding") == "EXPLICIT":
            raise UnimplementedError(
                None, None, f"The gradient of {op.type} with explicit padding is not implemented."
            )
        zeros = raw.ZerosLike
        return [zeros(x), zeros(y), find_op(forward)(x, y, ddx, **same_attrs(op, *_PLAIN))]

    return gradient


def _v2_grad(op: Any, dy: Any) -> list[Any]:
    x, ksize, strides = op.inputs
    how = same_attrs(op, "padding", "data_format")
    return [raw.MaxPoolGradV2(x, op.outputs[0], dy, ksize, strides, **how), None, None]


def _v2_grad_grad(name: str) -> Callable[..., Any]:
    def gradient(op: Any, ddx: Any) -> list[Any]:
        x, y, _, ksize, strides = op.inputs
        how = same_attrs(op, "padding", "data_format")
        zeros = raw.ZerosLike
        return [zeros(x), zeros(y), find_op(name)(x, y, ddx, ksize, strides, **how), None, None]

    return gradient


def _avg_pool_grad(name: str) -> Callable[..., Any]:
    def gradient(op: Any, dy: Any) -> Any:
        return find_op(name)(shape_of(op.inputs[0]), dy, **same_attrs(op, *_PLAIN))

    return gradient


def _avg_pool_grad_grad(name: str) -> Callable[..., Any]:
    def gradient(op: Any, ddx: Any) -> list[Any]:
        return [None, find_op(name)(ddx, **same_attrs(op, *_PLAIN))]

    return gradient


# ---- the ops ----

max_pool_op = op(
    "MaxPool",
    shape=_pool_shape,
    host=_max(kernels),
    xla=_max(lowerings),
    effects=PURE,
    traits=(SAFE_IN_HALF,),
    batching=one_batch,
    gradient=_max_pool_grad("MaxPoolGrad"),
)
max_pool_grad_op = op(
    "MaxPoolGrad",
    shape=same_as(0),
    host=_max_grad(kernels),
    xla=_max_grad(lowerings),
    effects=PURE,
    traits=(SAFE_IN_HALF,),
    batching=batches,
    gradient=_max_pool_grad_grad("MaxPoolGradGrad", "MaxPoolGrad"),
)
op(
    "MaxPoolGradGrad",
    shape=same_as(1),
    host=_plain(kernels, _max_back_back),
    xla=_plain(lowerings, _max_back_back),
    effects=PURE,
    batching=batches,
    gradient=_max_pool_grad_grad("MaxPoolGrad", "MaxPoolGradGrad"),
)
op(
    "MaxPoolV2",
    shape=_pool_shape_v2,
    host=_max_v2(kernels),
    xla=_max_v2(lowerings),
    effects=PURE,
    gradient=_v2_grad,
    static=("ksize", "strides"),
)
op(
    "MaxPoolGradV2",
    shape=same_as(0),
    host=_plain_v2(kernels, _max_back),
    xla=_plain_v2(lowerings, _max_back),
    effects=PURE,
    gradient=_v2_grad_grad("MaxPoolGradGradV2"),
    static=("ksize", "strides"),
)
op(
    "MaxPoolGradGradV2",
    shape=same_as(1),
    host=_plain_v2(kernels, _max_back_back),
    xla=_plain_v2(lowerings, _max_back_back),
    effects=PURE,
    gradient=_v2_grad_grad("MaxPoolGradV2"),
    static=("ksize", "strides"),
)
max_pool_3d_op = op(
    "MaxPool3D",
    shape=_pool_shape,
    host=_max_3d(kernels),
    xla=_max_3d(lowerings),
    effects=PURE,
    batching=one_batch,
    gradient=_max_pool_grad("MaxPool3DGrad"),
)
op(
    "MaxPool3DGrad",
    shape=same_as(0),
    host=_plain(kernels, _max_back),
    xla=_plain(lowerings, _max_back),
    effects=PURE,
    batching=batches,
    gradient=_max_pool_grad_grad("MaxPool3DGradGrad", "MaxPool3DGrad"),
)
op(
    "MaxPool3DGradGrad",
    shape=same_as(1),
    host=_plain(kernels, _max_back_back),
    xla=_plain(lowerings, _max_back_back),
    effects=PURE,
    batching=batches,
    gradient=_max_pool_grad_grad("MaxPool3DGrad", "MaxPool3DGradGrad"),
)


def _avg_grad_shape(c: Inference) -> TensorShape:
    return c.constant_shape(0)


for _suffix in ("", "3D"):
    op(
        f"AvgPool{_suffix}",
        shape=_pool_shape,
        host=_avg(kernels),
        xla=_avg(lowerings),
        effects=PURE,
        traits=(SAFE_IN_HALF,),
        batching=one_batch,
        gradient=_avg_pool_grad(f"AvgPool{_suffix}Grad"),
    )
    op(
        f"AvgPool{_suffix}Grad",
        shape=_avg_grad_shape,
        host=_avg_grad_host,
        xla=_avg_grad_xla,
        effects=PURE,
        traits=(SAFE_IN_HALF,),
        batching=batch_of_shape,
        gradient=_avg_pool_grad_grad(f"AvgPool{_suffix}"),
        static=("orig_input_shape",),
    )
