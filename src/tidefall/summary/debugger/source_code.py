"""Where in the program something happened, as the debugger's files say it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from tidefall.graph.user_code import is_own_file
from tidefall.summary.debugger.events import DebugEventsWriter, new_id

SourceLocation = tuple[str, int, str]


class CodeLocations:
    """Stack traces as numbers of frames; each frame and each source file is written once."""

    def __init__(self, writer: DebugEventsWriter):
        self._writer = writer
        self._frames: dict[SourceLocation, str] = {}
        self._files: dict[str, int] = {}

    def here(self) -> dict[str, Any]:
        """The fields of a CodeLocation: the frames of the running program, the outermost first."""
        ids = [self._frame_id(location) for location in _program_stack()]
        return {"host_name": self._writer.host_name, "stack_frame_ids": ids}

    def _frame_id(self, location: SourceLocation) -> str:
        found = self._frames.get(location)
        if found is None:
            found = self._frames[location] = new_id()
            file, line, function = location
            where = {"file_index": self._file_index(file), "line": line, "func": function}
            self._writer.WriteStackFrameWithId({"id": found, "file_line_col": where})
        return found

    def _file_index(self, file: str) -> int:
        if file not in self._files:
            self._files[file] = len(self._files)
            source = {"file_path": file, "host_name": self._writer.host_name}
            self._writer.WriteSourceFile({**source, "lines": _lines(file)})
        return self._files[file]


def _program_stack() -> list[SourceLocation]:
    """The places of the calling program; ours and Keras's, if there is nothing else."""
    every, program = [], []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        location = (os.path.abspath(file), frame.f_lineno, frame.f_code.co_name)
        every.append(location)
        if not is_own_file(file):
            program.append(location)
        frame = frame.f_back
    return (program or every)[::-1]


def _lines(file: str) -> list[str]:
    if not file.endswith(".py"):
        return []
    try:
        return Path(file).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []
