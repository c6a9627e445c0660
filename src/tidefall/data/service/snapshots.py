"""Datasets that the workers of a service write to files, each a part of the elements.

Which elements a part has follows from its number, so that a part of a worker that died is written
again by another one, into a file that takes its place only when it is whole.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from typing import Any

from tidefall.base.errors import AlreadyExistsError, OpError
from tidefall.data.engine.elements import Element
from tidefall.data.engine.settings import started
from tidefall.data.report.dataset_graph import node_of_graph
from tidefall.data.service import splits
from tidefall.data.service.jobs import Jobs, Snapshot
from tidefall.data.service.rpc import Message
from tidefall.data.state.element_codec import to_bytes
from tidefall.io.file_systems.file_system import replace_file
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.records.snapshot_files import Metadata, RunWriter, write_metadata

SPEC_FILE = "dataset_spec.pb"


def begin(jobs: Jobs, request: Message, count: int, change: Callable[..., None]) -> None:
    """Have a dataset written in a number of parts.

    Raises:
        AlreadyExistsError: that has been asked for before.
        FailedPreconditionError: the dataset has no parts.
    """
    path = request["path"]
    if path in jobs.snapshots or os.path.exists(path):
        how = "exists" if path not in jobs.snapshots else "has been started"
        raise AlreadyExistsError(None, None, f"tf.data snapshot at {path} {how} already.")
    splits.sizes(node_of_graph(request["graph"]))
    try:
        os.makedirs(path)
    except OSError as error:
        raise errors_from_os(error, path) from None
    change(
        "snapshot",
        path=path,
        dataset_id=request["dataset_id"],
        run=str(secrets.randbits(63)),
        count=count,
        types=request["types"],
        compression=request["compression"],
    )


def parts_for(
    jobs: Jobs,
    worker: str,
    is_alive: Callable[[str], bool],
    request: Message,
    change: Callable[..., None],
) -> list[Message]:
    """Take note of the parts a worker has written, and give it others.

    Args:
        jobs: the state of the dispatcher.
        worker: the worker.
        is_alive: whether a worker is there.
        request: what the worker says.
        change: makes a change.
    """
    for path, part, count in request["written"]:
        snapshot = jobs.snapshots.get(path)
        if snapshot is not None and part not in snapshot.written and not snapshot.is_finished:
            change("part_written", path=path, part=part, count=count)
            _finish_if_done(jobs, snapshot, change)
    for path, code, message in request["failed"]:
        snapshot = jobs.snapshots.get(path)
        if snapshot is not None and not snapshot.is_finished:
            text = f"{code} {message}".encode()
            replace_file(os.path.join(path, "ERROR"), lambda file, text=text: file.write(text))
            change("snapshot_finished", path=path, error=[code, message])
    writing = {(path, part) for path, part in request["writing"]}
    found = []
    for snapshot in jobs.snapshots.values():
        if snapshot.is_finished:
            continue
        for part in range(snapshot.count):
            writer = snapshot.writers.get(part)
            is_free = writer is None or not is_alive(writer)
            is_lost = writer == worker and (snapshot.path, part) not in writing
            if part not in snapshot.written and (is_free or is_lost):
                snapshot.writers[part] = worker
                found.append(_described(jobs, snapshot, part))
                break
    return found


def _described(jobs: Jobs, snapshot: Snapshot, part: int) -> Message:
    return {
        "path": snapshot.path,
        "run": snapshot.run,
        "part": part,
        "count": snapshot.count,
        "graph": jobs.datasets[snapshot.dataset_id].graph,
        "compression": snapshot.compression,
    }


def _finish_if_done(jobs: Jobs, snapshot: Snapshot, change: Callable[..., None]) -> None:
    if len(snapshot.written) < snapshot.count:
        return
    spec = jobs.datasets[snapshot.dataset_id].spec
    replace_file(os.path.join(snapshot.path, SPEC_FILE), lambda file: file.write(spec))
    elements = sum(snapshot.written.values())
    metadata = Metadata(run=snapshot.run, types=snapshot.types, elements=elements)
    write_metadata(snapshot.path, metadata)
    change("snapshot_finished", path=snapshot.path, error=None)


def write_part(part: Message, should_stop: Callable[[], bool]) -> int:
    """Write a part of a snapshot; returns how many elements it has.

    Args:
        part: what the dispatcher said.
        should_stop: asked before every element.
    """
    count, index = part["count"], part["part"]
    next_of: dict[tuple[int, int], int] = {}
    node = node_of_graph(part["graph"])
    sizes = splits.sizes(node)

    def take(source: int, repetition: int) -> int | None:
        number = next_of.get((source, repetition), index)
        next_of[source, repetition] = number + count
        return number if number < sizes[source] else None

    written = _Part(part)
    try:
        for element in started(splits.with_splits(node, take)):
            if should_stop():
                return 0
            written.write(element)
        written.place()
        return written.count
    finally:
        written.discard()


class _Part:
    """The file of a part, which takes its place when it is whole."""

    def __init__(self, part: Message):
        self._shard = part["part"]
        self._run = os.path.join(part["path"], part["run"])
        self._folder = os.path.join(self._run, f".{self._shard}-{secrets.token_hex(4)}")
        self._writer = RunWriter(self._folder, "", part["compression"])

    @property
    def count(self) -> int:
        return self._writer.count

    def write(self, element: Element) -> None:
        self._writer.write(self._shard, to_bytes(element))

    def place(self) -> None:
        """Move the file where it belongs; a part without elements has none."""
        (run, _, count) = self._writer.mark()
        name = f"{self._shard:08}.shard"
        target = os.path.join(self._run, name)
        try:
            if count:
                shutil.rmtree(target, ignore_errors=True)
                os.replace(os.path.join(self._folder, run, name), target)
        except OSError as error:
            raise errors_from_os(error, target) from None

    def discard(self) -> None:
        """Remove what was not moved."""
        try:
            self._writer.discard()
        except OpError:
            pass  # the disk is full: that is why
        shutil.rmtree(self._folder, ignore_errors=True)


def failure(path: str, error: Any) -> list[Any]:
    """What a worker tells of a part that cannot be written."""
    code = error.error_code if isinstance(error, OpError) else 13
    return [path, code, getattr(error, "message", str(error))]
