"""Why a function was traced again: said by `explain`, and logged when it happens often."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base.composite import CompositeTensor
from tidefall.base.dtypes import as_dtype
from tidefall.composite.weak_number import WeakNumber
from tidefall.function.trace_cache import Trace
from tidefall.function.variable_arguments import is_argument
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import TypeSpec

FIRST_WARNING = 5
"""Traces after which the first warning is logged; the next come at twice as many, and so on."""

_log = logging.getLogger("tidefall.function")
Labels = dict[str, str]


def describe_call(names: Sequence[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Labels:
    """What each argument is, in words, by the path to it: `{"x": "float32 tensor of ..."}`."""
    labels: Labels = {}
    for i, value in enumerate(args):
        _describe(names[i] if i < len(names) else f"args[{i}]", value, labels)
    for key, value in kwargs.items():
        _describe(key, value, labels)
    return labels


def _describe(path: str, value: Any, labels: Labels) -> None:
    if isinstance(value, Mapping):
        for key in value:
            _describe(f"{path}[{key!r}]", value[key], labels)
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for field in value._fields:
            _describe(f"{path}.{field}", getattr(value, field), labels)
    elif isinstance(value, (list, tuple)):
        labels[path] = f"{type(value).__name__} of length {len(value)}"
        for i, item in enumerate(value):
            _describe(f"{path}[{i}]", item, labels)
    else:
        labels[path] = _in_words(value)


def _in_words(value: Any) -> str:
    if isinstance(value, (Tensor, TensorSpec)):
        return f"{value.dtype.name} tensor of shape {value.shape}"
    if isinstance(value, (np.ndarray, np.generic)):
        return f"{as_dtype(value.dtype).name} array of shape {value.shape}"
    if isinstance(value, TypeSpec):
        return repr(value)
    if isinstance(value, CompositeTensor):
        return repr(value._type_spec)
    if isinstance(value, (bool, int, float, complex, str, bytes, type(None))):
        return f"Python {type(value).__name__} {value!r}"
    if is_argument(value):
        kind = "trainable variable" if value.trainable else "variable"
        return f"{value.dtype.name} {kind} of shape {value.shape}"
    if getattr(value, "_is_variable", False):
        return f"variable {value.name} (id {id(value):#x})"
    if isinstance(value, WeakNumber):
        return f"any Python {value.kind.__name__}"
    return f"{type(value).__name__} object (id {id(value):#x})"


def differences(traced: Labels, given: Labels) -> list[str]:
    """How a call differs from a trace, an argument in each line."""
    found: list[str] = []
    for path in dict.fromkeys([*traced, *given]):
        before, now = traced.get(path), given.get(path)
        if before == now:
            continue
        if before is None:
            found.append(f"'{path}' is {now}; it was absent")
        elif now is None:
            found.append(f"'{path}' is absent; it was {before}")
        else:
            found.append(f"'{path}' is {now}; it was {before}")
    return found


def closest(traces: Sequence[Trace], given: Labels) -> list[str]:
    """The differences from the trace that a call is most like."""
    return min((differences(t.labels, given) for t in reversed(traces)), key=len, default=[])


def advice(lines: Sequence[str]) -> str:
    """What to do about arguments that differ like this."""
    text = " ".join(lines)
    hints: list[str] = []
    if "Python int" in text or "Python float" in text:
        hints.append("pass numbers that change as tensors: tf.constant(3)")
    if "shape" in text:
        hints.append(
            "give the shape in input_signature with None for the sizes that change: "
            "tf.TensorSpec([None, 3])"
        )
    if "object (id" in text or "variable" in text:
        hints.append("make objects once, outside the loop that calls the function")
    return "; ".join(hints) or "call it with arguments of the same kind"


def report_retracing(name: str, traces: Sequence[Trace], made: Trace) -> None:
    """Log a warning when a function has been traced 5, 10, 20, ... times."""
    count = len(traces) + 1
    if count % FIRST_WARNING or (count // FIRST_WARNING) & (count // FIRST_WARNING - 1):
        return
    lines = closest(traces, made.labels)
    _log.warning(
        "%s has been traced %d times, which takes time at each. The last call was new because %s. "
        "To trace less: %s.",
        name,
        count,
        ", ".join(lines) or "its arguments were",
        advice(lines),
    )
