"""`Cond`: nodes that run only if a condition holds."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from tidefall.lifecycle.pipelines.dsl.placeholders import Predicate
from tidefall.lifecycle.pipelines.failures import invalid

_ACTIVE: ContextVar[tuple[Any, ...]] = ContextVar("pipeline_conditions", default=())


def active_conditions() -> tuple[Any, ...]:
    """Return the conditions of the blocks around."""
    return _ACTIVE.get()


class Cond:
    """Nodes made in this block run only if the predicate holds.

    with Cond(evaluator.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        pusher = Pusher(...)
    """

    def __init__(self, predicate: Predicate):
        if not isinstance(predicate, Predicate):
            raise invalid(f"Cond takes a comparison with a .future(), got {predicate!r}")
        self._predicate = predicate

    def __enter__(self) -> None:
        _ACTIVE.set((*_ACTIVE.get(), self._predicate))

    def __exit__(self, *error: object) -> None:
        _ACTIVE.set(_ACTIVE.get()[:-1])
