"""`tf.debugging.enable_check_numerics`: the op that first makes a NaN or an infinity raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.config import config
from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.base.type_guards import is_array
from tidefall.graph.operation import Operation
from tidefall.graph.user_code import user_frame
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.op.traits import BRANCH, CALL, KEEPS_FINITE, LOOP
from tidefall.runtime.debugging.checks import declare_check, switch_check

NAME = "_check_numerics"

# What is in the outputs of these comes from others, which are to blame.
_NOT_CHECKED = frozenset((KEEPS_FINITE, BRANCH, CALL, LOOP))
# Outputs beyond the first of these are scratch space.
_SCRATCH_OUTPUTS = (raw.FusedBatchNorm, raw.FusedBatchNormV2, raw.FusedBatchNormV3)


def _hook(op: Op, tensors: Sequence[Any], attrs: dict[str, Any], outputs: Sequence[Any]) -> None:
    if op.traits & _NOT_CHECKED:
        return
    if state.graph is not None:
        if any(_has_numbers(t.dtype) for t in outputs):
            outputs[0].op.attrs[NAME] = True
        return
    for index, output in enumerate(_meaningful(op, outputs)):
        if not _has_numbers(output.dtype):
            continue
        value = output.host_array()
        if not np.isfinite(value).all():
            frame = user_frame()
            where = f"{frame[0]}:{frame[1]}, in {frame[2]}" if frame else ""
            raise _error("eagerly-executing op", op, index, len(outputs), value, tensors, where)


def _has_numbers(dtype: DType) -> bool:
    return dtype.is_floating or dtype.is_complex


def _meaningful(op: Op, outputs: Sequence[Any]) -> Sequence[Any]:
    return outputs[:1] if op in _SCRATCH_OUTPUTS else outputs


def _check_node(node: Operation, arguments: Sequence[Any], result: Any) -> None:
    op = node.op_type
    values = op.definition.flatten_outputs(result)
    for index, value in enumerate(_meaningful(op, values)):
        if not _has_numbers(node.outputs[index].dtype) or not hasattr(value, "dtype"):
            continue
        value = np.asarray(value)
        if not np.isfinite(value).all():
            inputs = op.definition.flatten_inputs(arguments)
            raise _error("graph op", op, index, len(values), value, inputs, node.user_line)


def _error(
    kind: str,
    op: Op,
    index: int,
    count: int,
    value: np.ndarray,
    inputs: Sequence[Any],
    where: str,
) -> InvalidArgumentError:
    real = np.real(value)
    lines = [
        f'Detected Infinity or NaN in output {index} of {kind} "{op.name}" (# of outputs: {count})',
        f"  dtype: {value.dtype}",
        f"  shape: {value.shape}",
    ]
    for title, found in (
        ("-Inf", np.isinf(real) & (real < 0)),
        ("+Inf", np.isinf(real) & (real > 0)),
        ("NaN", np.isnan(value)),
    ):
        if found.any():
            lines.append(f"  # of {title} elements: {int(found.sum())}")
    lines += [f"  Input {i}: {_short(tensor)}" for i, tensor in enumerate(inputs)]
    if where:
        lines.append(f"  Made at {where}")
    return InvalidArgumentError(None, None, "\n".join(lines))


def _short(value: Any) -> str:
    array = value.host_array() if hasattr(value, "host_array") else value
    if not is_array(array):
        return repr(value)
    numbers = np.array2string(array, threshold=8, edgeitems=3, separator=", ")
    return f"{array.dtype}{list(array.shape)} {numbers}"


declare_check(NAME, _hook, after=_check_node)


def apply(enabled: bool) -> None:
    """Switch the check on or off in this thread and those that start later."""
    switch_check(NAME, enabled, everywhere=True)


@export("debugging.enable_check_numerics")
def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int = 50) -> None:
    """From now on, raise where an op makes a NaN or an infinity.

    Eager ops are checked as they run, those of functions when the function does; functions are
    traced again for it, and run on the host executor node by node, also with `jit_compile=True`.
    It holds for this thread and those that start later.

    Args:
        stack_height_limit: accepted for TensorFlow's sake; the error has the program's own line.
        path_length_limit: likewise.

    Raises:
        InvalidArgumentError: (later) naming the op, what its output holds, its inputs, and the
            line of the program that called it.

    >>> import tidefall as tf
    >>> tf.debugging.enable_check_numerics()
    >>> try:
    ...     tf.math.log([1.0, 0.0])
    ... except tf.errors.InvalidArgumentError as error:
    ...     print(error.message.splitlines()[0])
    Detected Infinity or NaN in output 0 of eagerly-executing op "Log" (# of outputs: 1)
    >>> tf.debugging.disable_check_numerics()
    """
    config.check_numerics = True


@export("debugging.disable_check_numerics")
def disable_check_numerics() -> None:
    """Undo `tf.debugging.enable_check_numerics`.

    >>> import tidefall as tf
    >>> tf.debugging.disable_check_numerics()
    """
    config.check_numerics = False
