"""What analyzers found in a file, kept for the next analysis.

An entry is named after the content of the file, and after the part of the graph between the file
and the analyzer: a new version of the file or of the preprocessing function makes a new entry.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.transform.accumulators.accumulator import Accumulator

_VERSION = "1"


class AnalyzerCache:
    """A folder of accumulators.

    Args:
        folder: made if it is not there.

    Attributes:
        hits: how many accumulators were found.
        misses: how many were looked for in vain.
    """

    def __init__(self, folder: str):
        os.makedirs(folder, exist_ok=True)
        self._folder = folder
        self.hits = self.misses = 0

    def _path(self, digest: str, key: str) -> str:
        return os.path.join(self._folder, f"{digest[:32]}-{key[:32]}.npz")

    def restore(self, digest: str, key: str, accumulator: Accumulator) -> bool:
        """Fill an empty accumulator; False if there is nothing whole to fill it with."""
        found = self._load(digest, key, accumulator)
        self.hits += found
        self.misses += not found
        return found

    def restore_merged(self, digests: Sequence[str], key: str, accumulator: Accumulator) -> int:
        """Fill an empty accumulator with what the first shards gave together.

        Args:
            digests: of all shards, in order.
            key: of the analyzer.
            accumulator: to be filled.

        Returns:
            How many shards that was; 0 if they have to be merged.
        """
        for count in range(len(digests), 1, -1):
            if self._load(_together(digests[:count]), key, accumulator):
                self.hits += count
                return count
        return 0

    def keep_merged(
        self, digests: Sequence[str], key: str, accumulator: Accumulator, known: int
    ) -> None:
        """Write what all shards gave together, in place of what the first `known` of them did."""
        if len(digests) > max(known, 1):
            self.keep(_together(digests), key, accumulator)
            if known:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._path(_together(digests[:known]), key))

    def _load(self, digest: str, key: str, accumulator: Accumulator) -> bool:
        try:
            with (
                open(self._path(digest, key), "rb") as file,
                np.load(file, allow_pickle=False) as content,
            ):
                accumulator.restore({name: content[name] for name in content.files})
        except (FileNotFoundError, zipfile.BadZipFile, ValueError, KeyError, EOFError):
            return False
        return True

    def keep(self, digest: str, key: str, accumulator: Accumulator) -> None:
        """Write what an accumulator holds."""
        buffer = io.BytesIO()
        np.savez(buffer, **accumulator.state())  # type: ignore[arg-type]
        with whole_file(self._path(digest, key)) as file:
            file.write(buffer.getvalue())


def _together(digests: Sequence[str]) -> str:
    return hashlib.sha256(b"merged" + b"".join(d.encode() for d in digests)).hexdigest()


def file_digest(path: str) -> str:
    """The SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def graph_digest(graph: Any, ancestors: set[str], fetches: list[str], settings: Any) -> str:
    """The SHA-256 of a part of a graph and of settings; the names of operations do not count.

    Args:
        graph: a FuncGraph.
        ancestors: the names of the operations that belong to the part.
        fetches: the names of the tensors that it ends in.
        settings: anything whose repr says all that matters.
    """
    digest = hashlib.sha256(f"{_VERSION}{settings!r}".encode())
    definition = graph.as_graph_def()
    numbers: dict[str, str] = {}

    def renamed(name: str) -> str:
        mark, name = ("^", name[1:]) if name.startswith("^") else ("", name)
        op, _, output = name.partition(":")
        return f"{mark}{numbers.get(op, op)}:{output or 0}"

    for node in definition.node:
        if node.name not in ancestors:
            continue
        # An input keeps its name: it says which column it is.
        is_input = node.op == "Placeholder" and not node.input
        numbers[node.name] = node.name if is_input else str(len(numbers))
        digest.update(f"|{node.op}|{[renamed(name) for name in node.input]}".encode())
        for key in sorted(node.attr):
            digest.update(key.encode() + node.attr[key].SerializeToString(deterministic=True))
    for function in definition.library.function:
        digest.update(function.SerializeToString(deterministic=True))
    digest.update(repr([renamed(name) for name in fetches]).encode())
    return digest.hexdigest()
