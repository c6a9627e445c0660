"""`tf.debugging.strict_broadcasting`: elementwise ops whose operands have different shapes raise.

The rule, exactly. An elementwise op of two or three operands (`tf.add`, `x - y`, comparisons,
`tf.maximum`, `tf.where`, ...) raises when the shapes of two operands differ, unless one of them is
a scalar (rank 0). So `[n]` against `[n, 1]`, `[n, 1]` against `[n, k]` and `[k]` against `[n, k]`
all raise. It is checked where the op is called by the program:

- ops called by this package's composite functions (`tf.nn.moments`, gradients, ...) broadcast as
  they need to, and so do Keras's layers, optimizers and the like;
- Keras's losses and the metrics that compare targets with predictions are checked.

While a function is traced, shapes known then are checked then; where a dimension is unknown, the
node is checked when it runs.

Source: NumPy's broadcasting rules, of which this leaves the part that never changes a shape.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from tidefall.base.config import config
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.graph.operation import Operation
from tidefall.graph.user_code import user_frame
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.ops.common import broadcast, shape_text
from tidefall.runtime.debugging.checks import declare_check, switch_check

NAME = "_strict_broadcasting"

# Files of this package that stand between a program and an elementwise op it calls.
_PACKAGE = __file__.replace("\\", "/").rpartition("/runtime/")[0]
_PASSED_THROUGH = tuple(
    f"{_PACKAGE}/{part}"
    for part in (
        "base/",
        "tensor/",
        "op/",
        "composite/",
        "graph/",
        "runtime/debugging/strict_broadcasting.py",
        "function/autograph/",
        "ops/fast.py",
        "ops/operators.py",
        "ops/operator_methods.py",
        "compat/tensorflow/",
    )
)
# Keras's own, in which nothing is to be broadcast, and functions in them where something is.
_KERAS = "/keras/src/"
_COMPARING = tuple(
    f"{_KERAS}{part}"
    for part in (
        "losses/losses.py",
        "metrics/accuracy_metrics.py",
        "metrics/regression_metrics.py",
    )
)
_BROADCASTING = frozenset({"circle", "update_state", "result"})
_KERAS_PASSED_THROUGH = (f"{_KERAS}ops/numpy.py", f"{_KERAS}backend/tensorflow/numpy.py")


class StrictBroadcastingError(InvalidArgumentError, ValueError):
    """Operands of an elementwise op have different shapes where they must not."""

    def __init__(self, message: str):
        super().__init__(None, None, message)

    def __reduce__(self) -> tuple[Any, ...]:
        return StrictBroadcastingError, (self.message,)


def is_elementwise(op: Op) -> bool:
    """Whether an op combines operands element by element, after broadcasting."""
    return op is raw.SelectV2 or (op.shape is broadcast and op is not raw.ApproximateEqual)


def compare(shapes: Sequence[TensorShape]) -> bool | None:
    """True when the shapes that are not scalars agree, False when they do not, None if unknown."""
    rest = [s for s in shapes if s.rank != 0]
    if any(s.rank is None for s in rest):
        return None
    if any(s.rank != rest[0].rank for s in rest[1:]):
        return False
    known = True
    for dims in zip(*(s.as_list() for s in rest), strict=True):
        sizes = {d for d in dims if d is not None}
        if len(sizes) > 1:
            return False
        known = known and None not in dims
    return known or (True if len(rest) < 2 else None)


def _hook(op: Op, tensors: Sequence[Any], attrs: dict[str, Any], outputs: Sequence[Any]) -> None:
    if not is_elementwise(op):
        return
    shapes = [t.shape for t in tensors]
    agree = compare(shapes)
    if agree:
        return
    observer = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # documented
    caller = _calling_frame(observer, op)
    if caller is None:
        return
    if agree is None:
        if state.graph is not None:
            outputs[0].op.attrs[NAME] = True
        return
    places = [(caller.f_code.co_filename, caller.f_lineno, caller.f_code.co_name)]
    frame = user_frame()
    if frame is not None and frame != places[0]:
        places.append(frame)
    where = "".join(f"\n  at {file}:{line}, in {name}" for file, line, name in places)
    raise StrictBroadcastingError(_message(op.name, shapes) + where)


def _message(name: str, shapes: Sequence[TensorShape]) -> str:
    texts = [shape_text(s) for s in shapes]
    return (
        f"{name} would broadcast operands of shapes {' and '.join(texts)}, which "
        "tf.debugging.strict_broadcasting() forbids: the shapes must be equal, or one operand a "
        "scalar. Reshape one operand; if this is meant, expand it with tf.broadcast_to, use "
        "tf.nn.bias_add for a bias, or call the op inside tf.debugging.allow_broadcasting()."
    )


def _calling_frame(frame: FrameType | None, op: Op) -> FrameType | None:
    """The frame that called the op: outside this package and Keras, or in a loss of Keras's.

    None where one of this package's own functions, or of Keras's other parts, called it.
    """
    own = op.module.replace(".", "/") + ".py"
    while frame is not None:
        file = frame.f_code.co_filename.replace("\\", "/")
        if file.startswith(_PACKAGE):
            passed = file.startswith(_PASSED_THROUGH) or (
                file.endswith(own) and not frame.f_code.co_name.startswith("_")
            )
            if not passed:
                return None
        elif _KERAS in file:
            if not file.endswith(_KERAS_PASSED_THROUGH):
                comparing = file.endswith(_COMPARING)
                return frame if comparing and frame.f_code.co_name not in _BROADCASTING else None
        else:
            return frame
        frame = frame.f_back
    return None


def _check_node(node: Operation, arguments: Sequence[Any], result: Any) -> None:
    shapes = [TensorShape(np.shape(value)) for value in arguments]
    if compare(shapes) is False:
        raise StrictBroadcastingError(_message(node.type, shapes))


declare_check(NAME, _hook, before=_check_node)


class _Switch:
    """Sets strict broadcasting in this thread inside a `with` block."""

    def __init__(self, on: bool):
        self._on = on
        self._saved: list[bool] = []

    def __enter__(self) -> None:
        self._saved.append(NAME in state.checks)
        switch_check(NAME, self._on)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        switch_check(NAME, self._saved.pop())


@export("debugging.strict_broadcasting")
def strict_broadcasting() -> _Switch:
    """A context in which elementwise ops do not expand an operand that is not a scalar.

    Adding `[n]` to `[n, 1]` gives `[n, n]` numbers without a word, and a model trained on such a
    loss learns nothing. Inside this context it raises instead: eagerly, while a function is traced,
    when a traced function runs with shapes it did not know, and in the losses and metrics of Keras
    during `fit`. Functions are traced again inside of it.

    The rule: all operands of an elementwise op that are not scalars (rank 0) have the same shape.
    It holds for the ops a program calls itself; functions made of several ops, gradients and
    Keras's layers broadcast as they need to. To allow one expansion: `tf.broadcast_to`,
    `tf.nn.bias_add`, or `tf.debugging.allow_broadcasting()` around the op.
    `tf.debugging.enable_strict_broadcasting()` switches it on for good.

    Returns:
        A context manager, for this thread.

    Raises:
        InvalidArgumentError: (inside the context) for operands of different shapes, naming the
            op, the shapes and the line. It is a ValueError as well.

    >>> import tidefall as tf
    >>> targets, predictions = tf.zeros([3]), tf.zeros([3, 1])
    >>> (targets - predictions).shape
    TensorShape([3, 3])
    >>> with tf.debugging.strict_broadcasting():
    ...     try:
    ...         targets - predictions
    ...     except tf.errors.InvalidArgumentError as error:
    ...         print(error.message[:46])
    Sub would broadcast operands of shapes [3] and
    """
    return _Switch(on=True)


@export("debugging.allow_broadcasting")
def allow_broadcasting() -> _Switch:
    """A context in which broadcasting is allowed again, inside `strict_broadcasting`.

    Returns:
        A context manager, for this thread.

    >>> import tidefall as tf
    >>> with tf.debugging.strict_broadcasting():
    ...     with tf.debugging.allow_broadcasting():
    ...         print((tf.zeros([2, 3]) + tf.ones([3])).shape)
    (2, 3)
    """
    return _Switch(on=False)


def apply(enabled: bool) -> None:
    """Switch the check on or off in this thread and those that start later."""
    switch_check(NAME, enabled, everywhere=True)


@export("debugging.enable_strict_broadcasting")
def enable_strict_broadcasting() -> None:
    """Switch `tf.debugging.strict_broadcasting` on, in this thread and those that start later.

    >>> import tidefall as tf
    >>> tf.debugging.enable_strict_broadcasting()
    >>> tf.debugging.disable_strict_broadcasting()
    """
    config.strict_broadcasting = True


@export("debugging.disable_strict_broadcasting")
def disable_strict_broadcasting() -> None:
    """Undo `tf.debugging.enable_strict_broadcasting`.

    >>> import tidefall as tf
    >>> tf.debugging.disable_strict_broadcasting()
    """
    config.strict_broadcasting = False
