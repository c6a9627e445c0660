"""Calls between dispatcher, workers and clients: gRPC, with dicts for messages.

A message is encoded as the state of an iterator is (`state_codec`): a JSON document and the bytes
it refers to. Nothing in it is ever run.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tidefall.base.errors import (
    DeadlineExceededError,
    InternalError,
    NotFoundError,
    OpError,
    UnavailableError,
    exception_type_from_error_code,
)
from tidefall.data.state import state_codec

Message = dict[str, Any]
Method = Callable[[Message], Message]

_SERVICE = "tidefall.data.Service"
_THREADS = 128
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def _grpc() -> Any:
    try:
        import grpc
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "the tf.data service needs the package grpcio: pip install 'tidefall[serve]'",
            name="grpc",
        ) from None
    return grpc


def check_protocol(protocol: str) -> None:
    """NotFoundError unless a protocol is gRPC."""
    if protocol != "grpc":
        raise NotFoundError(
            None,
            None,
            f"No credentials factory has been registered for protocol {protocol}. The available "
            "types are: [ grpc ]",
        )


class Listener:
    """A server for some methods.

    Args:
        port: the port to listen on; 0 for a free one.
        methods: by name; they raise this library's errors.

    Attributes:
        port: the port it listens on.

    Raises:
        UnavailableError: the port is taken.
    """

    def __init__(self, port: int, methods: Mapping[str, Method]):
        grpc = _grpc()
        # Two servers on one port would each get some of the calls.
        options = [("grpc.so_reuseport", 0), *_LIMITS]
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="tidefall-data-service")
        self._server = grpc.server(self._threads, options=options)
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(_answering(method))
            for name, method in methods.items()
        }
        handler = grpc.method_handlers_generic_handler(_SERVICE, handlers)
        self._server.add_generic_rpc_handlers((handler,))
        try:
            self.port: int = self._server.add_insecure_port(f"[::]:{port}")
        except RuntimeError as error:
            raise UnavailableError(
                None, None, f"Could not start gRPC server: port {port} is taken ({error})."
            ) from None

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()

    def stop(self) -> None:
        """End; calls under way are cut off."""
        self._server.stop(None).wait(5)
        self._threads.shutdown(wait=False, cancel_futures=True)


def _answering(method: Method) -> Callable[[bytes, Any], bytes]:
    """A method as gRPC calls it."""
    codes = {code.value[0]: code for code in _grpc().StatusCode}

    def answer(data: bytes, context: Any) -> bytes:
        try:
            return state_codec.encode(method(state_codec.decode(data)))
        except OpError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - a mistake here is the caller's to see
            failure = InternalError(None, None, f"{type(error).__name__}: {error}")
        context.abort(codes[failure.error_code], failure.message)
        raise AssertionError

    return answer


class Peer:
    """The other side of calls.

    Args:
        address: "host:port".
    """

    def __init__(self, address: str):
        self.address = address
        reconnect = [
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.min_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 500),
            # A server that comes back under the same address is another connection.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        self._channel = _grpc().insecure_channel(address, [*_LIMITS, *reconnect])

    def begin(self, method: str, timeout: float | None, **fields: Any) -> Call:
        """Send a request without waiting for the reply.

        Raises:
            UnavailableError: the connection was ended here.
        """
        call = self._channel.unary_unary(f"/{_SERVICE}/{method}")
        try:
            return Call(call.future(state_codec.encode(fields), timeout=timeout))
        except ValueError as error:
            raise UnavailableError(None, None, str(error)) from None

    def call(self, method: str, timeout: float | None = 10.0, **fields: Any) -> Message:
        """The reply to a request.

        Raises:
            OpError: what the other side raised; UnavailableError if it does not answer.
        """
        return self.begin(method, timeout, **fields).result()

    def insist(
        self, method: str, patience: float, stopped: threading.Event | None = None, **fields: Any
    ) -> Message:
        """The same, tried again while the other side cannot be reached.

        Args:
            method: its name.
            patience: seconds to try for.
            stopped: ends the trying.
            **fields: the request.
        """
        begin = time.monotonic()
        pause, tries = _FIRST_PAUSE, 0
        while True:
            tries += 1
            left = begin + patience - time.monotonic()
            try:
                return self.call(method, max(0.1, min(left, 10.0)), **fields)
            except (UnavailableError, DeadlineExceededError) as error:
                passed = time.monotonic() - begin
                if passed + pause >= patience or (stopped is not None and stopped.is_set()):
                    raise UnavailableError(
                        None,
                        None,
                        f"{method}: the tf.data service at {self.address} could not be reached for "
                        f"{passed:.1f} s ({tries} tries): {error.message}",
                    ) from None
            time.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def close(self) -> None:
        """End the connection; calls under way are cut off."""
        self._channel.close()


class Call:
    """A request under way."""

    def __init__(self, future: Any):
        self._future = future

    def cancel(self) -> None:
        """Give it up: `result` raises CancelledError."""
        self._future.cancel()

    def result(self) -> Message:
        """The reply, once it is there."""
        grpc = _grpc()
        try:
            return state_codec.decode(self._future.result())
        except grpc.FutureCancelledError:
            code, text = 1, "the call was cancelled"
        except grpc.RpcError as error:
            code, text = error.code().value[0], error.details() or ""
        kind: Any = exception_type_from_error_code(code)
        raise kind(None, None, text)
