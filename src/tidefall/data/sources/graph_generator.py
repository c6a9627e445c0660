"""Generators whose steps are graphs, as datasets in files have them."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import OutOfRangeError
from tidefall.data.engine.elements import Element, State
from tidefall.data.engine.functions import Runner
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.op import raw


class GraphGeneratorNode(Node):
    """What `following` gives for what `first` returned, until it says that there is no more.

    Args:
        first: called without arguments when an iterator asks for its first element.
        following: takes what `first` returned; raises OutOfRangeError at the end.
        last: takes the same; called once behind the end.
    """

    title = "from_generator"
    replayed = raw.GeneratorDataset

    def __init__(self, first: Runner, following: Runner, last: Runner):
        self.first = first
        self.following = following
        self.last = last
        self.functions = (first, following, last)

    def describe(self, asked: str) -> Stage:
        return Stage(ONE_BY_ONE, arguments={"": self.following.described})

    def make_iterator(self) -> ElementIterator:
        return _Generated(self)


class _Generated(ElementIterator):
    __slots__ = ("_ended", "_node", "_state", "_taken")

    def __init__(self, node: GraphGeneratorNode):
        self._node = node
        self._state: list[Any] | None = None
        self._taken = 0
        self._ended = False

    def __next__(self) -> Element:
        if self._ended:
            raise StopIteration
        if self._state is None:
            self._state = self._node.first([])
        try:
            element = self._node.following.until_out_of_range(self._state)
        except OutOfRangeError:
            self._ended = True
            self._node.last(self._state)
            raise StopIteration from None
        self._taken += 1
        return element

    def save(self) -> State:
        return self._taken

    def restore(self, state: State) -> None:
        # What it keeps is known to its functions only: they are run up to the same place again.
        self._state, self._taken, self._ended = None, 0, False
        self.skip(state)
