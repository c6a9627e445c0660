"""`tf.autograph`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any

from tidefall.base.config import config
from tidefall.base.exports import export
from tidefall.function.autograph.context import conversion


@export("autograph.experimental.do_not_convert")
def do_not_convert(func: Callable[..., Any] | None = None) -> Any:
    """Mark a function as one that AutoGraph leaves alone, and what it calls.

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
        with conversion(False):
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
    """Options of the loop that the call stands in, as one of its first statements.

    Args:
        parallel_iterations, swap_memory: accepted for TensorFlow's sake.
        maximum_iterations: stop after as many.
        shape_invariants: pairs of a variable and the shape it has in all iterations.

    >>> import tidefall as tf
    >>> @tf.function
    ... def doubled(n):
    ...     x = tf.constant([1])
    ...     for _ in tf.range(n):
    ...         tf.autograph.experimental.set_loop_options(
    ...             shape_invariants=[(x, tf.TensorShape([None]))])
    ...         x = tf.concat([x, x], 0)
    ...     return x
    >>> doubled(tf.constant(2)).numpy()
    array([1, 1, 1, 1], dtype=int32)
    """


@export("autograph.experimental.Feature")
class Feature(Enum):
    """Parts of AutoGraph that can be turned on; here they all are.

    >>> import tidefall as tf
    >>> tf.autograph.experimental.Feature.ALL.name
    'ALL'
    """

    ALL = "ALL"
    AUTO_CONTROL_DEPS = "AUTO_CONTROL_DEPS"
    ASSERT_STATEMENTS = "ASSERT_STATEMENTS"
    BUILTIN_FUNCTIONS = "BUILTIN_FUNCTIONS"
    EQUALITY_OPERATORS = "EQUALITY_OPERATORS"
    LISTS = "LISTS"
    NAME_SCOPES = "NAME_SCOPES"


def _plain(entity: Any) -> Any:
    """The Python function behind a `tf.function`, a method or a partial."""
    while True:
        _, method = getattr(entity, "method_of", (None, None))
        inner = method or getattr(entity, "python_function", None)
        inner = inner or getattr(entity, "__func__", None)
        inner = inner or (entity.func if isinstance(entity, functools.partial) else None)
        if inner is None:
            return entity
        entity = inner


@export("autograph.to_code")
def to_code(entity: Any, recursive: bool = True, experimental_optional_features: Any = None) -> str:
    """The code AutoGraph makes of a function.

    Args:
        entity: a Python function.
        recursive, experimental_optional_features: accepted for TensorFlow's sake.

    Returns:
        Python code, in which `ag__` stands for the operators.

    Raises:
        ValueError: the source code is not available.

    >>> import tidefall as tf
    >>> def sign(x):
    ...     return 1 if x > 0 else -1
    >>> 'def ' in tf.autograph.to_code(sign)
    True
    """
    import ast

    from tidefall.function.autograph.conversion import tree_of

    return ast.unparse(tree_of(_plain(entity))) + "\n"


@export("autograph.to_graph")
def to_graph(
    entity: Any, recursive: bool = True, experimental_optional_features: Any = None
) -> Any:
    """A function converted by AutoGraph, to be called while a graph is built.

    Args:
        entity: a Python function.
        recursive, experimental_optional_features: accepted for TensorFlow's sake.

    Raises:
        ValueError: the source code is not available.


    >>> import tidefall as tf
    >>> def sign(x):
    ...     if x > 0:
    ...         return 1
    ...     return -1
    >>> tf.function(tf.autograph.to_graph(sign), autograph=False)(tf.constant(5)).numpy()
    np.int32(1)
    """
    from tidefall.function.autograph.conversion import convert, tree_of

    function = _plain(entity)
    tree_of(function)
    return convert(function)


@export("autograph.set_verbosity")
def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """How much AutoGraph tells about its work.

    Args:
        level: 0 for nothing, up to 10.
        alsologtostdout: also print it.

    >>> import tidefall as tf
    >>> tf.autograph.set_verbosity(0)
    """
    config.autograph_verbosity = int(level)
    config.autograph_to_stdout = bool(alsologtostdout)


@export("autograph.trace")
def trace(*args: Any) -> None:
    """Print values while a function is traced.

    >>> import tidefall as tf
    >>> tf.autograph.trace("tracing", 1)
    tracing 1
    """
    print(*args)  # noqa: T201 - printing is what it is for
