"""`tf.experimental`'s switches for how ops are executed: executors, asynchrony, strictness."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export

_EXECUTORS = (None, "", "DEFAULT", "SINGLE_THREADED_EXECUTOR")


@export("experimental.function_executor_type")
@contextmanager
def function_executor_type(executor_type: str | None) -> Iterator[None]:
    """Choose what runs the functions called in a block.

    The host executor runs one node at a time whatever is chosen, which is what
    "SINGLE_THREADED_EXECUTOR" asks for.

    Args:
        executor_type: "DEFAULT" or None, or "SINGLE_THREADED_EXECUTOR".

    Raises:
        NotFoundError: for another name.

    >>> import tidefall as tf
    >>> with tf.experimental.function_executor_type("SINGLE_THREADED_EXECUTOR"):
    ...     print(tf.function(lambda x: x + 1)(tf.constant(1)).numpy())
    2
    """
    if executor_type not in _EXECUTORS:
        raise NotFoundError(
            None,
            None,
            f"No executor factory registered for the given executor type: {executor_type} "
            "Registered factories are {DEFAULT, SINGLE_THREADED_EXECUTOR}.",
        )
    yield


@export("experimental.async_scope")
@contextmanager
def async_scope() -> Iterator[None]:
    """Let ops in a block be computed later than they are called.

    Ops on the host are done when they return, and compiled functions run asynchronously wherever
    they are called, so the block changes nothing. Errors are raised where they happen.

    >>> import tidefall as tf
    >>> with tf.experimental.async_scope():
    ...     print((tf.constant(1) + 1).numpy())
    2
    """
    yield


@export("experimental.async_clear_error")
def async_clear_error() -> None:
    """Forget errors of ops that were computed later than they were called.

    Errors are raised where they happen, so there are none to forget.

    >>> import tidefall as tf
    >>> tf.experimental.async_clear_error()
    """


@export("experimental.enable_strict_mode")
def enable_strict_mode() -> None:
    """Raise deprecation warnings of Tidefall as errors, until the process ends.

    >>> import tidefall as tf
    >>> tf.experimental.enable_strict_mode()
    """
    warnings.filterwarnings("error", category=DeprecationWarning, module=r"tidefall(\..*)?$")
