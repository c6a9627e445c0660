"""`tensorflow.serving.PredictionService`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidefall.base import errors
from tidefall.proto import SignatureDef, serving
from tidefall.proto.tensors import make_tensor_proto
from tidefall.serving.grpc_api import tensors
from tidefall.serving.grpc_api.calls import Caller, Method, check_spec
from tidefall.serving.inference import Outcome
from tidefall.serving.models.examples import (
    CLASSIFY_METHOD,
    REGRESS_METHOD,
    check_classifier,
    check_regressor,
    classifications,
    example_inputs,
    label_texts,
    regressions,
    serialized_examples,
)
from tidefall.serving.models.servable import DEFAULT_SIGNATURE, Arrays, Signature, TensorInfo
from tidefall.serving.status import invalid

NAME = "tensorflow.serving.PredictionService"
_SIGNATURES = "signature_def"
_ATTEMPTS = 3


class PredictionService:
    """The methods that run models and describe them.

    Args:
        caller: runs the methods.
        most_bytes: the size that one input may have.
        as_content: write outputs as `tensor_content` where their type allows.
    """

    def __init__(self, caller: Caller, most_bytes: int, as_content: bool = False) -> None:
        self._caller = caller
        self._most_bytes = most_bytes
        self._as_content = as_content

    def methods(self) -> dict[str, Method]:
        """The methods by name, as gRPC calls them."""
        named = {
            "Predict": self._predict,
            "Classify": self._classify,
            "Regress": self._regress,
            "MultiInference": self._multi_inference,
            "GetModelMetadata": self._metadata,
        }
        return {name: self._caller.method(method) for name, method in named.items()}

    def _predict(self, request: Any, context: Any) -> Any:
        spec, names = request.model_spec, list(request.output_filter)
        present = request.HasField("model_spec")
        call = self._caller.call_of(spec, context, "predict", present=present)

        def decode(signature: Signature) -> Arrays:
            tensors.check_filter(names, signature)
            return tensors.decode_inputs(request.inputs, signature, self._most_bytes)

        outcome = self._caller.run(call, decode, context)
        signature, outputs = _results(outcome)
        reply = serving.PredictResponse()
        _fill_spec(reply.model_spec, spec, outcome)
        tensors.encode_outputs(
            reply.outputs, outputs, names or outputs, signature, self._as_content
        )
        return reply

    def _classify(self, request: Any, context: Any) -> Any:
        reply = serving.ClassificationResponse()
        present = request.HasField("model_spec")
        outcome = self._run_examples(
            request.model_spec, request.input, context, "classify", present=present
        )
        _fill_spec(reply.model_spec, request.model_spec, outcome)
        _fill_classes(reply.result, outcome)
        return reply

    def _regress(self, request: Any, context: Any) -> Any:
        reply = serving.RegressionResponse()
        present = request.HasField("model_spec")
        outcome = self._run_examples(
            request.model_spec, request.input, context, "regress", present=present
        )
        _fill_spec(reply.model_spec, request.model_spec, outcome)
        _fill_regressions(reply.result, outcome)
        return reply

    def _run_examples(
        self,
        spec: Any,
        input: Any,
        context: Any,
        method: str,
        version: int | None = None,
        check: Callable[[Signature], None] | None = None,
        present: bool = True,
    ) -> Outcome:
        call = self._caller.call_of(spec, context, method, version, present=present)
        check = check or {"classify": check_classifier, "regress": check_regressor}[method]

        def decode(signature: Signature) -> Arrays:
            check(signature)
            return example_inputs(serialized_examples(input))

        return self._caller.run(call, decode, context)

    # --- several signatures at once ---------------------------------------------------------------

    def _multi_inference(self, request: Any, context: Any) -> Any:
        try:
            _check_tasks(request.tasks)
        except errors.OpError as error:
            model = request.tasks[0].model_spec.name if request.tasks else ""
            self._caller.reject("multi_inference", context, model, error)
            raise
        for attempt in range(_ATTEMPTS):
            try:
                return self._run_tasks(request, context)
            except _VersionGone as gone:
                if attempt == _ATTEMPTS - 1:
                    raise gone.error from None
        raise AssertionError("the last attempt returns or raises")

    def _run_tasks(self, request: Any, context: Any) -> Any:
        """All tasks by the version that the first one went to."""
        reply = serving.MultiInferenceResponse()
        version: int | None = None
        for task in request.tasks:
            check, fill = _TASKS[task.method_name]
            try:
                outcome = self._run_examples(
                    task.model_spec, request.input, context, "multi_inference", version, check
                )
            except errors.NotFoundError as error:
                if version is None:
                    raise
                raise _VersionGone(error) from None
            version = outcome.version
            result = reply.results.add()
            _fill_spec(result.model_spec, task.model_spec, outcome)
            fill(result, outcome)
        return reply

    # --- metadata ---------------------------------------------------------------------------------

    def _metadata(self, request: Any, context: Any) -> Any:
        spec = request.model_spec
        check_spec(spec, request.HasField("model_spec"))
        _check_metadata_fields(request.metadata_field)
        version = spec.version.value if spec.HasField("version") else None
        label = spec.version_label if spec.HasField("version_label") else None
        found = serving.SignatureDefMap()
        reply = serving.GetModelMetadataResponse()
        with self._caller.manager.use(spec.name, version, label) as loaded:
            for name, signature in loaded.servable.signatures.items():
                found.signature_def[name].CopyFrom(signature_message(signature))
            reply.model_spec.name = spec.name
            reply.model_spec.version.value = loaded.version
        reply.metadata[_SIGNATURES].Pack(found)
        return reply


class _VersionGone(Exception):
    """The version that began a request was unloaded before its end."""

    def __init__(self, error: errors.OpError) -> None:
        super().__init__(error.message)
        self.error = error


def signature_message(signature: Signature) -> Any:
    """A signature as a `SignatureDef`."""
    message = SignatureDef(method_name=signature.method_name)
    for infos, target in (
        (signature.inputs, message.inputs),
        (signature.outputs, message.outputs),
    ):
        for name, info in infos.items():
            _fill_info(target[name], info)
    for name, array in signature.defaults.items():
        message.defaults[name].CopyFrom(make_tensor_proto(array))
    return message


def _fill_info(message: Any, info: TensorInfo) -> None:
    message.name = info.name
    message.dtype = tensors.dtype_enum(info.dtype)
    message.tensor_shape.SetInParent()
    if info.shape is None:
        message.tensor_shape.unknown_rank = True
        return
    for size in info.shape:
        message.tensor_shape.dim.add(size=-1 if size is None else size)


def _check_metadata_fields(fields: Any) -> None:
    if not fields:
        raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
    for name in fields:
        if name != _SIGNATURES:
            raise invalid(f"Metadata field {name} is not supported")


def _check_tasks(tasks: Any) -> None:
    if not tasks:
        raise invalid("ModelSpec has no name specified: the request has no tasks")
    seen: set[str] = set()
    for task in tasks:
        spec = task.model_spec
        if not spec.name:
            raise invalid("Found ModelSpec with an empty model name.")
        if spec.name != tasks[0].model_spec.name:
            raise invalid(
                "All ModelSpecs in a MultiInferenceRequest must access the same model name."
            )
        signature_name = spec.signature_name or DEFAULT_SIGNATURE
        if signature_name in seen:
            raise invalid(f"Duplicate evaluation of signature: {signature_name}")
        seen.add(signature_name)
        if task.method_name not in _TASKS:
            message = f"Unsupported signature method_name: {task.method_name}"
            raise errors.UnimplementedError(None, None, message)


def _results(outcome: Outcome) -> tuple[Signature, Arrays]:
    assert outcome.signature is not None and outcome.outputs is not None  # It has no error.
    return outcome.signature, outcome.outputs


def _count(outcome: Outcome) -> int:
    return len(next(iter((outcome.inputs or {}).values())))


def _fill_classes(result: Any, outcome: Outcome) -> None:
    found = classifications(_results(outcome)[1], _count(outcome))
    labels = None if found.labels is None else label_texts(found.labels)
    scores = None if found.scores is None else found.scores.tolist()
    for example in range(_count(outcome)):
        classes = result.classifications.add().classes
        for index in range(len((labels or scores or [])[example])):
            entry = classes.add()
            if labels is not None:
                entry.label = labels[example][index]
            if scores is not None:
                entry.score = scores[example][index]


def _fill_regressions(result: Any, outcome: Outcome) -> None:
    for value in regressions(_results(outcome)[1], _count(outcome)).tolist():
        result.regressions.add(value=value)


_TASKS: Mapping[str, tuple[Callable[[Signature], None], Callable[[Any, Outcome], None]]] = {
    CLASSIFY_METHOD: (
        check_classifier,
        lambda result, outcome: _fill_classes(result.classification_result, outcome),
    ),
    REGRESS_METHOD: (
        check_regressor,
        lambda result, outcome: _fill_regressions(result.regression_result, outcome),
    ),
}


def _fill_spec(reply: Any, asked: Any, outcome: Outcome) -> None:
    reply.name = asked.name
    reply.signature_name = outcome.signature_name
    reply.version.value = outcome.version
