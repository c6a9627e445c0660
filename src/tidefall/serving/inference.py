"""The one way a request takes to a model, whatever protocol it came by."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tidefall.base import errors
from tidefall.serving.models.contract import ContractError
from tidefall.serving.models.execution import BatchRun
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.model import Model
from tidefall.serving.models.prediction import check_inputs, find_signature
from tidefall.serving.models.servable import DEFAULT_SIGNATURE, Arrays, Signature
from tidefall.serving.models.served import Loaded
from tidefall.serving.status import without_frames

_logger = logging.getLogger("tidefall.serving")


@dataclass(frozen=True, slots=True)
class Call:
    """What a request says of itself, beside its inputs.

    Args:
        model: the model's name.
        version: the version asked for, if the request names one.
        label: the version label, if the request names one.
        signature_name: the signature to run; the default one for "".
        method: "predict", "classify", "regress" or "multi_inference".
        protocol: "rest" or "grpc".
        headers: HTTP headers or gRPC metadata, names in lower case.
        deadline: when the client stops waiting, on the clock of `time.monotonic`.
    """

    model: str
    version: int | None = None
    label: str | None = None
    signature_name: str = ""
    method: str = "predict"
    protocol: str = "rest"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    deadline: float | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a call. Either `error` is set, or `version`, `inputs` and `outputs` are.

    Args:
        call: the request.
        started: when it came, in seconds since the epoch.
        seconds: how long the answer took, from then on.
        decode_seconds: how much of that went by until the inputs were decoded and checked.
        encode_seconds: how long it took after that to encode the reply, known to observers only.
        batch: the batch that it ran in, the last one if it was spread over several.
        queue_seconds: how long it waited for that after its inputs were decoded.
    """

    call: Call
    started: float
    seconds: float = 0.0
    decode_seconds: float = 0.0
    encode_seconds: float = 0.0
    batch: BatchRun | None = None
    queue_seconds: float = 0.0
    version: int | None = None
    signature: Signature | None = None
    inputs: Arrays | None = None
    outputs: Arrays | None = None
    error: errors.OpError | None = None

    @property
    def signature_name(self) -> str:
        """The name of the signature that was asked for."""
        return self.call.signature_name or DEFAULT_SIGNATURE


Route = Callable[[Call, Model], int | None]
"""Chooses the version for a call that names none; None is the latest."""

Observer = Callable[[Outcome], None]
"""Is told of every outcome after it was answered; may be slow only at its own cost in threads."""

Refusal = Callable[[Outcome, ContractError], errors.OpError]
"""Is told of every request that breaks the schema of its model before it is answered, and returns
what it is answered with."""


def _latest(call: Call, model: Model) -> int | None:
    return None


class Inference:
    """Runs requests on the models of a manager.

    Args:
        manager: the models.
        route: chooses versions for calls that name none.
        observers: are told of every outcome.
        refuse: is told of requests that break a schema.
    """

    def __init__(
        self,
        manager: ModelManager,
        route: Route = _latest,
        observers: Iterable[Observer] = (),
        refuse: Refusal = lambda outcome, error: error,
    ) -> None:
        self.manager = manager
        self._refuse = refuse
        self._route = route
        self._observers = tuple(observers)

    def run(
        self,
        call: Call,
        decode: Callable[[Signature], Arrays],
        done: Callable[[Outcome], None],
    ) -> None:
        """Runs a signature of a model. Never raises: what goes wrong is in the outcome.

        Args:
            call: the request.
            decode: makes the inputs as the signature wants them; called once, on this thread.
            done: takes the outcome; called once, by this thread or by another.
        """
        outcome, begin = Outcome(call, time.time()), time.perf_counter()
        loaded: Loaded | None = None
        model: Model | None = None

        def finish(
            outputs: Arrays | None, error: Exception | None, batch: BatchRun | None = None, /
        ) -> None:
            outcome.outputs = outputs
            if batch is not None:
                outcome.batch = batch
                outcome.queue_seconds = batch.began - begin - outcome.decode_seconds
            if error is not None:
                outcome.error = without_frames(_as_op_error(error))
            outcome.seconds = time.perf_counter() - begin
            if model is not None and loaded is not None:
                model.release(loaded)
            self._answer(outcome, done)

        try:
            model = self.manager.find(call.model, call.version)
            loaded = self._acquire(model, call)
            outcome.version = loaded.version
            signature = find_signature(
                loaded.servable, call.signature_name, call.method, call.protocol
            )
            outcome.signature = signature
            inputs = decode(signature)
            outcome.inputs = inputs
            check_inputs(signature, inputs)
            outcome.decode_seconds = time.perf_counter() - begin
        except ContractError as error:
            finish(None, self._refuse(outcome, error))
            return
        except Exception as error:  # noqa: BLE001 - it is the answer.
            finish(None, error)
            return
        loaded.executor.start(signature, inputs, call.deadline, finish)

    def reject(self, call: Call, error: errors.OpError, seconds: float = 0.0) -> None:
        """Tells the observers of a request that was answered before it could be run.

        Args:
            call: what is known of the request.
            error: what it was answered with.
            seconds: how long that took.
        """
        self._tell(Outcome(call, time.time() - seconds, seconds, error=error))

    def _acquire(self, model: Model, call: Call) -> Loaded:
        if call.label is not None:
            return model.acquire(model.labelled(call.label))
        if call.version is not None:
            return model.acquire(call.version)
        try:
            return model.acquire(self._route(call, model))
        except errors.NotFoundError:
            # The version may have been retired since it was chosen.
            return model.acquire(self._route(call, model))

    def _answer(self, outcome: Outcome, done: Callable[[Outcome], None]) -> None:
        begin = time.perf_counter()
        try:
            done(outcome)
        except Exception:
            _logger.exception("answering a request for %s failed", outcome.call.model)
        outcome.encode_seconds = time.perf_counter() - begin
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        for observer in self._observers:
            try:
                observer(outcome)
            except Exception:
                _logger.exception("an observer of requests failed")


def _as_op_error(error: Exception) -> errors.OpError:
    if isinstance(error, errors.OpError):
        return error
    _logger.error("a request failed", exc_info=error)
    return errors.InternalError(None, None, f"Internal error: {type(error).__name__}: {error}")
