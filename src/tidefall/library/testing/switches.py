"""`tf.test` beside its TestCase: skipping, CPU targets, devices and clusters."""

from __future__ import annotations

import functools
import platform
import unittest
from collections.abc import Callable
from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export


@export("test.disable_with_predicate")
def disable_with_predicate(pred: Callable[[], bool], skip_message: str) -> Any:
    """A decorator that skips a test while a condition holds.

    Args:
        pred: called when the test runs; the test is skipped if it returns true.
        skip_message: the reason.

    >>> import tidefall as tf
    >>> @tf.test.disable_with_predicate(lambda: False, "never")
    ... def check(self):
    ...     return "ran"
    >>> check(None)
    'ran'
    """

    def decorate(test: Any) -> Any:
        @functools.wraps(test)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            if pred():
                raise unittest.SkipTest(skip_message)
            return test(self, *args, **kwargs)

        return run

    return decorate


@export("test.with_eager_op_as_function")
def with_eager_op_as_function(cls: Any = None, only_as_function: bool = False) -> Any:
    """The test class as it is: eager ops have one way to run.

    Args:
        cls: the class; without it the decorator is returned.
        only_as_function: accepted for TensorFlow's sake.

    >>> import tidefall as tf
    >>> tf.test.with_eager_op_as_function(int)
    <class 'int'>
    """
    return cls if cls is not None else lambda decorated: decorated


_TARGETS = {
    "aarch64": ("aarch64", "arm64"),
    "arm": ("arm",),
    "pku": (),
    "ppc": ("ppc64le", "ppc64"),
    "s390x": ("s390x",),
    "x86": ("x86_64", "AMD64", "i386", "i686"),
}


@export("test.is_cpu_target_available")
def is_cpu_target_available(target: str) -> bool:
    """Whether code for a kind of processor can be compiled: for the one that is there.

    Args:
        target: "x86", "aarch64", "arm", "ppc" or "s390x".

    Raises:
        AssertionError: for another name.

    >>> import tidefall as tf
    >>> isinstance(tf.test.is_cpu_target_available("x86"), bool)
    True
    """
    if target not in _TARGETS:
        raise AssertionError(f"Unknown CPU target: {target}")
    return platform.machine() in _TARGETS[target]


@export("experimental.register_filesystem_plugin")
def register_filesystem_plugin(plugin_location: Any) -> None:
    """Libraries for file systems cannot be loaded.

    Args:
        plugin_location: path of a shared library.

    Raises:
        tf.errors.UnimplementedError: always.

    >>> import tidefall as tf
    >>> try:
    ...     tf.experimental.register_filesystem_plugin("s3.so")
    ... except tf.errors.UnimplementedError as error:
    ...     print(error.message[:53])
    tf.experimental.register_filesystem_plugin('s3.so'):
    """
    raise UnimplementedError(
        None,
        None,
        f"tf.experimental.register_filesystem_plugin({plugin_location!r}): plugins are compiled "
        "for TensorFlow's C++ runtime, which Tidefall does not have. Mount the file system, or "
        "copy the files to a local folder.",
    )
