"""XLA ops that TensorFlow exposes to Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.ops.common import lax, unchanged


def _update_host(operand: Any, update: Any, indices: Any) -> Any:
    limits = np.array(operand.shape) - np.array(update.shape)
    start = np.minimum(np.maximum(np.asarray(indices), 0), limits)
    result = np.array(operand)
    result[tuple(slice(int(s), int(s) + n) for s, n in zip(start, update.shape, strict=True))] = (
        update
    )
    return result


def _update_xla(operand: Any, update: Any, indices: Any) -> Any:
    return lax.dynamic_update_slice(operand, update, [indices[i] for i in range(operand.ndim)])


def _update_grad(op: Any, dy: Any) -> list[Any]:
    _operand, update, indices = op.inputs
    zeros = raw.ZerosLike(update)
    size = raw.Shape(update, out_type=indices.dtype)
    return [
        raw.XlaDynamicUpdateSlice(dy, zeros, indices),
        raw.Slice(dy, indices, size),
        None,
    ]


op(
    "XlaDynamicUpdateSlice",
    shape=unchanged,
    host=_update_host,
    xla=_update_xla,
    effects=PURE,
    gradient=_update_grad,
)


def dynamic_update_slice(x: Any, updates: Any, start_indices: Any) -> Any:
    """`x` with the block at `start_indices` replaced by `updates`.

    Args:
        x: tensor of rank n.
        updates: tensor of rank n, no larger than `x` in any dimension.
        start_indices: integer vector of length n; clamped so that the block fits.
    """
    return raw.XlaDynamicUpdateSlice(x, updates, start_indices)


def sharding(input: Any, name: str | None = None, **attrs: Any) -> Any:
    """`input`, marked for XLA's partitioner.

    Args:
        input: tensor.
        name: name of the node.
        **attrs: `sharding`, a serialized `OpSharding`, and `unspecified_dims`.
    """
    return raw.XlaSharding(input, name=name, **attrs)


def call_module_maximum_supported_version() -> int:
    """The newest calling convention of modules that `call_module` knows."""
    from tidefall.ops.xla.call_module import NEWEST

    return NEWEST


def call_module(
    args: Sequence[Any],
    *,
    version: int = 4,
    module: bytes,
    Tout: Sequence[Any],
    Sout: Sequence[Any],
    platforms: Sequence[str] = (),
    function_list: Sequence[str] = (),
    has_token_input_output: bool = False,
    disabled_checks: Sequence[str] = (),
    use_shardy_partitioner: bool = False,
) -> Any:
    """Run a program in StableHLO.

    Args:
        args: its arguments.
        version: calling convention of its main function.
        module: the program, as a portable artifact of StableHLO.
        Tout: dtype of each result.
        Sout: static shape of each result.
        platforms: where it can run: "CPU", "CUDA", "ROCM", "TPU". The main function of a program
            for several takes the number of one of them first.
        function_list: names of functions of TensorFlow that it calls.
        has_token_input_output: whether its main function takes a token; the program itself says.
        disabled_checks: "platform" and "shape_assertions" are not checked if they are named.
        use_shardy_partitioner: whether its shardings are Shardy's.

    Returns:
        A list of tensors.

    Raises:
        InvalidArgumentError: if it is no program, or not one for these arguments.
        NotFoundError: if it is for other platforms, or calls what is not there.
        UnimplementedError: if it calls functions of TensorFlow.
    """
    from tidefall.ops.xla.trial import trust

    trust(module)
    results = raw.XlaCallModule(
        list(args),
        version=version,
        module=module,
        Tout=list(Tout),
        Sout=list(Sout),
        platforms=list(platforms),
        function_list=list(function_list),
        has_token_input_output=has_token_input_output,
        disabled_checks=list(disabled_checks),
        use_shardy_partitioner=use_shardy_partitioner,
    )
    return results if isinstance(results, list) else ()
