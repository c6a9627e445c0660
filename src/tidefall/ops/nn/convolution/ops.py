"""The convolution ops: Conv2D, Conv3D and their gradients, in both channel layouts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.native import convolution as native
from tidefall.native.library import call, takes_products
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import op
from tidefall.op.traits import GAINS_BY_HALF, MULTILINEAR, TOTAL
from tidefall.ops.batching import batch_of_shape, one_batch
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.eager_tiers import prefer_compiled
from tidefall.ops.nn.convolution import kernels, lowerings
from tidefall.ops.nn.windows import (
    Geometry,
    Ints,
    channels_first,
    from_last,
    geometry,
    out_size,
    spatial,
    to_last,
)

Dims = Sequence[int | None]
Settings = tuple[Ints, str, Ints, Ints, str]
"""Strides, padding, explicit paddings, dilations and data format, as tuples."""


def settings(
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int],
    data_format: str,
    explicit_paddings: Sequence[int] = (),
) -> Settings:
    """The attributes of a convolution, hashable."""
    return tuple(strides), padding, tuple(explicit_paddings), tuple(dilations), data_format


def check_window(rank: int, how: Settings) -> None:
    """Raise for strides, dilations or paddings that no kernel takes."""
    strides, padding, explicit, dilations, data_format = how
    for name, values in (("strides", strides), ("dilations", dilations)):
        if len(values) != rank:
            raise invalid(
                f"Sliding window {name} field must specify {rank} dimensions, got {list(values)}"
            )
        channel = values[1] if channels_first(data_format) else values[-1]
        if values[0] != 1 or channel != 1:
            raise UnimplementedError(
                None,
                None,
                f"Current implementation does not yet support {name} in the batch and depth "
                f"dimensions, got {list(values)}",
            )
        if min(values) < 1:
            raise invalid(f"Row and column {name} should be larger than 0, got {list(values)}")
    if padding != "EXPLICIT":
        return
    if len(explicit) != 2 * rank:
        raise invalid(
            f"explicit_paddings attribute must contain {2 * rank} values, but got: {len(explicit)}"
        )
    if min(explicit) < 0:
        raise invalid(f"All elements of explicit_paddings must be nonnegative: {list(explicit)}")
    channel = explicit[2:4] if channels_first(data_format) else explicit[-2:]
    if any(explicit[:2]) or any(channel):
        raise invalid("Nonzero explicit padding in the batch or depth dimensions is not supported")


def check_channels(depth: int | None, w: Dims) -> None:
    """Raise unless the filter `[..., channels / groups, filters]` fits `depth` input channels."""
    part, filters = w[-2:]
    if part == 0:
        raise invalid("filter depth must be stricly positive, got 0")
    if depth is None or part is None:
        return
    if depth % part:
        raise invalid(
            f"input depth must be evenly divisible by filter depth: {depth} vs {part}. The input "
            f"has {depth} channels and the filter of shape {shape_text(w)} takes {part}"
        )
    groups = depth // part
    if filters is not None and groups and filters % groups:
        raise invalid(
            f"output depth must be evenly divisible by number of groups: {filters} vs {groups}"
        )


def explicit_spatial(explicit: Ints, data_format: str) -> Ints:
    """The explicit paddings of the spatial dimensions."""
    return explicit[4:] if channels_first(data_format) else explicit[2:-2]


@lru_cache(4096)
def conv_geometry(x: Ints, window: Ints, how: Settings) -> Geometry:
    """Geometry of the spatial dimensions for an input shape and a window."""
    strides, padding, explicit, dilations, data_format = how
    check_window(len(x), how)
    return geometry(
        spatial(x, data_format),
        window,
        spatial(strides, data_format),
        padding,
        explicit_spatial(explicit, data_format),
        spatial(dilations, data_format),
    )


@lru_cache(4096)
def forward_geometry(x: Ints, w: Ints, how: Settings) -> tuple[Geometry, int]:
    """Geometry and number of groups of a convolution; raises for shapes that do not fit."""
    if len(w) != len(x):
        raise ValueError("ranks differ")
    check_channels(x[1] if channels_first(how[4]) else x[-1], w)
    g = conv_geometry(x, w[:-2], how)
    return g, (x[1] if channels_first(how[4]) else x[-1]) // w[-2]


def out_shape(g: Geometry, batch: int, filters: int, data_format: str) -> Ints:
    """Shape of the output of a convolution."""
    if channels_first(data_format):
        return (batch, filters, *g.outs)
    return (batch, *g.outs, filters)


def _given(c: Inference) -> Settings:
    return settings(
        c.attr("strides"),
        c.attr("padding"),
        c.attr("dilations"),
        c.attr("data_format"),
        c.attrs.get("explicit_paddings", ()),
    )


def ranked(shape: TensorShape, rank: int, what: str) -> TensorShape:
    """`shape` with that rank; an error that says what it is the shape of otherwise."""
    if shape.rank not in (None, rank):
        raise ValueError(f"{what} must be {rank}-dimensional: {shape_text(shape)}")
    return shape.with_rank(rank)


def forward_shape(
    rank: int, filters_of: Callable[[Dims, int | None], int | None]
) -> Callable[[Inference], TensorShape]:
    """Shape rule of a convolution whose number of output channels follows from the filter."""

    def rule(c: Inference) -> TensorShape:
        how = _given(c)
        strides, padding, explicit, dilations, data_format = how
        x = ranked(c.shape(0), rank, "convolution input").as_list()
        w = ranked(c.shape(1), rank, "convolution filter").as_list()
        check_window(rank, how)
        depth = x[1] if channels_first(data_format) else x[-1]
        filters = filters_of(w, depth)
        pads = explicit_spatial(explicit, data_format) or (0,) * (2 * rank)
        outs = [
            out_size(n, w[i], s, d, padding, pads[2 * i], pads[2 * i + 1])
            for i, (n, s, d) in enumerate(
                zip(
                    spatial(x, data_format),
                    spatial(strides, data_format),
                    spatial(dilations, data_format),
                    strict=True,
                )
            )
        ]
        if channels_first(data_format):
            return TensorShape([x[0], filters, *outs])
        return TensorShape([x[0], *outs, filters])

    return rule


def _filters(w: Dims, depth: int | None) -> int | None:
    check_channels(depth, w)
    return w[-1]


def input_gradient_shape(rank: int) -> Callable[[Inference], TensorShape]:
    """Shape rule of a gradient with respect to the input: `input_sizes` says it."""

    def rule(c: Inference) -> TensorShape:
        ranked(c.shape(1), rank, "filter")
        dy = ranked(c.shape(2), rank, "out_backprop")
        sizes = c.constant_shape(0)
        if sizes.rank == rank - 2 and rank == 4:
            return _completed(sizes, c.shape(1).with_rank(rank), dy, c.attr("data_format"))
        return ranked(sizes, rank, "input_sizes")

    return rule


def _completed(sizes: Any, w: Any, dy: Any, data_format: str) -> TensorShape:
    """The input's shape when only its spatial sizes were given."""
    if channels_first(data_format):
        return TensorShape([dy[0], w[-2], *sizes])
    return TensorShape([dy[0], *sizes, w[-2]])


def filter_gradient_shape(rank: int) -> Callable[[Inference], TensorShape]:
    """Shape rule of a gradient with respect to the filter: `filter_sizes` says it."""

    def rule(c: Inference) -> TensorShape:
        ranked(c.shape(0), rank, "input")
        ranked(c.shape(2), rank, "out_backprop")
        return ranked(c.constant_shape(1), rank, "filter_sizes")

    return rule


def full_input_shape(sizes: Any, w: Ints, dy: Ints, data_format: str) -> Ints:
    """The input's shape from `input_sizes`, which may give the spatial sizes alone."""
    given = tuple(int(n) for n in np.asarray(sizes).reshape(-1))
    if len(given) == len(w):
        return given
    if len(given) == len(w) - 2:
        return tuple(_completed(given, w, dy, data_format).as_list())  # type: ignore[arg-type]
    raise invalid(f"input_sizes must have {len(w)} elements, got {list(given)}")


def check_backprop(dy: Ints, expected: Ints, g: Geometry) -> None:
    """Raise unless the output gradient has the shape of the output."""
    if dy != expected:
        raise invalid(
            f"Size of out_backprop doesn't match computed: actual = {shape_text(dy)}, computed = "
            f"{shape_text(expected)} for input {shape_text(g.sizes)}, filter "
            f"{shape_text(g.windows)}, strides {shape_text(g.strides)}, dilations "
            f"{shape_text(g.dilations)}"
        )


# ---- kernels with the attributes as the ops give them ----


def convolve(x: Any, w: Any, how: Settings) -> np.ndarray:
    g, groups = forward_geometry(x.shape, w.shape, how)
    if takes_products(x, w):
        return native.convolve(call, x, w, g, groups, channels_first(how[4]))
    return from_last(kernels.convolve(to_last(x, how[4]), w, g), how[4])


def convolve_xla(x: Any, w: Any, how: Settings) -> Any:
    g, groups = forward_geometry(x.shape, w.shape, how)
    return lowerings.convolve(x, w, g, how[4], groups)


def _input_gradient_geometry(
    sizes: Any, w: Any, dy: Any, how: Settings
) -> tuple[Ints, Geometry, int]:
    shape = full_input_shape(sizes, w.shape, dy.shape, how[4])
    g, groups = forward_geometry(shape, w.shape, how)
    check_backprop(dy.shape, out_shape(g, shape[0], w.shape[-1], how[4]), g)
    return shape, g, groups


def input_gradient(sizes: Any, w: Any, dy: Any, how: Settings) -> np.ndarray:
    shape, g, groups = _input_gradient_geometry(sizes, w, dy, how)
    if takes_products(dy, w):
        return native.convolve_input_gradient(call, dy, w, g, groups, channels_first(how[4]))
    if channels_first(how[4]):
        shape = (shape[0], *shape[2:], shape[1])
    return from_last(kernels.convolve_input_gradient(to_last(dy, how[4]), w, shape, g), how[4])


def input_gradient_xla(sizes: Any, w: Any, dy: Any, how: Settings) -> Any:
    shape, g, groups = _input_gradient_geometry(sizes, w, dy, how)
    if 0 in dy.shape:
        return jnp.zeros(shape, dy.dtype)
    return lowerings.convolve_input_gradient(dy, w, g, how[4], groups)


def _filter_gradient_geometry(
    x: Any, sizes: Any, dy: Any, how: Settings
) -> tuple[Ints, Geometry, int]:
    shape = tuple(int(n) for n in np.asarray(sizes).reshape(-1))
    g, groups = forward_geometry(x.shape, shape, how)
    check_backprop(dy.shape, out_shape(g, x.shape[0], shape[-1], how[4]), g)
    return shape, g, groups


def filter_gradient(x: Any, sizes: Any, dy: Any, how: Settings) -> np.ndarray:
    shape, g, groups = _filter_gradient_geometry(x, sizes, dy, how)
    if takes_products(x, dy):
        return native.convolve_filter_gradient(call, x, dy, g, groups, channels_first(how[4]))
    return kernels.convolve_filter_gradient(to_last(x, how[4]), to_last(dy, how[4]), shape, g)


def filter_gradient_xla(x: Any, sizes: Any, dy: Any, how: Settings) -> Any:
    shape, g, groups = _filter_gradient_geometry(x, sizes, dy, how)
    if 0 in dy.shape:
        return jnp.zeros(shape, dy.dtype)
    return lowerings.convolve_filter_gradient(x, dy, g, how[4], groups)


def with_2d_attrs(kernel: Callable[..., Any], inputs: int) -> Callable[..., Any]:
    """A kernel of `inputs` arrays and settings, as one that takes the attributes of Conv2D."""
    if inputs == 2:

        def two(
            a: Any,
            b: Any,
            *,
            strides: Any,
            padding: Any,
            explicit_paddings: Any,
            dilations: Any,
            data_format: Any,
        ) -> Any:
            how = settings(strides, padding, dilations, data_format, explicit_paddings)
            return kernel(a, b, how)

        return two

    def three(
        a: Any,
        b: Any,
        c: Any,
        *,
        strides: Any,
        padding: Any,
        explicit_paddings: Any,
        dilations: Any,
        data_format: Any,
    ) -> Any:
        how = settings(strides, padding, dilations, data_format, explicit_paddings)
        return kernel(a, b, c, how)

    return three


def _with_3d_attrs(kernel: Callable[..., Any], inputs: int) -> Callable[..., Any]:
    if inputs == 2:

        def two(
            a: Any, b: Any, *, strides: Any, padding: Any, dilations: Any, data_format: Any
        ) -> Any:
            return kernel(a, b, settings(strides, padding, dilations, data_format))

        return two

    def three(
        a: Any, b: Any, c: Any, *, strides: Any, padding: Any, dilations: Any, data_format: Any
    ) -> Any:
        return kernel(a, b, c, settings(strides, padding, dilations, data_format))

    return three


# ---- gradients, each written with the other two ops ----


def shape_of(x: Any) -> Any:
    """The shape of a tensor as an int32 vector: a constant where it is known."""
    if x.shape.is_fully_defined():
        return np.array(x.shape.as_list(), np.int32)
    return raw.Shape(x)


_WINDOW_ATTRS = ("strides", "padding", "explicit_paddings", "dilations", "data_format")


def same_window(op: Any) -> dict[str, Any]:
    """The attributes that an op and the ops of its gradient share."""
    attrs = op.attrs
    return {key: attrs[key] for key in _WINDOW_ATTRS if key in attrs}


def gradients(
    forward: Callable[[], Op], to_input: Callable[[], Op], to_filter: Callable[[], Op]
) -> tuple[Any, Any, Any]:
    """Gradient functions of a convolution and of its two gradient ops."""

    def of_forward(op: Any, dy: Any) -> list[Any]:
        x, w = op.inputs
        how = same_window(op)
        wanted = getattr(op, "needed", None) or (True, True)
        return [
            to_input()(shape_of(x), w, dy, **how) if wanted[0] else None,
            to_filter()(x, shape_of(w), dy, **how) if wanted[1] else None,
        ]

    def of_input_gradient(op: Any, ddx: Any) -> list[Any]:
        _, w, dy = op.inputs
        how = same_window(op)
        return [None, to_filter()(ddx, shape_of(w), dy, **how), forward()(ddx, w, **how)]

    def of_filter_gradient(op: Any, ddw: Any) -> list[Any]:
        x, _, dy = op.inputs
        how = same_window(op)
        return [to_input()(shape_of(x), ddw, dy, **how), None, forward()(x, ddw, **how)]

    return of_forward, of_input_gradient, of_filter_gradient


_grads_2d = gradients(lambda: conv2d_op, lambda: conv2d_input_op, lambda: conv2d_filter_op)
_grads_3d = gradients(lambda: conv3d_op, lambda: conv3d_input_op, lambda: conv3d_filter_op)

conv2d_op = op(
    "Conv2D",
    shape=forward_shape(4, _filters),
    host=with_2d_attrs(convolve, 2),
    xla=with_2d_attrs(convolve_xla, 2),
    effects=PURE,
    traits=(MULTILINEAR, TOTAL, GAINS_BY_HALF),
    batching=one_batch,
    gradient=_grads_2d[0],
)
conv2d_input_op = op(
    "Conv2DBackpropInput",
    shape=input_gradient_shape(4),
    host=with_2d_attrs(input_gradient, 3),
    xla=with_2d_attrs(input_gradient_xla, 3),
    effects=PURE,
    traits=(GAINS_BY_HALF,),
    batching=batch_of_shape,
    gradient=_grads_2d[1],
    static=("input_sizes",),
)
conv2d_filter_op = op(
    "Conv2DBackpropFilter",
    shape=filter_gradient_shape(4),
    host=with_2d_attrs(filter_gradient, 3),
    xla=with_2d_attrs(filter_gradient_xla, 3),
    effects=PURE,
    traits=(GAINS_BY_HALF,),
    gradient=_grads_2d[2],
    static=("filter_sizes",),
)
conv3d_op = op(
    "Conv3D",
    shape=forward_shape(5, _filters),
    host=_with_3d_attrs(convolve, 2),
    xla=_with_3d_attrs(convolve_xla, 2),
    effects=PURE,
    traits=(MULTILINEAR, GAINS_BY_HALF),
    batching=one_batch,
    gradient=_grads_3d[0],
)
conv3d_input_op = op(
    "Conv3DBackpropInputV2",
    shape=input_gradient_shape(5),
    host=_with_3d_attrs(input_gradient, 3),
    xla=_with_3d_attrs(input_gradient_xla, 3),
    effects=PURE,
    traits=(GAINS_BY_HALF,),
    batching=batch_of_shape,
    gradient=_grads_3d[1],
    static=("input_sizes",),
)
conv3d_filter_op = op(
    "Conv3DBackpropFilterV2",
    shape=filter_gradient_shape(5),
    host=_with_3d_attrs(filter_gradient, 3),
    xla=_with_3d_attrs(filter_gradient_xla, 3),
    effects=PURE,
    traits=(GAINS_BY_HALF,),
    gradient=_grads_3d[2],
    static=("filter_sizes",),
)

prefer_compiled(
    conv2d_op, conv2d_input_op, conv2d_filter_op, conv3d_op, conv3d_input_op, conv3d_filter_op
)
