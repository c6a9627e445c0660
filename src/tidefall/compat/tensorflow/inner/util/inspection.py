"""`python.util.tf_inspect`: Python's `inspect`, with what TensorFlow's decorators hide taken in.

Asked for by tensorflow-probability, tensorflow-hub, tf-agents and the model optimization toolkit.
"""

from __future__ import annotations

import inspect as _inspect
from typing import Any

from tidefall.compat.tensorflow.inner.util.decorators import unwrap

ArgSpec = _inspect.FullArgSpec
FullArgSpec = _inspect.FullArgSpec


def getfullargspec(obj: Any) -> _inspect.FullArgSpec:
    """The arguments of a function, through TensorFlow's decorators."""
    decorators, target = unwrap(obj)
    for decorator in decorators:
        if decorator.decorator_argspec is not None:
            return decorator.decorator_argspec
    try:
        return _inspect.getfullargspec(target)
    except TypeError:  # an object that is called, such as a tf.function: by its signature

        def stand_in() -> None:
            """Takes what the object takes."""

        stand_in.__signature__ = _inspect.signature(target)  # type: ignore[attr-defined]
        return _inspect.getfullargspec(stand_in)


getargspec = getfullargspec


def getcallargs(func: Any, *positional: Any, **named: Any) -> dict[str, Any]:
    """Which argument takes which value in a call."""
    bound = _inspect.signature(unwrap(func)[1]).bind(*positional, **named)
    bound.apply_defaults()
    return dict(bound.arguments)


def __getattr__(name: str) -> Any:
    return getattr(_inspect, name)
