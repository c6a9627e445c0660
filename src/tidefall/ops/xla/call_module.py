"""XlaCallModule: a whole program as the value of an attribute. It is what jax2tf writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import NotFoundError, UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import READS_OUTSIDE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.ops.common import invalid
from tidefall.ops.xla import stablehlo

OLDEST, NEWEST = 4, 10
"""Versions of the calling convention of modules that can be run."""


def _shape(c: Inference) -> list[TensorShape]:
    said = [TensorShape(shape) for shape in c.attr("Sout")]
    count = len(c.attr("Tout"))
    return (said + [TensorShape(None)] * count)[:count]


def _xla(
    args: list[Any],
    *,
    version: int,
    module: Any,
    Sout: Any,
    Tout: Any,
    dim_args_spec: Any,
    platforms: Any,
    disabled_checks: Any,
    use_shardy_partitioner: bool,
) -> list[Any]:
    _check_version(version)
    if dim_args_spec:
        raise UnimplementedError(None, None, "dim_args_spec attribute is no longer supported")
    if len(Sout) != len(Tout):
        raise invalid(f"The size of Sout ({len(Sout)}) must match the size of Tout ({len(Tout)})")
    platform = stablehlo.current_platform()
    program = stablehlo.specialize(
        module.encode() if isinstance(module, str) else bytes(module),
        [(tuple(a.shape), np.dtype(a.dtype)) for a in args],
        [np.dtype(dtype.as_numpy_dtype) for dtype in Tout],
        platform=platform,
        platform_index=_platform_index(platform, version, platforms, disabled_checks),
        assertions=version < 7 or "shape_assertions" not in disabled_checks,
        shardy=use_shardy_partitioner,
    )
    for i, (said, (shape, _)) in enumerate(zip(Sout, program.outputs, strict=True)):
        if not TensorShape(said).is_compatible_with(shape):
            raise invalid(
                f"Result {i} of the module has the shape {list(shape)}, and Sout says {said}."
            )
    return stablehlo.call(program, args)


def _check_version(version: int) -> None:
    if version < OLDEST:
        raise invalid(
            f"XlaCallModuleOp with version {version} is not supported anymore. Must be >= {OLDEST}"
        )
    if version > NEWEST:
        raise invalid(
            f"XlaCallModuleOp with version {version} is not supported by this build. Must be <= "
            f"{NEWEST}"
        )


def _platform_index(platform: str, version: int, platforms: Any, disabled: Any) -> int | None:
    """What the module takes as the index of its platform; None if it takes none."""
    names = [_text(p) for p in platforms]
    if not names:
        raise invalid(f"XlaCallModuleOp with version {version} must have non-empty platforms.")
    if platform not in names and not (version >= 6 and "platform" in map(_text, disabled)):
        raise NotFoundError(
            None,
            None,
            f"The current platform {platform} is not among the platforms required by the module: "
            f"[{', '.join(names)}]",
        )
    if len(names) == 1:
        return None
    return names.index(platform) if platform in names else 0


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _gradient(op: Any, *grads: Any) -> Any:
    raise LookupError(
        "No gradient defined for operation XlaCallModule: a program in StableHLO cannot be turned "
        "around. Functions that jax2tf converted bring their gradients along; save them with "
        "tf.saved_model.SaveOptions(experimental_custom_gradients=True)."
    )


call_module_op = op(
    "XlaCallModule",
    shape=_shape,
    xla=_xla,
    # A module may call the host; one without outputs runs, and is refused, all the same.
    effects=READS_OUTSIDE,
    gradient=_gradient,
)
