"""Calls between processes: gRPC, with dicts for messages.

A message is encoded as the state of an iterator is (`state_codec`): a JSON document and the bytes
it refers to. Nothing in it is ever run.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from random import SystemRandom
from typing import Any

from tidefall.base.errors import (
    DEADLINE_EXCEEDED,
    UNAVAILABLE,
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

DATA_SERVICE = "tidefall.data.Service"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_PINGS = [
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 500),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 500),
    ("grpc.http2.max_ping_strikes", 0),
]
_WATCHED = [("grpc.keepalive_time_ms", 2000), ("grpc.keepalive_timeout_ms", 2000)]
"""Who is silent for four seconds in the middle of a call, for being frozen, is given up."""
_ANSWERED = "tidefall-answered"
"""In the metadata of an error that the other side raised."""


class UnreachableError(UnavailableError):
    """The other side did not answer: it is gone, frozen, or was never there."""


def _grpc() -> Any:
    # Connections that end are nothing to print a line about.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
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
        service: the name of all of them together.

    Attributes:
        port: the port it listens on.

    Raises:
        UnavailableError: the port is taken.
    """

    def __init__(self, port: int, methods: Mapping[str, Method], service: str = DATA_SERVICE):
        grpc = _grpc()
        # Two servers on one port would each get some of the calls.
        options = [("grpc.so_reuseport", 0), *_LIMITS, *_PINGS]
        self._threads = DaemonThreads(service)
        self._server = grpc.server(self._threads, options=options)
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(_answering(method))
            for name, method in methods.items()
        }
        handler = grpc.method_handlers_generic_handler(service, handlers)
        self._server.add_generic_rpc_handlers((handler,))
        try:
            self.port: int = self._server.add_insecure_port(f"[::]:{port}")
        except RuntimeError as error:
            raise UnavailableError(
                None, None, f"Could not start gRPC server: port {port} is taken ({error})."
            ) from None

        # At the end of the process, too: gRPC's own threads are gone when objects are taken down.
        self.stop: Callable[[], object] = weakref.finalize(self, _stop, self._server, self._threads)
        """End; calls under way are cut off."""

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()


def _stop(server: Any, threads: DaemonThreads) -> None:
    server.stop(None).wait(5)
    threads.shutdown(wait=False)


class DaemonThreads(Executor):
    """Threads for what is submitted, which do not keep the process from ending.

    `ThreadPoolExecutor` waits at the end of the process for what its threads do, which for a server
    that nobody stopped may be to wait for ever.

    Args:
        name: of the threads.
    """

    _IDLE = 10.0  # seconds after which a thread without work ends

    def __init__(self, name: str):
        self._name = name
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._ended = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function in one of the threads."""
        future: Future[Any] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                future.set_exception(error)

        with self._lock:
            if self._ended:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._work.put(work)
            if self._idle:
                self._idle -= 1
            else:
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            try:
                work = self._work.get(timeout=self._IDLE)
            except queue.Empty:
                with self._lock:
                    if not self._idle:
                        continue  # work that is meant for this thread is being put there
                    self._idle -= 1
                    return
            work()
            with self._lock:
                if self._ended:
                    return
                self._idle += 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work; what is under way goes on."""
        with self._lock:
            self._ended = True


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
        context.set_trailing_metadata(((_ANSWERED, "1"),))
        context.abort(codes[failure.error_code], failure.message)
        raise AssertionError

    return answer


class Peer:
    """The other side of calls.

    Args:
        address: "host:port".
        service: whose methods are called.
        watched: whether the other side is given up when it is silent in the middle of a call.
    """

    def __init__(self, address: str, service: str = DATA_SERVICE, watched: bool = False):
        self.address = address
        self._service = service
        reconnect = [
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.min_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 500),
            # A server that comes back under the same address is another connection.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        options = [*_LIMITS, *_PINGS, *reconnect, *(_WATCHED if watched else ())]
        self._channel = _grpc().insecure_channel(address, options)

    def begin(self, method: str, timeout: float | None, **fields: Any) -> Call:
        """Send a request without waiting for the reply.

        Raises:
            UnavailableError: the connection was ended here.
        """
        call = self._channel.unary_unary(f"/{self._service}/{method}")
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
            time.sleep(pause * SystemRandom().uniform(0.8, 1.2))
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
            answered = any(key == _ANSWERED for key, _ in error.trailing_metadata() or ())
            if not answered and code in (UNAVAILABLE, DEADLINE_EXCEEDED):
                raise UnreachableError(None, None, text) from None
        kind: Any = exception_type_from_error_code(code)
        raise kind(None, None, text)
