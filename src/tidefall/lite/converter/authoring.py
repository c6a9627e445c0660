"""`tf.lite.experimental.authoring`: functions that say by themselves whether they convert."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

from tidefall.base import errors
from tidefall.base.exports import export
from tidefall.lite.converter.converter import TFLiteConverter
from tidefall.lite.converter.report import Report
from tidefall.lite.converter.target import TargetSpec

_log = logging.getLogger("tidefall.lite")


class Compatible:
    """A function that is checked when it is first called; see `compatible`."""

    def __init__(self, target: Any, spec: TargetSpec | None, raise_exception: bool = False):
        functools.update_wrapper(self, target)
        self._target = target
        self._spec = TargetSpec() if spec is None else spec
        self._raises = raise_exception
        self._report: Report | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Check the function, the first time, and call it."""
        self._check(self._target.get_concrete_function(*args, **kwargs))
        return self._target(*args, **kwargs)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> Any:
        """Check the function, the first time, and return its concrete function."""
        concrete = self._target.get_concrete_function(*args, **kwargs)
        self._check(concrete)
        return concrete

    def get_compatibility_log(self) -> list[str]:
        """What was found, a text for each op that does not go into builtins.

        Raises:
            RuntimeError: before the function was called.
        """
        if self._report is None:
            raise RuntimeError("Call the function first: it is checked by its first call.")
        needs_flex = [f"{code} in {layer} ({line})" for code, layer, line in self._report.flex]
        return [*map(str, self._report.obstacles), *needs_flex]

    def _check(self, concrete: Any) -> None:
        if self._report is not None:
            return
        converter = TFLiteConverter.from_concrete_functions([concrete])
        converter.target_spec = self._spec
        self._report = converter.check()
        found = self.get_compatibility_log()
        for text in found:
            _log.warning("not compatible with LiteRT's builtin operators: %s", text)
        if found and self._raises:
            lines = "\n".join(f"  {text}" for text in found)
            raise errors.UnimplementedError(
                None, None, f"The function cannot be converted for LiteRT:\n{lines}"
            )


@export("lite.experimental.authoring.compatible")
def compatible(
    target: Any = None, converter_target_spec: TargetSpec | None = None, **kwargs: Any
) -> Any:
    """Check a `tf.function`, when it is first called, for ops that LiteRT does not have.

    Args:
        target: the function; None to use this as a decorator with arguments.
        converter_target_spec: what it is to be converted for.
        **kwargs: `raise_exception=True` raises an error in place of warnings.

    Returns:
        The function, with a method `get_compatibility_log`; or a decorator.

    Raises:
        tf.errors.UnimplementedError: from the first call, if errors are asked for.

    >>> import tidefall as tf
    >>> @tf.lite.experimental.authoring.compatible
    ... @tf.function(input_signature=[tf.TensorSpec([2])])
    ... def double(x):
    ...     return 2.0 * x
    >>> double(tf.constant([1.0, 2.0])).numpy().tolist()
    [2.0, 4.0]
    >>> double.get_compatibility_log()
    []
    """
    if target is None:
        wrap: Callable[[Any], Compatible] = lambda f: Compatible(f, converter_target_spec, **kwargs)  # noqa: E731
        return wrap
    return Compatible(target, converter_target_spec, **kwargs)
