"""`tf.compat.v1.flags`: absl's flags, whose functions also take their arguments by old names."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from absl import flags

from tidefall.base.exports import export_value

_OLD_NAMES = {"flag_name": "name", "default_value": "default", "docstring": "help"}


def _renamed(define: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(define)
    def call(*args: Any, **kwargs: Any) -> Any:
        return define(*args, **{_OLD_NAMES.get(name, name): v for name, v in kwargs.items()})

    return call


for _name in flags.__all__:
    _value = getattr(flags, _name)
    if isinstance(_value, types.FunctionType) and _name.startswith("DEFINE_"):
        _value = _renamed(_value)
    export_value(_value, f"compat.v1.flags.{_name}")
    export_value(_value, f"compat.v1.app.flags.{_name}")
