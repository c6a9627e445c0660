"""Python in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import unimplemented


def apply_pyfunc(
    func: Callable[..., Any], Tout: Any, stateful: bool = True, name: str | None = None, *args: Any
) -> Any:
    """Refuse a Python function in the graph: a SavedModel cannot hold one.

    Raises:
        UnimplementedError: always.
    """
    del Tout, stateful, name, args
    raise unimplemented(
        f"apply_pyfunc({getattr(func, '__name__', func)!r}): a Python function cannot be saved "
        f"with the graph. Write it in ops, for example with {tf.__name__}.strings and .math"
    )
