"""The lines of the program that made the nodes of a model: `debug/saved_model_debug_info.pb`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from tidefall.base.errors import DataLossError
from tidefall.saving.saved_model import constants as names


def debug_info_path(folder: str) -> str:
    """Where a SavedModel has its debug information."""
    return os.path.join(folder, names.DEBUG_DIRECTORY, names.DEBUG_INFO_FILENAME_PB)


def debug_info_of(functions: Iterable[tuple[str, Any]]) -> Any:
    """The GraphDebugInfo of functions.

    Args:
        functions: pairs of the name in the file and the graph. Of each node, the line of the user's
            code that made it is told, under the name `node@function`.
    """
    from tidefall.proto import GraphDebugInfo

    message = GraphDebugInfo()
    files: dict[str, int] = {}
    frames: dict[tuple[Any, ...], int] = {}
    for function, graph in functions:
        for node in graph.nodes:
            if node.frame is None:
                continue
            frame = tuple(node.frame)
            if frame not in frames:
                # One frame makes one trace, of the same number.
                number = frames[frame] = len(frames)
                told = message.frames_by_id[number]
                told.file_index = files.setdefault(str(frame[0]), len(files))
                told.line = int(frame[1])
                told.func = str(frame[2]) if len(frame) > 2 else ""
                message.traces_by_id[number].frame_id.append(number)
            message.name_to_trace_id[f"{node.name}@{function}"] = frames[frame]
    message.files.extend(files)
    return message


def write_debug_info(folder: str, message: Any) -> None:
    """Write the file into the folder of a SavedModel that is being written."""
    path = debug_info_path(folder)
    os.makedirs(os.path.dirname(path))
    with open(path, "xb") as file:
        file.write(message.SerializeToString(deterministic=True))


def read_debug_info(folder: str) -> Any:
    """The GraphDebugInfo of a SavedModel; an empty one if it has none.

    Raises:
        DataLossError: if the file is damaged.
    """
    from google.protobuf.message import DecodeError

    from tidefall.proto import GraphDebugInfo

    path = debug_info_path(folder)
    if not os.path.isfile(path):
        return GraphDebugInfo()
    with open(path, "rb") as file:
        data = file.read()
    try:
        return GraphDebugInfo.FromString(data)
    except DecodeError:
        raise DataLossError(None, None, f"{path} is not a GraphDebugInfo message.") from None
