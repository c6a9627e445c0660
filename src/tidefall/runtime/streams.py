"""Random streams inside compiled programs.

A stateful random op draws from a stream that moves on with every call. A compiled program takes the
positions of all its streams as one array, moves them on as it draws, also inside branches and
loops, and returns them. They stay on the device from call to call; the host reads them back only
when it wants to draw from one of these streams itself.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.graph.analysis import random_nodes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.graph import Operation
from tidefall.ops.random_seeds import node_stream, start_words


class ProgramStreams:
    """The streams of one compiled program, between its calls.

    Args:
        graph: the program.
    """

    def __init__(self, graph: FuncGraph):
        self.nodes = random_nodes(graph)
        self.rows = {id(node): row for row, node in enumerate(self.nodes)}
        self._positions: Any = None
        self._held: list[Any] = []

    def __bool__(self) -> bool:
        return bool(self.nodes)

    def positions(self) -> Any:
        """Where the streams stand, as uint64 `[streams, 3]`: key and counter."""
        streams = [node_stream(node) for node in self.nodes]
        unchanged = self._positions is not None and all(
            stream is held for stream, held in zip(streams, self._held, strict=True)
        )
        if not unchanged:
            words = [start_words(*stream.reserve(0)) for stream in streams]
            self._held, self._positions = streams, np.array(words, np.uint64)
        return self._positions

    def moved(self, positions: Any) -> None:
        """Take the positions that a call returned."""
        self._positions = positions
        for stream in self._held:
            stream.elsewhere = self.release

    def release(self) -> None:
        """Hand the positions back to the streams, for the host to draw from."""
        positions = np.asarray(self._positions)
        for stream, row in zip(self._held, positions.tolist(), strict=True):
            stream.elsewhere = None
            stream.move_to(row[1] | row[2] << 64)
        self._positions = None


class _Tracing(threading.local):
    """What the program being traced in this thread knows of its streams."""

    rows: dict[int, int] | None = None
    value: Any = None


_tracing = _Tracing()


@contextlib.contextmanager
def tracing(streams: ProgramStreams, value: Any) -> Iterator[_Tracing]:
    """Trace a program whose streams stand at `value`; afterwards `.value` is where they stand."""
    saved = _tracing.rows, _tracing.value
    _tracing.rows, _tracing.value = streams.rows, value
    try:
        yield _tracing
    finally:
        _tracing.rows, _tracing.value = saved


def positions() -> Any:
    """The positions of the streams at this point of the program being traced, or None.

    Whatever traces a part of a program on its own (a branch, the body of a loop) passes them in,
    traces inside `at(value)`, passes them out, and calls `set_positions`.
    """
    return _tracing.value


def set_positions(value: Any) -> None:
    """The streams now stand at `value`."""
    _tracing.value = value


@contextlib.contextmanager
def at(value: Any) -> Iterator[None]:
    """Trace a part of a program that is entered with the streams at `value`."""
    saved, _tracing.value = _tracing.value, value
    try:
        yield
    finally:
        _tracing.value = saved


def draw(node: Operation, blocks: int) -> Any:
    """The position of a node's stream, as uint64 `[3]`; the stream moves on by `blocks`."""
    assert _tracing.rows is not None
    row = _tracing.rows[id(node)]
    value = _tracing.value
    current = value[row]
    step = np.uint64(blocks)
    low = current[1] + step
    high = current[2] + (low < step).astype(np.uint64)
    _tracing.value = value.at[row, 1].set(low).at[row, 2].set(high)
    return current
