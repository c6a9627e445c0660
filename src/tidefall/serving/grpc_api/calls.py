"""What every method has in common: who may call, what the request says of itself, how it fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

import grpc

from tidefall.base import errors
from tidefall.proto import registry
from tidefall.serving.grpc_api.memory import MessageMemory
from tidefall.serving.grpc_api.threads import RequestThreads
from tidefall.serving.inference import Call, Inference, Outcome
from tidefall.serving.models.servable import Arrays, Signature
from tidefall.serving.status import without_frames

_logger = logging.getLogger("tidefall.serving")

Method = Callable[[Any, Any], Any]
"""A request and gRPC's context of it to a reply; errors are raised."""

Guard = Callable[[Mapping[str, str], str], object]
"""Raises where metadata and address of a client do not entitle it to call."""

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_LONGEST_MESSAGE = 1024
_NO_DEADLINE = 1e9  # Without one, gRPC counts down from a time of its own, far away.


Refused = Callable[[str, int], None]
"""Is told of each request that is refused before it reaches a model: what refused it, "transport"
or "tokens", and the status code."""


def ignore(layer: str, code: int) -> None:
    """Does nothing about a refused request: a `Refused`."""


def service_handler(
    name: str,
    methods: Mapping[str, Method],
    on_refusal: Refused = ignore,
    memory: MessageMemory | None = None,
) -> Any:
    """gRPC's handler for the methods of a service that the schemas describe.

    Args:
        name: the service's full name.
        methods: by name; one that streams takes an iterator of requests, or returns one of replies.
        on_refusal: is told of requests that are no messages of the right type, or too many.
        memory: bounds the memory of their messages; None for services whose messages are few.
    """
    described = registry.service_methods(name)
    return grpc.method_handlers_generic_handler(
        name,
        {
            method: _method_handler(described[method], methods[method], on_refusal, memory)
            for method in methods
        },
    )


def _method_handler(
    described: Any, method: Method, on_refusal: Refused, memory: MessageMemory | None
) -> Any:
    kinds = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    request, reply = (
        registry.lookup(kind.full_name) for kind in (described.input_type, described.output_type)
    )
    read: Callable[[bytes], Any] = request.FromString
    if not described.client_streaming:
        read, method = _reader(read, on_refusal), _if_readable(method)
    if memory is not None:
        method = memory.method(method)
        read = memory.reader(read, lambda: on_refusal("transport", errors.RESOURCE_EXHAUSTED))
    return kinds[described.client_streaming, described.server_streaming](
        method,
        request_deserializer=read,
        response_serializer=reply.SerializeToString,
    )


_UNREADABLE = object()


def _reader(parse: Callable[[bytes], Any], on_refusal: Refused) -> Callable[[bytes], Any]:
    """Reads messages. Of an error gRPC logs a traceback, with which clients could fill a disk."""

    def read(data: bytes) -> Any:
        try:
            return parse(data)
        except Exception:  # noqa: BLE001 - what protobuf raises, whatever implements it.
            on_refusal("transport", errors.INTERNAL)
            return _UNREADABLE

    return read


def _if_readable(method: Method) -> Method:
    def call(request: Any, context: Any) -> Any:
        if request is _UNREADABLE:  # In the words of gRPC.
            return context.abort(grpc.StatusCode.INTERNAL, "Exception deserializing request!")
        return method(request, context)

    return call


class Caller:
    """Runs the methods: guards them, takes their errors to the client, waits for models.

    Args:
        inference: runs the models.
        threads: the threads that all this happens on.
        guard: decides who may call.
        on_refusal: is told of requests by those who may not.
    """

    def __init__(
        self,
        inference: Inference,
        threads: RequestThreads,
        guard: Guard | None = None,
        on_refusal: Refused = ignore,
    ) -> None:
        self.manager = inference.manager
        self.step_aside = threads.step_aside
        self._inference = inference
        self._threads = threads
        self._guard = guard
        self._on_refusal = on_refusal

    def method(self, answer: Method, guard: Guard | None = None) -> Method:
        """A method as gRPC calls it, from one that raises errors of this library.

        Args:
            answer: makes the reply.
            guard: decides who may call; the usual one for None.
        """
        guard = guard or self._guard
        received = self._threads.received

        def call(request: Any, context: Any) -> Any:
            received()
            try:
                if guard is not None:
                    self._check(guard, context)
                return answer(request, context)
            except errors.OpError as error:
                failure = without_frames(error)
            except Exception as error:
                _logger.exception("a request failed")
                message = f"Internal error: {type(error).__name__}: {error}"
                failure = errors.InternalError(None, None, message)
            return context.abort(*status_of(failure))

        return call

    def _check(self, guard: Guard, context: Any) -> None:
        try:
            guard(headers_of(context), context.peer())
        except errors.OpError as error:
            self._on_refusal("tokens", error.error_code)
            raise

    def call_of(
        self,
        spec: Any,
        context: Any,
        method: str,
        version: int | None = None,
        *,
        present: bool = True,
    ) -> Call:
        """What a request says of itself.

        Args:
            spec: its `ModelSpec`.
            context: gRPC's context.
            method: "predict", "classify", "regress" or "multi_inference".
            version: the version to use where the request names none.
            present: whether the request has a `ModelSpec` at all.

        Raises:
            InvalidArgumentError: it names no model.
            CancelledError: the client has gone while the request lay in the queue.
        """
        try:
            check_spec(spec, present)
            return _call_of(spec, context, method, version)
        except errors.OpError as error:
            self.reject(method, context, spec.name, error)
            raise

    def reject(self, method: str, context: Any, model: str, error: errors.OpError) -> None:
        """Has a request counted that says too little of itself to be run.

        Args:
            method: as in `Call`.
            context: gRPC's context.
            model: the model it names, or "".
            error: what it is answered with.
        """
        call = Call(model, method=method, protocol="grpc", headers=headers_of(context))
        self._inference.reject(call, error)

    def run(self, call: Call, decode: Callable[[Signature], Arrays], context: Any) -> Outcome:
        """Runs a model and waits for what becomes of it, as long as the client does.

        Raises:
            OpError: whatever went wrong.
        """
        answers: SimpleQueue[Outcome | None] = SimpleQueue()
        self._inference.run(call, decode, answers.put)
        if answers.empty():
            self._threads.step_aside()
            if not context.add_callback(lambda: answers.put(None)):
                answers.put(None)
        try:
            seconds = None if call.deadline is None else call.deadline - time.monotonic()
            outcome = answers.get(timeout=None if seconds is None else max(0.0, seconds))
        except Empty:
            raise errors.DeadlineExceededError(None, None, "Deadline Exceeded") from None
        if outcome is None:
            raise errors.CancelledError(None, None, "the client has gone")
        if outcome.error is not None:
            raise outcome.error
        return outcome


def _call_of(spec: Any, context: Any, method: str, version: int | None) -> Call:
    if not context.is_active():
        raise errors.CancelledError(None, None, "the client has gone")
    seconds = context.time_remaining()
    label = None
    if spec.HasField("version"):
        version = spec.version.value
    elif spec.HasField("version_label"):
        label = spec.version_label
    return Call(
        spec.name,
        version,
        label,
        spec.signature_name,
        method=method,
        protocol="grpc",
        headers=headers_of(context),
        deadline=time.monotonic() + seconds if seconds < _NO_DEADLINE else None,
    )


def check_spec(spec: Any, present: bool) -> None:
    """Raises InvalidArgumentError where a request names no model."""
    if not present:
        raise errors.InvalidArgumentError(None, None, "Missing ModelSpec")
    if not spec.name:
        raise errors.InvalidArgumentError(None, None, "ModelSpec has no name specified.")


def headers_of(context: Any) -> dict[str, str]:
    """The metadata of a request, without what is binary."""
    return {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}


def status_of(error: errors.OpError) -> tuple[grpc.StatusCode, str]:
    """Status code and message of an error, cut off where TensorFlow Serving does."""
    message = error.message
    if len(message) > _LONGEST_MESSAGE:
        message = message[:_LONGEST_MESSAGE] + "...TRUNCATED"
    return _CODES.get(error.error_code, grpc.StatusCode.UNKNOWN), message
