"""Random streams inside compiled programs.

A stateful random op draws from a stream that moves on with every call. A compiled program takes the
positions of all its streams as one array, moves them on as it draws, also inside branches and
loops, and returns them. They stay on the device from call to call; the host reads them back only
when it wants to draw from one of these streams itself.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Sequence
from typing import Any, Protocol
from weakref import ref

import numpy as np

from tidefall.base.run_state import RunState, running_with
from tidefall.graph.operation import Operation, Site
from tidefall.ops.random.seeds import site_stream, start_words


class Streams(Protocol):
    """The streams of a compiled program."""

    def positions(self) -> Any:
        """Where they stand before a call."""
        ...

    def moved(self, positions: Any) -> None:
        """Take the positions that a call returned."""
        ...


class ProgramStreams:
    """The streams of one compiled program in one `RunState`, between its calls.

    Args:
        sites: the nodes that draw from streams, see `random_sites`.
        state: where the streams are.
    """

    def __init__(self, sites: Sequence[Site], state: RunState):
        self.sites = sites
        self._state = ref(state)  # which may hold on to this, through its streams
        self._positions: Any = None
        self._held: list[Any] = []

    def positions(self) -> Any:
        """Where the streams stand, as uint64 `[streams, 3]`: key and counter."""
        with running_with(self._state()):
            streams = [site_stream(site) for site in self.sites]
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

    rows: dict[Site, int] | None = None
    calls: Site = ()
    value: Any = None


_tracing = _Tracing()


@contextlib.contextmanager
def tracing(sites: Sequence[Site], value: Any) -> Generator[_Tracing]:
    """Trace a program whose streams stand at `value`; afterwards `.value` is where they stand."""
    saved = _tracing.rows, _tracing.calls, _tracing.value
    _tracing.rows = {site: row for row, site in enumerate(sites)}
    _tracing.calls, _tracing.value = (), value
    try:
        yield _tracing
    finally:
        _tracing.rows, _tracing.calls, _tracing.value = saved


@contextlib.contextmanager
def called_by(node: Operation) -> Generator[None]:
    """Trace the functions that a node calls: their streams are known by their place in it."""
    saved = _tracing.calls
    if _tracing.rows:
        _tracing.calls = (*saved, *node.site)
    try:
        yield
    finally:
        _tracing.calls = saved


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
def at(value: Any) -> Generator[None]:
    """Trace a part of a program that is entered with the streams at `value`."""
    saved, _tracing.value = _tracing.value, value
    try:
        yield
    finally:
        _tracing.value = saved


def draw(node: Operation, blocks: int) -> Any:
    """The position of a node's stream, as uint64 `[3]`; the stream moves on by `blocks`."""
    assert _tracing.rows is not None
    row = _tracing.rows[*_tracing.calls, *node.site]
    value = _tracing.value
    current = value[row]
    step = np.uint64(blocks)
    low = current[1] + step
    high = current[2] + (low < step).astype(np.uint64)
    _tracing.value = value.at[row, 1].set(low).at[row, 2].set(high)
    return current
