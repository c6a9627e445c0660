"""Assertions on values: the `Assert` op and those of `tf.debugging` that compare elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.dispatch import ASSERT
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.op.effects import CHECKS
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.ops.batching import Call, Value
from tidefall.ops.common import invalid, known_value, shape_text
from tidefall.ops.strings.tensor_text import escaped, tensor_text
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


def _nothing(c: Inference) -> list[TensorShape]:
    if c.shape(0).rank not in (None, 0):
        raise ValueError(f"Shape must be rank 0 but is rank {c.shape(0).rank}")
    return []


def _assert(condition: np.ndarray, data: list[Any], *, summarize: int) -> None:
    if condition.ndim:
        raise invalid(f"In[0] should be a scalar: {shape_text(condition.shape)}")
    if not condition:
        shown = " ".join(f"[{_flat_text(item, summarize)}]" for item in data)
        raise invalid(f"assertion failed: {shown}")


def _flat_text(item: Any, summarize: int) -> str:
    """Elements in a row, without brackets; strings without quotes."""
    if not isinstance(item, np.ndarray):
        return "?"
    flat = item.reshape(-1)
    count = flat.size if summarize < 0 else min(summarize, flat.size)
    if item.dtype == object:
        words = [escaped(word) for word in flat[:count]]
    else:
        words = [tensor_text(element) for element in flat[:count]]
    return b" ".join(words).decode("utf-8", "backslashreplace") + (
        "..." if flat.size > count else ""
    )


# Compiled programs do not check assertions, as in TensorFlow.
def _assert_all_batching(call: Call) -> list[Value]:
    """The condition must hold in all runs."""
    condition = call.tensor(0)
    if call.is_stacked(0):
        axes = np.arange(condition.shape.rank, dtype=np.int32)
        condition = raw.All(condition, axes)
    call.run([condition, *(v.tensor for v in call.values[1:])])
    return []


assert_op = op(
    "Assert",
    shape=_nothing,
    host=_assert,
    xla=lambda condition, data: None,
    effects=CHECKS,
    traits=(NO_EXTERNAL_STATE,),
    batching=_assert_all_batching,
    gradient=NOT_DIFFERENTIABLE,
)


@export("Assert", "debugging.Assert")
def assert_(
    condition: Any, data: Sequence[Any], summarize: int | None = None, name: str | None = None
) -> Any:
    """Raise an error that shows `data` unless a condition holds.

    Functions compiled with `jit_compile=True` do not check it.

    Args:
        condition: bool tensor of shape ().
        data: list of tensors to show.
        summarize: how many elements of each to show; 3 by default, -1 for all.
        name: name of the node in a graph.

    Returns:
        The node in a graph, None otherwise.

    Raises:
        InvalidArgumentError: if the condition does not hold.
        ValueError: if the condition has more than one element.
        TypeError: if `data` is not a list.

    >>> import tidefall as tf
    >>> tf.Assert(tf.constant(True), ["never shown"])
    """
    if isinstance(data, (str, bytes)) or not hasattr(data, "__iter__"):
        raise TypeError(f"data must be a list of tensors. Received: {data!r}")
    shown = 3 if summarize is None else summarize
    if state.graph is not None:
        return assert_op(condition, [*data], summarize=shown, name=name or "Assert")
    if not bool(condition):
        text = "\n".join(_summary(item, shown) for item in data)
        raise InvalidArgumentError(
            None, None, f"Expected '{condition}' to be true. Summarized data: {text}"
        )
    return None


def _summary(item: Any, summarize: int) -> str:
    flat = np.asarray(convert_to_tensor(item).host_array()).reshape(-1)
    count = flat.size if summarize < 0 else summarize
    words = [str(element) for element in flat[:count].tolist()]
    return ", ".join([*words, "..."] if flat.size > count else words)


# ---- comparing two tensors ----


def _compare(
    kind: str, sign: str, x: Any, y: Any, message: Any, summarize: int | None, name: str | None
) -> Any:
    with name_scope(name or f"assert_{kind.lower()}"):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        holds = find_op(kind)(x, y)
        if isinstance(holds, EagerTensor):
            if not holds.host_array().all():
                raise InvalidArgumentError(
                    None, None, _difference(sign, x, y, holds.host_array(), message, summarize)
                )
            return None
        _check_static(holds, sign, x, y, message)
        data = [
            message or "",
            f"Condition x {sign} y did not hold element-wise:",
            f"x ({x.name}) = ", x,
            f"y ({y.name}) = ", y,
        ]  # fmt: skip
        return assert_(_all_of(holds), data, summarize)


def _all_of(holds: Any) -> Any:
    flat = raw.Reshape(holds, np.array([-1], np.int32))
    return raw.All(flat, np.array([0], np.int32), keep_dims=False)


def _check_static(holds: Any, sign: str, x: Any, y: Any, message: Any) -> None:
    known = known_value(holds)
    if known is None or known.all():
        return
    raise InvalidArgumentError(
        None,
        None,
        f"{_lead(message)}Condition x {sign} y did not hold element-wise:\n    x ({x.name}) =\n    "
        f"{known_value(x)}\n    y ({y.name}) =\n    {known_value(y)}",
    )


def _lead(message: Any) -> str:
    return f"{message}\n" if message else ""


def _difference(
    sign: str, x: Any, y: Any, holds: np.ndarray, message: Any, summarize: int | None
) -> str:
    """Where two tensors do not compare as they should."""
    count = 3 if summarize is None else summarize
    a, b = x.host_array(), y.host_array()
    lines = [f"{_lead(message)}Condition x {sign} y did not hold."]
    if holds.ndim:
        wide_a, wide_b = np.broadcast_to(a, holds.shape), np.broadcast_to(b, holds.shape)
        places = np.argwhere(~holds)
        shown = places if count < 0 else places[:count]
        at = tuple(shown.T)
        lines += [
            f"Indices of first {len(shown)} different values:\n{shown}",
            f"Corresponding x values:\n{wide_a[at]}",
            f"Corresponding y values:\n{wide_b[at]}",
        ]
    for label, array in (("x", a), ("y", b)):
        first = array.reshape(-1) if count < 0 else array.reshape(-1)[:count]
        lines.append(f"First {len(first)} elements of {label}:\n{first}")
    return "\n".join(lines)


def _comparison(public: str, kind: str, sign: str, words: str, example: str) -> Callable[..., Any]:
    def check(
        x: Any, y: Any, message: str | None = None, summarize: int | None = None,
        name: str | None = None,
    ) -> Any:  # fmt: skip
        return _compare(kind, sign, x, y, message, summarize, name or public)

    check.__name__ = check.__qualname__ = public
    check.__doc__ = f"""Raise an error unless {words} for all elements.

    Args:
        x: numeric tensor.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        message: put before the error's message.
        summarize: how many elements to show; 3 by default, -1 for all.
        name: name of the scope of the ops in a graph.

    Returns:
        A node of a graph that checks, None in eager code.

    Raises:
        InvalidArgumentError: if it does not hold; in a graph when it runs, or at once where the
            values are known.

    >>> import tidefall as tf
    >>> tf.debugging.{public}({example})
    """
    return check


assert_equal = export("debugging.assert_equal", "assert_equal", dispatch=ASSERT)(
    _comparison("assert_equal", "Equal", "==", "`x == y`", "[1, 2], [1, 2]")
)
assert_less = export("debugging.assert_less", "assert_less", dispatch=ASSERT)(
    _comparison("assert_less", "Less", "<", "`x < y`", "[1, 2], 3")
)
assert_less_equal = export("debugging.assert_less_equal", dispatch=ASSERT)(
    _comparison("assert_less_equal", "LessEqual", "<=", "`x <= y`", "[1, 3], 3")
)
assert_greater = export("debugging.assert_greater", "assert_greater", dispatch=ASSERT)(
    _comparison("assert_greater", "Greater", ">", "`x > y`", "[4, 5], 3")
)
assert_greater_equal = export("debugging.assert_greater_equal", dispatch=ASSERT)(
    _comparison("assert_greater_equal", "GreaterEqual", ">=", "`x >= y`", "[3, 4], 3")
)


@export("debugging.assert_none_equal", dispatch=ASSERT)
def assert_none_equal(
    x: Any,
    y: Any,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Any:
    """Raise an error unless `x != y` for all elements; see `tf.debugging.assert_equal`.

    >>> import tidefall as tf
    >>> tf.debugging.assert_none_equal([1, 2], [2, 1])
    """
    return _compare("NotEqual", "!=", x, y, message, summarize, name or "assert_none_equal")


@export("debugging.assert_near", dispatch=ASSERT)
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: str | None = None,
    summarize: int | None = None,
    name: str | None = None,
) -> Any:
    """Raise an error unless `|x - y| < atol + rtol * |y|` for all elements.

    Args:
        x: float tensor.
        y: tensor of the same dtype, of a shape that broadcasts against `x`.
        rtol, atol: tolerances; ten times the dtype's machine epsilon by default.
        message: put before the error's message.
        summarize: how many elements to show; 3 by default, -1 for all.
        name: name of the scope of the ops in a graph.

    Returns:
        A node of a graph that checks, None in eager code.

    Raises:
        InvalidArgumentError: if it does not hold.

    >>> import tidefall as tf
    >>> tf.debugging.assert_near(1.0, 1.0 + 1e-7)
    """
    import ml_dtypes

    with name_scope(name or "assert_near"):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, x.dtype, name="y")
        dtype = x.dtype.real_dtype
        ten_epsilon = 10 * float(ml_dtypes.finfo(dtype.as_numpy_dtype).eps)
        rtol = convert_to_tensor(ten_epsilon if rtol is None else rtol, dtype)
        atol = convert_to_tensor(ten_epsilon if atol is None else atol, dtype)
        size = raw.ComplexAbs if x.dtype.is_complex else raw.Abs
        bound = raw.AddV2(atol, raw.Mul(rtol, size(y)))
        holds = raw.Less(size(raw.Sub(x, y)), bound)
        tolerances = f"rtol = {rtol}, atol = {atol}"
        data = [
            f"{message}.  " if message else "",
            f"x and y not equal to tolerance {tolerances}",
            _described("x", x), x,
            _described("y", y), y,
        ]  # fmt: skip
        return assert_(_all_of(holds), data, summarize)


def _described(label: str, tensor: Any) -> str:
    if isinstance(tensor, EagerTensor):
        return f"{label} (shape={tensor.shape} dtype={tensor.dtype.name}) = "
    return f"{label} ({tensor.name}) = "


# ---- comparing with zero ----


def _sign(
    public: str, kind: str, sign: str, swapped: bool, words: str, example: str
) -> Callable[..., Any]:
    def check(
        x: Any, message: str | None = None, summarize: int | None = None, name: str | None = None
    ) -> Any:
        with name_scope(name or public):
            x = convert_to_tensor(x, name="x")
            if x.dtype.name == "string":
                raise TypeError(f"{public} compares numbers with 0, got a tensor of strings.")
            zero = np.zeros((), x.dtype.as_numpy_dtype)
            holds = find_op(kind)(zero, x) if swapped else find_op(kind)(x, zero)
            condition = f"{_lead(message)}Condition x {sign} 0 did not hold element-wise:"
            if isinstance(holds, EagerTensor):
                if not holds.host_array().all():
                    raise InvalidArgumentError(
                        None, None, f"{condition}\n{_described('x', x)}\n{x.host_array()}"
                    )
                return None
            known = known_value(holds)
            if known is not None and not known.all():
                raise InvalidArgumentError(None, None, f"{condition}\n{known_value(x)}")
            data = [
                message or "",
                f"Condition x {sign} 0 did not hold element-wise:",
                _described("x", x),
                x,
            ]
            return assert_(_all_of(holds), data, summarize)

    check.__name__ = check.__qualname__ = public
    check.__doc__ = f"""Raise an error unless {words} for all elements; an empty tensor passes.

    Args:
        x: numeric tensor.
        message: put before the error's message.
        summarize: how many elements to show; 3 by default, -1 for all.
        name: name of the scope of the ops in a graph.

    Returns:
        A node of a graph that checks, None in eager code.

    Raises:
        InvalidArgumentError: if it does not hold.

    >>> import tidefall as tf
    >>> tf.debugging.{public}({example})
    """
    return check


assert_positive = export("debugging.assert_positive")(
    _sign("assert_positive", "Less", ">", True, "`x > 0`", "[1.0, 2.0]")
)
assert_negative = export("debugging.assert_negative")(
    _sign("assert_negative", "Less", "<", False, "`x < 0`", "[-1.0]")
)
assert_non_negative = export("debugging.assert_non_negative")(
    _sign("assert_non_negative", "LessEqual", ">=", True, "`x >= 0`", "[0.0, 1.0]")
)
assert_non_positive = export("debugging.assert_non_positive")(
    _sign("assert_non_positive", "LessEqual", "<=", False, "`x <= 0`", "[0.0, -1.0]")
)
