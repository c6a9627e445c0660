"""Files that grow record by record, within bounds, and hold whole records when the disk is full."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tidefall.io.records.appending import PartlyWritten, append

_logger = logging.getLogger("tidefall.serving")

Item = TypeVar("Item")


class Sink(Protocol):
    """Takes what is written."""

    def write(self, data: bytes) -> None:
        """Writes one record, whole. Raises OSError where it cannot."""
        ...

    def close(self) -> None:
        """Finishes."""
        ...


class StandardError:
    """Writes to standard error."""

    def write(self, data: bytes) -> None:
        """Writes one record."""
        sys.stderr.write(data.decode("utf-8", "replace"))
        sys.stderr.flush()

    def close(self) -> None:
        """Nothing was opened."""


class RotatingFile:
    """A file that becomes `NAME.1` when it is full, and `NAME.1` becomes `NAME.2`, ...

    What a process before left in the file is moved aside too: it may end within a record. A record
    that finds the disk full leaves the files as they are, and the next one tries again.

    Args:
        path: the file.
        most_bytes: how large each file gets.
        files: how many there are at most, the one being written included.
    """

    def __init__(self, path: Path, most_bytes: int = 64 * 1024 * 1024, files: int = 16) -> None:
        self._path, self._most_bytes, self._files = path, most_bytes, files
        self._file: FileIO | None = None
        self._size = 0

    def write(self, data: bytes) -> None:
        """Writes one record; into the next file if this one would get too large."""
        if self._file is not None and self._size + len(data) > self._most_bytes:
            self.close()
        if self._file is None:
            self._open()
        assert self._file is not None
        try:
            append(self._file, data)
        except PartlyWritten:
            self.close()
            raise
        self._size += len(data)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size:
            self._move_aside()
        self._file = self._path.open("ab", buffering=0)
        self._size = 0

    def _move_aside(self) -> None:
        names = [self._path.with_name(f"{self._path.name}.{n}") for n in range(1, self._files)]
        if not names:
            self._path.unlink()
            return
        for older, newer in zip(names[:0:-1], names[-2::-1], strict=True):
            if newer.exists():
                newer.replace(older)
        self._path.replace(names[0])

    def close(self) -> None:
        """Closes the file; the next record begins another."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


class BackgroundWriter(Generic[Item]):
    """Encodes and writes on a thread of its own, so that no request waits for a disk.

    What comes faster than it can be written is dropped and counted.

    Args:
        name: of what is written, for messages.
        encode: makes the record of an item.
        sink: where it goes.
        most_items: how many may wait.
        most_bytes: how much those may hold together, by what `offer` is told.
        on_written: is told of each item that was to be written, and whether it was.
    """

    def __init__(
        self,
        name: str,
        encode: Callable[[Item], bytes],
        sink: Sink,
        most_items: int = 1000,
        most_bytes: int = 64 * 1024 * 1024,
        on_written: Callable[[Item, bool], None] = lambda item, was_written: None,
    ) -> None:
        self._on_written = on_written
        self._name, self._encode, self._sink = name, encode, sink
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._held = 0
        self._failing = False
        self.written = 0
        self.dropped = 0
        self._queue: queue.Queue[tuple[Item, int] | None] = queue.Queue(most_items)
        self._thread = threading.Thread(target=self._work, name="tidefall-writer", daemon=True)
        self._thread.start()

    def offer(self, item: Item, size: int = 0) -> None:
        """Has an item written, unless too much waits already.

        Args:
            item: what to write.
            size: about how many bytes it keeps in memory.
        """
        with self._lock:
            if self._held + size > self._most_bytes:
                self.dropped += 1
                return
            self._held += size
        try:
            self._queue.put_nowait((item, size))
        except queue.Full:
            with self._lock:
                self._held -= size
                self.dropped += 1

    def stop(self) -> None:
        """Writes what waits, then ends the thread."""
        self._queue.put(None)
        self._thread.join()
        self._sink.close()

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            item, size = entry
            self._write(item)
            with self._lock:
                self._held -= size
            del item, entry  # Or an idle thread would keep the last request in memory.

    def _write(self, item: Item) -> None:
        try:
            self._sink.write(self._encode(item))
        except Exception as error:  # noqa: BLE001 - a full disk must not end the thread.
            with self._lock:
                self.dropped += 1
            if not self._failing:  # Once, not for each record while the disk is full.
                _logger.error("%s: cannot be written: %s", self._name, error)
            self._failing = True
            self._on_written(item, False)
        else:
            self.written += 1
            self._on_written(item, True)
            if self._failing:
                _logger.info("%s: is written again", self._name)
            self._failing = False
