"""The programs that one function was compiled to: each is logged, and too many are warned of."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

FIRST_WARNING = 16
"""Programs of one function after which the log has a warning, once."""
PROGRAM_LIMIT = 128
"""Programs kept per function; beyond them all go, and are made again when needed."""
_MAX_SHOWN = 8

_log = logging.getLogger("tidefall.runtime")


class ProgramLog:
    """Counts the programs of a function and names the shapes they were made for.

    Args:
        name: the function's name.
        labels: names of its inputs.
    """

    def __init__(self, name: str, labels: Sequence[str]):
        self.name = name
        self._labels = labels
        self._kept = 0
        self._seen: list[dict[int, Any]] = []
        self._warned = False

    def add(self, given: dict[int, Any], constants: dict[int, Any], seconds: float) -> bool:
        """Note a compilation.

        Args:
            given: the arrays it was made for, by position of the input.
            constants: those of which it took the values.
            seconds: how long it took.

        Returns:
            Whether there are so many programs now that they have to go.
        """
        shapes = [np.shape(value) for value in given.values()]
        values = [np.asarray(value).tolist() for value in constants.values()]
        _log.info(
            "%s compiled for arguments of shapes %s%s: they are new to it; tracing and compiling "
            "took %.2f s",
            self.name,
            shapes,
            f" and the constants {values}" if values else "",
            seconds,
        )
        if not self._warned:
            told = dict(zip(given, shapes, strict=True)) | dict(zip(constants, values, strict=True))
            self._seen.append(told)
            if len(self._seen) >= FIRST_WARNING:
                self._warn()
        self._kept += 1
        if self._kept < PROGRAM_LIMIT:
            return False
        self._kept = 0
        return True

    def _warn(self) -> None:
        self._warned = True
        differing: list[str] = []
        for i in self._seen[-1]:
            found = list(dict.fromkeys(str(seen.get(i)) for seen in self._seen))
            if len(found) > 1:
                more = ", ..." if len(found) > _MAX_SHOWN else ""
                differing.append(f"{self._labels[i]}: {', '.join(found[:_MAX_SHOWN])}{more}")
        _log.warning(
            "%s was compiled %d times by now, once for each combination of the shapes of its "
            "arguments, or of values that it needs while compiling. Those that differ:\n  %s\n"
            "Pad them to a few sizes, or leave out jit_compile=True: what is not compiled runs on "
            "the host with any size.",
            self.name,
            len(self._seen),
            "\n  ".join(differing),
        )
        self._seen.clear()
