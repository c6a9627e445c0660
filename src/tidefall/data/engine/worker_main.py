"""The program of a worker process: runs a function on elements until nobody asks any more.

It is started as `python -m tidefall.data.engine.worker_main NUMBER NUMBER`, with the file
descriptors of a connection that brings messages, and of a pipe that closes when the program that
started it ends.
"""

from __future__ import annotations

import os
import pickle
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import OpError

INTERNAL = 13
_LENGTH = struct.Struct("<Q")


def send(connection: socket.socket, message: Any) -> None:
    """Send a message; arrays in it follow as they are, without a copy."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(message, 5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    begin = pickle.dumps((data, [view.nbytes for view in views]))
    connection.sendall(_LENGTH.pack(len(begin)) + begin)
    for view in views:
        connection.sendall(view)


def receive(connection: socket.socket) -> Any:
    """The next message.

    Raises:
        EOFError: the other end was closed.
    """
    (length,) = _LENGTH.unpack(_received(connection, _LENGTH.size))
    data, sizes = pickle.loads(_received(connection, length))
    return pickle.loads(data, buffers=[_received(connection, size) for size in sizes])


def _received(connection: socket.socket, size: int) -> memoryview:
    view = np.empty(size, np.uint8).data
    at = 0
    while at < size:
        count = connection.recv_into(view[at:], 0, socket.MSG_WAITALL)
        if not count:
            raise EOFError
        at += count
    return view


def _exit_with_parent(life: int) -> None:
    """End as soon as the pipe closes, whatever the function is doing."""
    os.read(life, 1)
    os._exit(1)


def _function(setup: dict[str, Any]) -> Callable[[Sequence[Any], int], list[Any]]:
    """The function a worker runs: of the flat values of an element and its number."""
    from tidefall.data.engine.functions import Runner, StructuredFunction

    sys.path[:] = setup["path"]
    function, transformation, arguments = pickle.loads(setup["function"])
    traced = StructuredFunction(function, transformation, arguments)
    traced.label = setup["label"]
    return Runner(traced.function, [tensor.storage for tensor in traced.captured])


def _answer(work: Callable[[], Any]) -> tuple[bool, Any]:
    """What to send back: the result, or code, message and traceback of the error."""
    try:
        return True, work()
    except BaseException as error:  # noqa: BLE001 - raised in the other process
        code = error.error_code if isinstance(error, OpError) else INTERNAL
        message = (
            error.message if isinstance(error, OpError) else f"{type(error).__name__}: {error}"
        )
        return False, (code, message, traceback.format_exc())


def main() -> None:
    messages, life = int(sys.argv[1]), int(sys.argv[2])
    threading.Thread(target=_exit_with_parent, args=(life,), daemon=True).start()
    connection = socket.socket(fileno=messages)
    try:
        setup = receive(connection)
        made: list[Any] = []
        send(connection, _answer(lambda: made.append(_function(setup))))
        while made:
            values, number = receive(connection)
            answer = _answer(lambda: made[0](values, number))  # noqa: B023 - called at once
            try:
                send(connection, answer)
            except (TypeError, AttributeError, pickle.PicklingError) as error:
                text = f"The result cannot be sent to another process: {error}"
                send(connection, (False, (INTERNAL, text, "")))
    except (EOFError, OSError):
        pass  # the program that started this one is done with it


if __name__ == "__main__":
    main()
