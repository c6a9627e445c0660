"""TensorFlow Serving's REST API: which request goes where, and what it answers.

Nothing here knows of sockets: a method, a path and a body go in, a status and a body come out.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tidefall.base import errors
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply, Respond
from tidefall.serving.inference import Call, Inference, Outcome
from tidefall.serving.models.examples import (
    check_classifier,
    check_regressor,
    classifications,
    example_inputs,
    regressions,
)
from tidefall.serving.models.servable import Arrays, Signature, TensorInfo
from tidefall.serving.models.states import VersionStatus
from tidefall.serving.models.versions import MAX_VERSION
from tidefall.serving.rest.decode import decode_inputs, request_format, signature_name
from tidefall.serving.rest.encode import encode_outputs
from tidefall.serving.rest.examples import (
    decode_examples,
    encode_classifications,
    encode_regressions,
)
from tidefall.serving.rest.text import dumps, loads
from tidefall.serving.status import http_status, invalid

_logger = logging.getLogger("tidefall.serving")

_MODEL = r"/v1/models(?:/(?P<name>[^/:]+))?"
_VERSION = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_GET = re.compile(_MODEL + _VERSION + r"(?P<metadata>/metadata)?", re.IGNORECASE)
_POST = re.compile(
    _MODEL + _VERSION + r":(?P<verb>classify|regress|predict)", re.IGNORECASE | re.ASCII
)

# Bytes of JSON that are read in a fraction of a millisecond.
_BRIEF = 8192


@dataclass(frozen=True, slots=True)
class _Target:
    """The model a path names."""

    name: str
    version: int | None
    label: str | None


class RestApi:
    """Answers REST requests for models.

    Args:
        inference: runs the models.
        answers_later: whether all models are run on threads of their own, as they are in batches.
    """

    def __init__(self, inference: Inference, answers_later: bool = False) -> None:
        self._inference = inference
        self._answers_later = answers_later
        self._manager = inference.manager

    def is_quick(self, request: Request) -> bool:
        """Whether the answer takes no time to speak of, so that no worker is needed for it."""
        return request.method != "POST"

    def is_brief(self, request: Request) -> bool:
        """Whether reading the body and queueing it takes less than handing it to a worker."""
        return (
            self._answers_later
            and len(request.body) <= _BRIEF
            and "content-encoding" not in request.headers
        )

    def is_urgent(self, request: Request) -> bool:
        """Requests for models wait for each other."""
        return False

    def refuse(self, status: int, message: str) -> Reply:
        """A reply that says what went wrong, as all errors of this API do."""
        return Reply(status, dumps({"error": message}))

    def handle(self, request: Request, respond: Respond) -> None:
        """Answers one request; every failure becomes a reply."""
        try:
            reply = self._dispatch(request, respond)
        except Exception as error:  # noqa: BLE001 - it becomes the reply.
            reply = self._failure(error)
        if reply is not None:
            respond(reply)

    def _failure(self, error: Exception) -> Reply:
        if isinstance(error, errors.OpError):
            return self.refuse(http_status(error), error.message)
        _logger.error("a request failed", exc_info=error)
        return self.refuse(500, f"Internal error: {type(error).__name__}: {error}")

    def _dispatch(self, request: Request, respond: Respond) -> Reply | None:
        """The reply, or None where `respond` will be called with it."""
        method, path = request.method, request.path
        if not path.lower().startswith("/v1/"):
            raise errors.NotFoundError(None, None, f"Not found: {path[:200]}")
        pattern = {"GET": _GET, "POST": _POST}.get(method)
        match = pattern.fullmatch(path) if pattern else None
        if match is None:
            raise invalid(f"Malformed request: {method} {path[:200]}")
        target = _target(match)
        if method == "POST":
            self._run(match["verb"].lower(), target, request, respond)
            return None
        if match["metadata"]:
            return self._metadata(target)
        return self._status(target)

    def _run(self, verb: str, target: _Target, request: Request, respond: Respond) -> None:
        begin = time.perf_counter()
        try:
            document = loads(request.body)
            name = signature_name(document)
            decode, encode = _VERBS[verb](document)
        except errors.OpError as error:
            call = Call(
                target.name, target.version, target.label, method=verb, headers=request.headers
            )
            self._inference.reject(call, error, time.perf_counter() - begin)
            raise
        call = Call(
            target.name,
            target.version,
            target.label,
            name,
            method=verb,
            headers=request.headers,
            deadline=request.deadline,
        )

        def done(outcome: Outcome) -> None:
            if outcome.error is not None:
                respond(self._failure(outcome.error))
                return
            try:
                reply = Reply(200, encode(outcome.outputs or {}))
            except Exception as error:  # noqa: BLE001 - it becomes the reply.
                reply = self._failure(error)
            respond(reply)

        self._inference.run(call, decode, done)

    def _status(self, target: _Target) -> Reply:
        statuses = self._manager.statuses(target.name, target.version, target.label)
        return Reply(200, dumps({"model_version_status": [_status_json(s) for s in statuses]}))

    def _metadata(self, target: _Target) -> Reply:
        with self._manager.use(target.name, target.version, target.label) as loaded:
            signatures = {
                name: _signature_json(signature)
                for name, signature in loaded.servable.signatures.items()
            }
            spec = {"name": target.name, "signature_name": "", "version": str(loaded.version)}
        return Reply(
            200,
            dumps(
                {
                    "model_spec": spec,
                    "metadata": {"signature_def": {"signature_def": signatures}},
                }
            ),
        )


_Decode = Callable[[Signature], Arrays]
_Encode = Callable[[Arrays], bytes]


def _predict(document: Any) -> tuple[_Decode, _Encode]:
    layout = request_format(document)
    return (
        lambda signature: decode_inputs(document, signature),
        lambda outputs: encode_outputs(outputs, layout),
    )


def _classify(document: Any) -> tuple[_Decode, _Encode]:
    examples = decode_examples(document)
    return (
        lambda signature: _checked(check_classifier, signature, examples),
        lambda outputs: encode_classifications(classifications(outputs, len(examples))),
    )


def _regress(document: Any) -> tuple[_Decode, _Encode]:
    examples = decode_examples(document)
    return (
        lambda signature: _checked(check_regressor, signature, examples),
        lambda outputs: encode_regressions(regressions(outputs, len(examples))),
    )


def _checked(
    check: Callable[[Signature], None], signature: Signature, examples: list[bytes]
) -> Arrays:
    check(signature)
    return example_inputs(examples)


_VERBS = {"predict": _predict, "classify": _classify, "regress": _regress}


def _target(match: re.Match[str]) -> _Target:
    if match["name"] is None:
        raise invalid("Missing model name in request.")
    version = match["version"]
    if version is not None and int(version[:40]) > MAX_VERSION:
        raise invalid(f"Failed to convert version: {version[:40]} to numeric.")
    label = match["label"]
    return _Target(
        _unquote("model name", match["name"]),
        None if version is None else int(version),
        None if label is None else _unquote("model version label", label),
    )


def _unquote(what: str, text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise invalid(f"Failed to decode {what}:{text[:200]}") from None


def _status_json(status: VersionStatus) -> dict[str, Any]:
    return {
        "version": str(status.version),
        "state": status.state.value,
        "status": {"error_code": status.error_code, "error_message": status.error_message},
    }


def _signature_json(signature: Signature) -> dict[str, Any]:
    return {
        "inputs": {name: _tensor_json(info) for name, info in signature.inputs.items()},
        "outputs": {name: _tensor_json(info) for name, info in signature.outputs.items()},
        "method_name": signature.method_name,
        "defaults": {name: _array_json(array) for name, array in signature.defaults.items()},
    }


def _array_json(array: Any) -> dict[str, Any]:
    """A TensorProto in JSON, as protobuf writes it."""
    from google.protobuf.json_format import MessageToDict

    from tidefall.proto.tensors import make_tensor_proto

    return MessageToDict(
        make_tensor_proto(array),
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
    )


# All other types are spelled as they are called: DT_INT32, DT_STRING, ...
_ENUM_NAMES = {"float16": "DT_HALF", "float32": "DT_FLOAT", "float64": "DT_DOUBLE"}


def _tensor_json(info: TensorInfo) -> dict[str, Any]:
    sizes = [-1 if size is None else size for size in info.shape or ()]
    base = info.dtype.removesuffix("_ref")
    enum_name = _ENUM_NAMES.get(base, f"DT_{base.upper()}")
    return {
        "dtype": enum_name if base == info.dtype else f"{enum_name}_REF",
        "tensor_shape": {
            "dim": [{"size": str(size), "name": ""} for size in sizes],
            "unknown_rank": info.shape is None,
        },
        "name": info.name,
    }
