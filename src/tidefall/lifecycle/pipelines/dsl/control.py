"""`Cond`: nodes that run if a condition holds. `ForEach`: nodes that run for each artifact."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from tidefall.lifecycle.pipelines.dsl.placeholders import Predicate
from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.types.channel import Channel

_ACTIVE: ContextVar[tuple[Any, ...]] = ContextVar("pipeline_conditions", default=())

_LOOP: ContextVar[ForEach | None] = ContextVar("pipeline_loop", default=None)


def active_loop() -> ForEach | None:
    """Return the loop around, None where there is none."""
    return _LOOP.get()


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


class LoopChannel(Channel):
    """One artifact of a channel at a time: what `ForEach` gives."""

    def __init__(self, source: Channel, loop: ForEach):
        super().__init__(source.type)
        self.source, self.loop = source, loop

    def __repr__(self) -> str:
        return f"each of {self.source!r}"


class ForEach:
    """Nodes made in this block run once for each artifact of a channel, in the artifacts' order.

    with ForEach(spans.outputs["examples"]) as examples:
        trainer = Trainer(examples=examples, ...)

    In the block an output of another of its nodes is that of the same artifact; behind it, it has
    those of all of them. Without artifacts nothing runs.

    Args:
        loopable: a channel.

    Raises:
        InvalidArgumentError: it is something else, or the block is in another one.
    """

    def __init__(self, loopable: Channel):
        if not isinstance(loopable, Channel) or isinstance(loopable, LoopChannel):
            raise invalid(f"ForEach takes a channel, such as node.outputs['...'], got {loopable!r}")
        self.source = loopable

    def __enter__(self) -> LoopChannel:
        if _LOOP.get() is not None:
            raise invalid("ForEach in ForEach is not possible")
        _LOOP.set(self)
        return LoopChannel(self.source, self)

    def __exit__(self, *error: object) -> None:
        _LOOP.set(None)


def round_name(node: str, place: int) -> str:
    """Return what a node is called in the store for one of the artifacts of its loop."""
    return f"{node}[{place}]"
