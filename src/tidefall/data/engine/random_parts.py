"""Parts of a pipeline whose random functions draw from streams of their own.

Every iterator over a whole pipeline has streams of its own (`settings.started`), which go on when a
part of the pipeline begins anew, as under `repeat`. A dataset that stands in a pipeline twice
(`zip(d, d)`) has streams in each place, while one that functions use from outside
(`flat_map(lambda x: d)`) has the same wherever that is, and others than outside of functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tidefall.data.engine.elements import State
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node, TransparentNode
from tidefall.data.engine.settings import Settings, Under, current_settings, using

_CAPTURED = "captured"


class PartNode(TransparentNode):
    """The elements of a pipeline, with random streams of their own.

    Args:
        source: the pipeline.
        captured: it is used in functions.
    """

    def __init__(self, source: Node, captured: bool = False):
        self.inputs = (source,)
        self.captured = captured

    def _settings(self) -> Settings:
        settings = current_settings()
        streams = settings.streams
        if streams is None:
            return settings
        part = streams.root.part(_CAPTURED) if self.captured else streams.part(self)
        return replace(settings, streams=part)

    def make_iterator(self) -> ElementIterator:
        settings = self._settings()
        with using(settings):
            return Under(self.inputs[0].make_iterator(), settings)

    def save_shared(self) -> State:
        with using(self._settings()):
            return super().save_shared()

    def restore_shared(self, state: State) -> None:
        with using(self._settings()):
            super().restore_shared(state)


def captured_values(values: Sequence[Any]) -> list[Any]:
    """What a function uses from outside: datasets as parts, if they draw random numbers."""
    return [_captured(one) if isinstance(one, Node) else one for one in values]


def _captured(node: Node) -> Node:
    if isinstance(node, PartNode) or not node.draws_random:
        return node
    return PartNode(node, captured=True)


def share_streams(inputs: Sequence[Node]) -> bool:
    """Whether what one of some inputs draws depends on how much the others have drawn."""
    before: set[int] = set()
    for node in inputs:
        ops = node.captured_random_ops
        if not before.isdisjoint(ops):
            return True
        before |= ops
    return False


def separated(inputs: Sequence[Node]) -> tuple[Node, ...]:
    """The inputs of a stage; those that share random ops with one before them as parts."""
    before: set[int] = set()
    found = []
    for node in inputs:
        ops = node.random_ops
        found.append(node if before.isdisjoint(ops) else PartNode(node))
        before |= ops
    return tuple(found)
