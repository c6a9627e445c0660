"""`Dataset.cache(filename)`: elements are made once and kept in a tensor bundle.

The files are TensorFlow's: component c of element i is the tensor `      i_c` of the bundle. Its
index is written last, so that a cache is there as a whole or not at all. A lock file says that it
is being written; the lock of a process that is gone is taken over.
"""

from __future__ import annotations

import glob
import os
import re
import socket
import time
import weakref
from collections.abc import Sequence
from typing import Any

from tidefall.base.dtypes import DType
from tidefall.base.errors import AlreadyExistsError, InvalidArgumentError
from tidefall.data.engine.access import RandomAccess
from tidefall.data.engine.elements import Batch, Element, State
from tidefall.data.engine.elements import stack as stacked
from tidefall.data.engine.iterators import ByNumber, ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.sources.tensors import ElementsNode
from tidefall.data.state.element_codec import STRING, VARIANT, from_bundle, to_bundle, type_of
from tidefall.io.bundles import bundle_format
from tidefall.io.bundles.bundle_reader import BundleReader
from tidefall.io.bundles.bundle_writer import BundleWriter
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.proto.tensors import dtype_name

_OWNER = re.compile(r"^Process: (\d+) on (.*)$", re.MULTILINE)


class FileCacheNode(Node):
    """The input's elements; after one whole iteration they come from files."""

    title = "cache"

    def __init__(self, source: Node, prefix: str, types: Sequence[DType]):
        self.inputs = (source,)
        self.prefix = prefix
        self.types = [dtype.as_datatype_enum for dtype in types]

    def describe(self, asked: str) -> Stage:
        kept = "they are kept" if self.is_complete() else "the first whole iteration keeps them"
        return Stage(f"{ONE_BY_ONE}, from files: {kept}", arguments={"": repr(self.prefix)})

    def is_complete(self) -> bool:
        """Whether all elements are there."""
        return os.path.exists(bundle_format.index_path(self.prefix))

    def key(self, element: int, component: int) -> str:
        """The name of a component in the bundle."""
        width = len(str(len(self.types) - 1))
        return f"{element:>7}_{component:>{width}}"

    def make_iterator(self) -> ElementIterator:
        return _FileCached(self)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()


class _Bundle(RandomAccess):
    """The elements in the files."""

    __slots__ = ("_node", "_reader", "size")

    def __init__(self, node: FileCacheNode):
        self._node = node
        self._reader = BundleReader(node.prefix)
        self.size = len(self._reader) // max(len(node.types), 1)

    def element(self, index: int) -> Element:
        return [self._component(index, i) for i in range(len(self._node.types))]

    def _component(self, index: int, component: int) -> Any:
        name = self._node.key(index, component)
        entry = self._reader.entry(name)
        expected = self._node.types[component]
        if entry.dtype_enum != expected:
            raise InvalidArgumentError(
                None,
                None,
                f"Data type mismatch at component {component}: expected {dtype_name(expected)} but "
                f"got {dtype_name(entry.dtype_enum)}. The cache {self._node.prefix} is of another "
                "dataset; delete it or use another name.",
            )
        if expected == VARIANT:
            return from_bundle(
                *self._reader.stored(name), entry.shape, f"{self._node.prefix}, {name!r}"
            )
        value = self._reader.read(name)
        return value if expected == STRING else value.copy()

    def gather(self, indices: Any) -> list[Any]:
        return stacked([self.element(i) for i in indices.tolist()])


class _Writing:
    """A cache that is being written, and its lock.

    Raises:
        AlreadyExistsError: another iterator is writing it.
    """

    def __init__(self, node: FileCacheNode):
        self._node = node
        self._count = 0
        self._lock: str = f"{node.prefix}_0.lockfile"
        self._bundle: BundleWriter | None = None
        _acquire(self._lock, node.prefix)
        try:
            self._bundle = BundleWriter(node.prefix)
        except BaseException:
            self.close()
            raise

    def add(self, element: Element) -> None:
        """Write an element."""
        assert self._bundle is not None
        for i, value in enumerate(element):
            name = self._node.key(self._count, i)
            if type_of(value) == VARIANT:
                data, checksum, shape = to_bundle(value)
                self._bundle.add_stored(name, data, checksum, VARIANT, shape)
            else:
                self._bundle.add(name, value)
        self._count += 1

    def finish(self) -> None:
        """All elements have been added: from now on they are used."""
        bundle, self._bundle = self._bundle, None
        assert bundle is not None
        bundle.finish()

    def close(self) -> None:
        """Drop what is not finished, and the lock."""
        bundle, self._bundle = self._bundle, None
        if bundle is not None:
            bundle.discard()
        lock, self._lock = self._lock, ""
        if lock and os.path.exists(lock):
            os.unlink(lock)


def _acquire(lock: str, prefix: str) -> None:
    """Create a lock file, in place of one whose process is gone."""
    text = f"Created at: {int(time.time())}\nProcess: {os.getpid()} on {socket.gethostname()}\n"
    while True:
        try:
            file = open(lock, "x")  # noqa: SIM115
        except FileExistsError:
            _take_over(lock, prefix)
            continue
        except OSError as error:
            raise errors_from_os(error, lock) from None
        try:
            with file:
                file.write(text)
        except OSError as error:
            os.unlink(lock)
            raise errors_from_os(error, lock) from None
        return


def _take_over(lock: str, prefix: str) -> None:
    """Remove the lock, and the files, of a process that is gone.

    Raises:
        AlreadyExistsError: it is not known to be gone.
    """
    try:
        with open(lock) as file:
            text = file.read()
    except FileNotFoundError:
        return
    owner = _OWNER.search(text)
    if owner is None or owner[2] != socket.gethostname() or _is_alive(int(owner[1])):
        raise AlreadyExistsError(
            None,
            None,
            "There appears to be a concurrent caching iterator running - cache lockfile already "
            f"exists ('{lock}'). If you are sure no other running computation is using this cache "
            "prefix, delete the lockfile and re-initialize the iterator. Lockfile contents: "
            f"{text.strip()}",
        )
    folder, name = os.path.split(bundle_format.data_path(prefix, 0, 1))
    left = os.path.join(glob.escape(folder), f".{glob.escape(name)}.{owner[1]}.*.tmp")
    for path in [*glob.glob(left), lock]:
        if os.path.exists(path):
            os.unlink(path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class _FileCached(ElementIterator):
    """Reads the files if they are there, and writes them along the way otherwise.

    What takes up a state that was saved in the middle of writing writes nothing: the next whole
    iteration does.
    """

    __slots__ = ("__weakref__", "_end", "_may_write", "_node", "_reads", "_source", "_writing")

    def __init__(self, node: FileCacheNode):
        self._node = node
        self._writing: _Writing | None = None
        self._end: Any = None
        self._start(reads=node.is_complete())
        self._may_write = not self._reads

    def _start(self, reads: bool) -> None:
        self._reads = reads
        node = self._node
        self._source = ByNumber(_Bundle(node)) if reads else node.inputs[0].make_iterator()

    def __next__(self) -> Element:
        if self._may_write:
            self._begin_writing()
        writing = self._writing
        if writing is None:
            return next(self._source)
        try:
            element = next(self._source)
            writing.add(element)
        except StopIteration:
            try:
                writing.finish()
            finally:
                self._stop_writing()
            raise
        except BaseException:
            # The files would lack an element.
            self._stop_writing()
            raise
        return element

    def _begin_writing(self) -> None:
        self._may_write = False
        source, self._source = self._source, ElementsNode([]).make_iterator()
        # Without the lock there are no elements: the error comes once, and the end behind it.
        self._writing = _Writing(self._node)
        self._source = source
        self._end = weakref.finalize(self, self._writing.close)

    def _stop_writing(self) -> None:
        self._writing = None
        if self._end is not None:
            self._end()

    def batch(self, count: int) -> Batch:
        return self._source.batch(count) if self._reads else super().batch(count)

    def skip(self, count: int) -> int:
        return self._source.skip(count) if self._reads else super().skip(count)

    def save(self) -> State:
        return {
            "source": self._source.save(),
            "reads": self._reads,
            "may write": self._may_write,
        }

    def restore(self, state: State) -> None:
        self._stop_writing()
        self._may_write = state["may write"] and not self._node.is_complete()
        self._start(reads=state["reads"])
        self._source.restore(state["source"])

    def saves_position(self) -> bool:
        return self._source.saves_position()
