"""`tf.autograph`: what there is of it. Python control flow runs while a function is traced."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any

from tidefall.core.errors import UnimplementedError
from tidefall.core.exports import export


@export("autograph.experimental.do_not_convert")
def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """Mark a function as one that AutoGraph leaves alone.

    Args:
        func: the function; None gives a decorator.

    Returns:
        A function that does the same.

    >>> import tidefall as tf
    >>> @tf.autograph.experimental.do_not_convert
    ... def double(x):
    ...     return x * 2
    >>> double(2)
    4
    """
    if func is None:
        return do_not_convert
    if not (inspect.isfunction(func) or inspect.ismethod(func)):
        return func

    @functools.wraps(func)
    def unconverted(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    unconverted.autograph_info__ = {"do_not_convert": True}  # type: ignore[attr-defined]
    return unconverted


_UNSET: Any = object()


@export("autograph.experimental.set_loop_options")
def set_loop_options(
    parallel_iterations: Any = _UNSET,
    swap_memory: Any = _UNSET,
    maximum_iterations: Any = _UNSET,
    shape_invariants: Any = _UNSET,
) -> None:
    """Options of the loop around the call, once AutoGraph converts loops; no effect before."""


@export("autograph.experimental.Feature")
class Feature(Enum):
    """Parts of AutoGraph that can be turned on."""

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"


def _missing(name: str) -> UnimplementedError:
    return UnimplementedError(
        None,
        None,
        f"tf.autograph.{name} is not implemented in Tidefall yet: there is no AutoGraph.",
    )


@export("autograph.to_code")
def to_code(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """The code AutoGraph makes of a function.

    Raises:
        UnimplementedError: always, as there is no AutoGraph yet.
    """
    raise _missing("to_code")


@export("autograph.to_graph")
def to_graph(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> Any:
    """A function converted by AutoGraph.

    Raises:
        UnimplementedError: always, as there is no AutoGraph yet.
    """
    raise _missing("to_graph")


_verbosity = {"level": 0}


@export("autograph.set_verbosity")
def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """How much AutoGraph tells about its work.

    Args:
        level: 0 for nothing, up to 10.
        alsologtostdout: also print it.
    """
    _verbosity["level"] = level


@export("autograph.trace")
def trace(*args: Any) -> None:
    """Print values while a function is traced.

    >>> import tidefall as tf
    >>> tf.autograph.trace("tracing", 1)
    tracing 1
    """
    print(*args)  # noqa: T201 - printing is what it is for
