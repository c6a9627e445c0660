"""The control flow ops of TensorFlow 1: Switch and Merge for branches, frames for loops.

Graphs of TensorFlow 1 hold branches and loops as nodes between others. A `Switch` passes its input
on at one output; what depends on the other one is dead and does not run, until a `Merge` takes
whichever input is alive. A loop is a frame: values `Enter` it, `NextIteration` takes them round
and `Exit` lets them out. `tidefall.runtime.host.v1_control_flow` runs them; the kernels here are
for ops that are called one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE, WRITES_OUTSIDE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid, unchanged

ENTERS = frozenset({"Enter", "RefEnter"})
EXITS = frozenset({"Exit", "RefExit"})
MERGES = frozenset({"Merge", "RefMerge"})
SWITCHES = frozenset({"Switch", "RefSwitch", "_SwitchN"})
BACK = frozenset({"NextIteration", "RefNextIteration"})
TRIGGERS = frozenset({"ControlTrigger"})


def _scalar_input(c: Inference, index: int) -> None:
    shape = c.shape(index)
    if shape.rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {shape.rank}")


def _same(x: Any) -> Any:
    return x


# ---- branches ----


def _switch_shape(c: Inference) -> list[TensorShape]:
    _scalar_input(c, 1)
    return [c.shape(0), c.shape(0)]


def _switch_host(data: Any, pred: Any) -> list[Any]:
    if np.ndim(pred):
        raise invalid(f"The second input must be a scalar, but it has shape {list(np.shape(pred))}")
    nothing = np.zeros((0,), data.dtype) if isinstance(data, np.ndarray) else None
    return [nothing, data] if pred else [data, nothing]


def _switch_grad(op: Any, false: Any, true: Any) -> list[Any]:
    """Whichever gradient is alive; zeros from the side that has none."""
    if false is None and true is None:
        return [None, None]
    data, pred = op.inputs
    sides = [false, true]
    for i, side in enumerate(sides):
        if side is None:
            sides[i] = raw.Switch(raw.ZerosLike(data), pred)[i]
    return [raw.Merge(sides)[0], None]


def _merge_shape(c: Inference) -> list[TensorShape]:
    first, *rest = c.shapes()
    for other in rest:
        if first.rank is None or other.rank is None or first.rank != other.rank:
            return [TensorShape(None), TensorShape(())]
        first = first.most_specific_compatible_shape(other)
    return [first, TensorShape(())]


def _merge_host(inputs: list[Any]) -> list[Any]:
    return [inputs[0], np.int32(0)]


def _merge_grad(op: Any, dy: Any, _: Any) -> list[Any]:
    """The gradient for the input that was taken; for the others it is dead."""
    if dy is None:
        return [None] * len(op.inputs)
    if any(t.op.type in BACK | ENTERS for t in op.inputs if hasattr(t, "op")):
        return _loop_grad(op, dy)
    taken = op.outputs[1]
    if len(op.inputs) == 2:
        second = raw.Equal(taken, np.int32(1))
        return list(raw.Switch(dy, second))
    return [raw.Switch(dy, raw.Equal(taken, np.int32(i)))[1] for i in range(len(op.inputs))]


for _gradient in (_switch_grad, _merge_grad):
    _gradient.takes_missing_gradients = True  # type: ignore[attr-defined]
for _name in ("Switch", "RefSwitch"):
    op(_name, shape=_switch_shape, host=_switch_host, effects=PURE, gradient=_switch_grad)
for _name in ("Merge", "RefMerge"):
    op(_name, shape=_merge_shape, host=_merge_host, effects=PURE, gradient=_merge_grad)


def _switch_n_shape(c: Inference) -> list[TensorShape]:
    _scalar_input(c, 1)
    return [c.shape(0)] * c.attr("num_outs")


def _switch_n_host(data: Any, output_index: Any, *, num_outs: int) -> list[Any]:
    nothing = np.zeros((0,), data.dtype) if isinstance(data, np.ndarray) else None
    chosen = chosen_output(output_index, num_outs)
    return [data if i == chosen else nothing for i in range(num_outs)]


def chosen_output(index: Any, count: int) -> int:
    """The output that `_SwitchN` passes its input on at: the last one for a bad index."""
    return int(index) if 0 <= int(index) < count else count - 1


op(
    "_SwitchN",
    shape=_switch_n_shape,
    host=_switch_n_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _select_host(index: Any, inputs: list[Any]) -> Any:
    if not 0 <= int(index) < len(inputs):
        raise invalid(f"Index must be in the range [0, {len(inputs)}) but got {int(index)}")
    return inputs[int(index)]


def _select_shape(c: Inference) -> TensorShape:
    _scalar_input(c, 0)
    first, *rest = c.shapes()[1:]
    for other in rest:
        if not first.is_fully_defined() or other != first:
            return TensorShape(None)
    return first


op("RefSelect", shape=_select_shape, host=_select_host, effects=PURE, gradient=NOT_DIFFERENTIABLE)


# ---- loops ----


def _enter_shape(c: Inference) -> TensorShape:
    """A variable of a loop may change its shape as it goes; a constant of it does not."""
    return c.shape(0) if c.attr("is_constant") else TensorShape(None)


def no_loop_gradient(node: Any) -> UnimplementedError:
    """The error for a gradient through a loop."""
    return UnimplementedError(
        node,
        getattr(node, "op_type", None),
        "Gradients of loops of the old kind (Enter, Exit, NextIteration) are not implemented in "
        "Tidefall. Take them where the graph was made, or write the loop with tf.while_loop.",
    )


def _loop_grad(op: Any, *_: Any) -> list[Any]:
    raise no_loop_gradient(op)


for _name in ("Enter", "RefEnter"):
    op(_name, shape=_enter_shape, host=_same, effects=PURE, gradient=_loop_grad)
for _name in ("Exit", "RefExit", "NextIteration", "RefNextIteration"):
    op(_name, shape=unchanged, host=_same, effects=PURE, gradient=_loop_grad)


def _loop_condition_shape(c: Inference) -> TensorShape:
    _scalar_input(c, 0)
    return TensorShape(())


op("LoopCond", shape=_loop_condition_shape, host=_same, effects=PURE, gradient=_loop_grad)
op(
    "ControlTrigger",
    shape=lambda c: [],
    host=lambda: None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _abort(*, error_msg: Any, exit_without_error: bool) -> None:
    raise UnimplementedError(
        None, None, f"Abort ends the process, which Tidefall does not do. Its message: {error_msg}"
    )


op("Abort", shape=lambda c: [], host=_abort, effects=WRITES_OUTSIDE, gradient=NOT_DIFFERENTIABLE)
