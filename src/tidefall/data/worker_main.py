"""The program of a worker process: runs a function on elements until nobody asks any more.

It is started as `python -m tidefall.data.worker_main NUMBER NUMBER`, with the file descriptors of
a connection that brings messages, and of a pipe that closes when the program that started it ends.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from tidefall.core.errors import OpError

INTERNAL = 13


def send(connection: Connection, message: Any) -> None:
    """Send a message; arrays in it follow as they are, without a copy."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(message, 5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    sizes = [view.nbytes for view in views]
    connection.send_bytes(pickle.dumps((data, sizes)))
    for view in views:
        if view.nbytes:
            connection.send_bytes(view)


def receive(connection: Connection) -> Any:
    """The next message.

    Raises:
        EOFError: the other end was closed.
    """
    data, sizes = pickle.loads(connection.recv_bytes())
    buffers = [bytearray(size) for size in sizes]
    for buffer in buffers:
        if buffer:
            connection.recv_bytes_into(buffer)
    return pickle.loads(data, buffers=buffers)


def _exit_with_parent(life: int) -> None:
    """End as soon as the pipe closes, whatever the function is doing."""
    os.read(life, 1)
    os._exit(1)


def _function(setup: dict[str, Any]) -> Callable[[Sequence[Any], int], list[Any]]:
    """The function a worker runs: of the flat values of an element and its number."""
    from tidefall.data.functions import Runner, StructuredFunction

    sys.path[:] = setup["path"]
    function, transformation, arguments = pickle.loads(setup["function"])
    traced = StructuredFunction(function, transformation, arguments)
    traced.label = setup["label"]
    return Runner(traced.function, [tensor._value for tensor in traced.captured])


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
    connection = Connection(messages)
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
