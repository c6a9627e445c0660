"""gRPC's standard services: health, as probes ask for it, and reflection, as grpcurl does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import grpc

from tidefall.proto import registry
from tidefall.serving.grpc_api.calls import Method, service_handler
from tidefall.serving.grpc_api.threads import RequestThreads

HEALTH = "grpc.health.v1.Health"
REFLECTION = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")

# Streams that stay open; more are turned away, as each keeps a thread.
_MAX_STREAMS = 16


class Health:
    """Whether the server can do its work, for probes that ask and balancers that listen.

    Args:
        is_ready: whether requests should be sent here.
        services: the names one may ask for, beside "" for the server as a whole.
        threads: the threads of those who listen.
    """

    def __init__(
        self, is_ready: Callable[[], bool], services: Sequence[str], threads: RequestThreads
    ) -> None:
        self._is_ready = is_ready
        self._services = frozenset({"", *services})
        self._threads = threads
        self._response = registry.lookup("grpc.health.v1.HealthCheckResponse")
        self._list = registry.lookup("grpc.health.v1.HealthListResponse")
        self._streams = threading.Semaphore(_MAX_STREAMS)
        self._lock = threading.Lock()
        self._listeners: set[SimpleQueue[bool | None]] = set()
        # Probes must be answered when all other threads are busy.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="tidefall-grpc-health")

    def handler(self) -> Any:
        """What gRPC's server is given."""
        methods: dict[str, Method] = {"Check": self._check, "List": self._list_all}
        for name in methods:
            methods[name] = _OnThreadsOf(self._pool, methods[name])
        return service_handler(HEALTH, {**methods, "Watch": self._watch})

    def tell(self) -> None:
        """Tells those who listen what `is_ready` says now."""
        ready = self._is_ready()
        with self._lock:
            for updates in self._listeners:
                updates.put(ready)

    def close(self) -> None:
        """Ends the threads that answer probes."""
        self._pool.shutdown(wait=False)

    def _status(self, ready: bool) -> Any:
        return self._response(status=1 if ready else 2)  # SERVING, NOT_SERVING

    def _known(self, request: Any, context: Any) -> None:
        if request.service not in self._services:
            known = ", ".join(sorted(self._services - {""}))
            message = f"unknown service {request.service[:100]!r}; known: {known}"
            context.abort(grpc.StatusCode.NOT_FOUND, message)

    def _check(self, request: Any, context: Any) -> Any:
        self._known(request, context)
        return self._status(self._is_ready())

    def _list_all(self, request: Any, context: Any) -> Any:
        reply, ready = self._list(), self._is_ready()
        for name in self._services:
            reply.statuses[name].CopyFrom(self._status(ready))
        return reply

    def _watch(self, request: Any, context: Any) -> Iterator[Any]:
        self._threads.received()
        self._known(request, context)
        with _one_of(self._streams, context):
            self._threads.step_aside()
            updates: SimpleQueue[bool | None] = SimpleQueue()
            with self._lock:
                self._listeners.add(updates)
            try:
                if context.add_callback(lambda: updates.put(None)):
                    updates.put(self._is_ready())
                    yield from self._changes(updates)
            finally:
                with self._lock:
                    self._listeners.discard(updates)

    def _changes(self, updates: SimpleQueue[bool | None]) -> Iterator[Any]:
        before = None
        while (ready := updates.get()) is not None:
            if ready != before:
                yield self._status(ready)
            before = ready


class Reflection:
    """Describes the services to tools that have no schema of them.

    Args:
        services: the full names of the services there are.
        threads: the threads of those who ask.
    """

    def __init__(self, services: Sequence[str], threads: RequestThreads) -> None:
        self._services = sorted(services)
        self._threads = threads
        self._streams = threading.Semaphore(_MAX_STREAMS)

    def handlers(self) -> list[Any]:
        """What gRPC's server is given, one for each version of the service."""
        return [
            service_handler(name, {"ServerReflectionInfo": self._method(name.rpartition(".")[0])})
            for name in REFLECTION
        ]

    def _method(self, package: str) -> Method:
        response = registry.lookup(f"{package}.ServerReflectionResponse")

        def answer_all(requests: Iterator[Any], context: Any) -> Iterator[Any]:
            self._threads.received()
            with _one_of(self._streams, context):
                self._threads.step_aside()
                for request in requests:
                    yield self._answer(request, response(original_request=request))

        return answer_all

    def _answer(self, request: Any, reply: Any) -> Any:
        wanted = request.WhichOneof("message_request")
        if wanted == "list_services":
            for name in self._services:
                reply.list_services_response.service.add(name=name)
            return reply
        try:
            if wanted == "file_by_filename":
                files = registry.file_and_imports(name=request.file_by_filename)
            elif wanted == "file_containing_symbol":
                files = registry.file_and_imports(symbol=request.file_containing_symbol)
            else:
                raise KeyError(wanted)  # There are no extensions among the schemas.
        except KeyError:
            reply.error_response.error_code = grpc.StatusCode.NOT_FOUND.value[0]
            reply.error_response.error_message = "not found"
        else:
            reply.file_descriptor_response.file_descriptor_proto.extend(files)
        return reply


class _one_of:  # noqa: N801 - reads as a function.
    """Takes one of a number of streams within a `with` block, or turns the client away."""

    def __init__(self, streams: threading.Semaphore, context: Any) -> None:
        self._streams = streams
        self._context = context

    def __enter__(self) -> None:
        if not self._streams.acquire(blocking=False):
            message = f"{_MAX_STREAMS} such streams are open already"
            self._context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, message)

    def __exit__(self, *exc_info: object) -> None:
        self._streams.release()


class _OnThreadsOf:
    """A method that has threads of its own."""

    def __init__(self, pool: ThreadPoolExecutor, method: Method) -> None:
        self.experimental_thread_pool = pool  # gRPC looks for it.
        self._method = method

    def __call__(self, request: Any, context: Any) -> Any:
        return self._method(request, context)
