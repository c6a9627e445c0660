"""The sources of a pipeline that are handed out piece by piece.

A piece is the number of an element, where a source has them by number, or of a file. Pipelines on
all machines are built from the same graph, so their sources have the same order.
"""

from __future__ import annotations

from collections.abc import Callable

from tidefall.base.errors import FailedPreconditionError
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import ChainedIterator, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.sources.file_sources import FilesNode
from tidefall.data.sources.random import RandomNode
from tidefall.data.transformations.combining.zip import ZipNode

Take = Callable[[int, int], int | None]
"""The next piece of a source, by its number, in a repetition: its number, or None at the end."""


def _is_cut(node: Node) -> bool:
    """Whether a node is a source, or as good as one: rows that belong together are not parted."""
    return not node.inputs or (isinstance(node, ZipNode) and node.random_access() is not None)


def sizes(node: Node) -> list[int]:
    """How many pieces each source of a pipeline has.

    Raises:
        FailedPreconditionError: a source has no pieces.
    """
    if isinstance(node, RandomNode):
        return []  # without end: every worker has its own
    if not _is_cut(node):
        return [size for one in node.inputs for size in sizes(one)]
    if isinstance(node, FilesNode):
        return [len(node.paths)]
    access = node.random_access()
    if access is None:
        raise FailedPreconditionError(
            None,
            None,
            f"Cannot create a split provider for dataset of type {node.title}: its elements cannot "
            'be handed out to several workers. Use "parallel_epochs" (ShardingPolicy.OFF).',
        )
    return [access.size]


def with_splits(node: Node, take: Take) -> Node:
    """A pipeline whose sources give only the pieces that `take` says."""
    return _replaced(node, take, [0])


def _replaced(node: Node, take: Take, found: list[int]) -> Node:
    if isinstance(node, RandomNode):
        return node
    if _is_cut(node):
        found[0] += 1
        return SplitNode(node, found[0] - 1, take)
    return node.with_inputs([_replaced(one, take, found) for one in node.inputs])


class SplitNode(Node):
    """The pieces of a source that are handed out to this process.

    Args:
        source: the source.
        number: which one it is.
        take: gives the next piece.
    """

    def __init__(self, source: Node, number: int, take: Take):
        self._source = source
        self._number = number
        self._take = take
        self._repetition = 0
        self.shapes = source.shapes

    def make_iterator(self) -> ElementIterator:
        repetition = self._repetition
        self._repetition += 1

        def take() -> int | None:
            return self._take(self._number, repetition)

        if isinstance(self._source, FilesNode):
            return _Files(self._source, take)
        return _Rows(self._source, take)


class _Rows(ElementIterator):
    __slots__ = ("_access", "_take")

    def __init__(self, source: Node, take: Callable[[], int | None]):
        self._access = source.random_access()
        self._take = take

    def __next__(self) -> Element:
        number = self._take()
        if number is None or self._access is None:
            raise StopIteration
        return self._access.element(number)


class _Files(ChainedIterator):
    __slots__ = ("_files", "_take")

    def __init__(self, files: FilesNode, take: Callable[[], int | None]):
        super().__init__()
        self._files = files
        self._take = take

    def _open(self) -> ElementIterator:
        number = self._take()
        if number is None:
            raise StopIteration
        part = self._files.with_inputs(())
        assert isinstance(part, FilesNode)
        part.paths = [self._files.paths[number]]
        part.starts = self._files.starts[number : number + 1]
        return part.make_iterator()
