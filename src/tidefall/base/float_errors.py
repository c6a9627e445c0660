"""Floating-point errors that stay silent, at a price small enough for every op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# TensorFlow's ops give inf and nan without a word, NumPy's warn. `np.errstate` costs as much as a
# small op, so its effect is prepared once and switched in through the context variable behind it.
try:
    from numpy._core.umath import (
        _extobj_contextvar,  # pyright: ignore[reportPrivateUsage]  # no public way is as cheap
        _make_extobj,  # pyright: ignore[reportPrivateUsage]  # the same
    )

    _quiet = _make_extobj(all="ignore")
    begin_quiet = _extobj_contextvar.set
    end_quiet = _extobj_contextvar.reset
except ImportError:  # another NumPy keeps them elsewhere: take the public way
    _quiet = None

    def begin_quiet(_: Any, /) -> Any:
        scope = np.errstate(all="ignore")
        scope.__enter__()
        return scope

    def end_quiet(token: Any, /) -> None:
        token.__exit__(None, None, None)


QUIET: Any = _quiet


def quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that floating-point errors inside it stay silent."""

    def run(*args: Any) -> Any:
        token = begin_quiet(QUIET)
        try:
            return function(*args)
        finally:
            end_quiet(token)

    return run
