"""`tf.__internal__.autograph`: whether functions are converted, and converting one.

Asked for by tf-keras.
"""

from __future__ import annotations

import functools
from typing import Any

from tidefall.function.autograph.calls import call as converted_call


class ControlStatusCtx:
    """A context with or without conversion."""

    def __init__(self, status: Any = None, options: Any = None):
        self.status = status
        self.options = options


def control_status_ctx() -> ControlStatusCtx:
    """The context in force."""
    return ControlStatusCtx()


def tf_convert(
    f: Any, ctx: Any, convert_by_default: bool = True, user_requested: bool = False
) -> Any:
    """A function whose control flow may depend on tensors."""
    if getattr(f, "autograph_info__", None) is not None:
        return f

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        return converted_call(f)(*args, **kwargs)

    return call
