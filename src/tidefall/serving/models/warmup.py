"""Requests that a version answers before it is given to clients.

They lie beside the model in `assets.extra/tf_serving_warmup_requests`, a TFRecord file of
PredictionLog messages, as TensorFlow Serving has them. Each shape of inputs they bring is compiled
at once, in the sizes that batches will have too, and the faster of the compiled program and the
host executor is kept: the version is at its best speed with the first request of a client.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.serving.models.examples import serialized_examples
from tidefall.serving.models.execution import Executor
from tidefall.serving.models.prediction import check_inputs, find_signature, run_checked
from tidefall.serving.models.servable import Arrays, Servable, Signature

REQUESTS_FILE = Path("assets.extra") / "tf_serving_warmup_requests"
MAX_RECORDS = 1000
_logger = logging.getLogger("tidefall.serving")

Request = tuple[Signature, Arrays]


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Runs the warm-up requests of a version.

    Args:
        enabled: whether to do it at all.
        iterations: how often to run each request.
    """

    enabled: bool = True
    iterations: int = 1

    def run(self, folder: Path, servable: Servable, executor: Executor) -> None:
        """Answers the requests in a version's directory; does nothing where there are none.

        Args:
            folder: the version's directory, on this machine.
            servable: the loaded version.
            executor: what will run it.

        Raises:
            DataLossError: the file is damaged.
            InvalidArgumentError: it holds too many records, or one that does not fit the model.
            UnimplementedError: it holds a record of a kind that cannot be run.
            OpError: whatever the model raised.
        """
        file = folder / REQUESTS_FILE
        if not self.enabled or not file.is_file():
            return
        from tidefall.runtime.policy.compile_service import blocking

        start, count = time.monotonic(), 0
        for count, log in enumerate(_records(file), 1):
            try:
                requests = list(_requests(log, servable))
                with blocking():
                    for signature, inputs in requests:
                        self._answer(signature, inputs, executor)
            except errors.OpError as error:
                message = f"warm-up request {count} of {file} failed: {error.message}"
                raise error.restated(message) from None
        seconds = time.monotonic() - start
        _logger.info("%s: answered %d warm-up requests in %.2f s", folder, count, seconds)

    def _answer(self, signature: Signature, inputs: Arrays, executor: Executor) -> None:
        check_inputs(signature, inputs)
        for _ in range(self.iterations):
            run_checked(signature, inputs)
        executor.prepare(signature, inputs)


def _records(file: Path) -> Iterator[Any]:
    from google.protobuf.message import DecodeError

    from tidefall.io.records.tfrecord import read_records
    from tidefall.proto import serving

    for number, record in enumerate(read_records(file), 1):
        if number > MAX_RECORDS:
            message = f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {file}"
            raise errors.InvalidArgumentError(None, None, message)
        try:
            yield serving.PredictionLog.FromString(record)
        except DecodeError:
            message = f"Failed to parse warmup record: number {number} of {file}"
            raise errors.DataLossError(None, None, message) from None


def _requests(log: Any, servable: Servable) -> Iterator[Request]:
    """What a record asks the model to run."""
    kind = log.WhichOneof("log_type")
    if kind is None:
        return
    request = getattr(log, kind).request
    if kind == "predict_log":
        signature = find_signature(servable, request.model_spec.signature_name)
        yield signature, _arrays(request.inputs)
    elif kind in ("classify_log", "regress_log"):
        yield _of_examples(servable, request.model_spec, request.input)
    elif kind == "multi_inference_log":
        for task in request.tasks:
            yield _of_examples(servable, task.model_spec, request.input)
    elif kind == "session_run_log":
        yield _of_session(servable, request)
    else:
        message = f"Unsupported log_type for warmup: {kind}"
        raise errors.UnimplementedError(None, None, message)


def _of_examples(servable: Servable, spec: Any, examples: Any) -> Request:
    signature = find_signature(servable, spec.signature_name)
    (name,) = signature.inputs if len(signature.inputs) == 1 else ("inputs",)
    serialized = serialized_examples(examples)
    array = np.empty(len(serialized), object)
    array[:] = serialized
    return signature, {name: array}


def _of_session(servable: Servable, request: Any) -> Request:
    """The signature that takes the tensors a session was fed."""
    arrays = _arrays({feed.name: feed.tensor for feed in request.feed})
    for signature in servable.signatures.values():
        names = {
            name if request.tensor_name_is_alias else _tensor_name(info.name): name
            for name, info in signature.inputs.items()
        }
        fed = {_tensor_name(name): array for name, array in arrays.items()}
        given = arrays if request.tensor_name_is_alias else fed
        if names.keys() == given.keys():
            return signature, {names[name]: array for name, array in given.items()}
    message = f"no signature of the model takes the tensors of a session run: {sorted(arrays)}"
    raise errors.UnimplementedError(None, None, message)


def _tensor_name(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _arrays(tensors: Mapping[str, Any]) -> dict[str, np.ndarray]:
    from tidefall.proto.tensors import tensor_proto_to_array

    arrays: dict[str, np.ndarray] = {}
    for name, tensor in tensors.items():
        try:
            arrays[name] = tensor_proto_to_array(tensor)
        except (TypeError, ValueError) as error:
            message = f"tensor parsing error: {name}. {error}"
            raise errors.InvalidArgumentError(None, None, message) from None
    return arrays
