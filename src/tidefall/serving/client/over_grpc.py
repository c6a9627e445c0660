"""The gRPC API, from the client's side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.base.type_guards import is_array, is_list, is_mapping, is_sequence
from tidefall.proto import DataType, Example, registry, serving
from tidefall.proto.tensors import make_tensor_proto, numpy_dtype, tensor_proto_to_array
from tidefall.serving.client.requests import Examples, Options, Tensors
from tidefall.serving.client.values import columns, plain

try:
    import grpc
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "a grpc:// URL needs the package grpcio: pip install 'tidefall[serve]'", name="grpc"
    ) from None

_PREDICTION = "tensorflow.serving.PredictionService"
_MODELS = "tensorflow.serving.ModelService"
_DEFAULT_SIGNATURE = "serving_default"
_DEFAULT_PORT = 8500


class GrpcTransport:
    """Sends requests over one channel; see `Client`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        host = f"[{options.host}]" if ":" in options.host else options.host
        target = f"{host}:{options.port or _DEFAULT_PORT}"
        limits = [(f"grpc.max_{side}_message_length", -1) for side in ("receive", "send")]
        if options.tls:
            self._channel = grpc.secure_channel(target, _credentials(options), limits)
        else:
            self._channel = grpc.insecure_channel(target, limits)
        token = options.token
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        # By signature name, the DataType number of each input.
        self._dtypes: dict[str, dict[str, int]] = {}

    def predict(self, request: Tensors, timeout: float) -> Any:
        outputs = {name: _texts(array) for name, array in self.infer(request, timeout).items()}
        single = len(outputs) == 1
        if single or not request.in_rows:
            return next(iter(outputs.values())) if single else outputs
        rows = zip(*outputs.values(), strict=True)
        return [dict(zip(outputs, row, strict=True)) for row in rows]

    def infer(self, request: Tensors, timeout: float) -> dict[str, np.ndarray]:
        message = self._new(serving.PredictRequest, request.signature_name)
        dtypes = self._inputs_of(request.signature_name or _DEFAULT_SIGNATURE, timeout)
        inputs = columns(request.values) if request.in_rows else request.values
        if not is_mapping(inputs):
            if len(dtypes) != 1:
                raise ValueError(f"expected a dict of arrays for the inputs {sorted(dtypes)}")
            inputs = {next(iter(dtypes)): inputs}
        for name, value in inputs.items():
            message.inputs[name].CopyFrom(_tensor(name, value, dtypes.get(name)))
        try:
            reply = self._call(_PREDICTION, "Predict", message, timeout)
        except errors.InvalidArgumentError:
            self._dtypes.clear()  # A new version may want other types than the one before.
            raise
        return {name: tensor_proto_to_array(tensor) for name, tensor in reply.outputs.items()}

    def classify(self, request: Examples, timeout: float) -> list[list[tuple[str, float]]]:
        message = self._new(serving.ClassificationRequest, request.signature_name)
        _fill_input(message.input, request)
        result = self._call(_PREDICTION, "Classify", message, timeout).result
        return [[(c.label, c.score) for c in found.classes] for found in result.classifications]

    def regress(self, request: Examples, timeout: float) -> list[float]:
        message = self._new(serving.RegressionRequest, request.signature_name)
        _fill_input(message.input, request)
        result = self._call(_PREDICTION, "Regress", message, timeout).result
        return [regression.value for regression in result.regressions]

    def status(self, timeout: float) -> list[dict[str, Any]]:
        request = self._new(serving.GetModelStatusRequest)
        reply = self._call(_MODELS, "GetModelStatus", request, timeout)
        return [_status_dict(status) for status in reply.model_version_status]

    def metadata(self, timeout: float) -> dict[str, Any]:
        from google.protobuf.json_format import MessageToDict

        spec, signatures = self._signatures(timeout)
        found = MessageToDict(
            signatures, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
        version = str(spec.version.value)
        return {
            "model_spec": {"name": spec.name, "signature_name": "", "version": version},
            "metadata": {"signature_def": found},
        }

    def reload(self, models: Mapping[str, str], timeout: float) -> None:
        request = serving.ReloadConfigRequest()
        for name, path in models.items():
            request.config.model_config_list.config.add(
                name=name, base_path=str(path), model_platform="tensorflow"
            )
        self._call(_MODELS, "HandleReloadConfigRequest", request, timeout)

    def close(self) -> None:
        self._channel.close()

    def _new(self, kind: Any, signature_name: str | None = None) -> Any:
        """A request that names the model."""
        options, request = self._options, kind()
        spec = request.model_spec
        spec.name, spec.signature_name = options.model_name, signature_name or ""
        if options.version is not None:
            spec.version.value = options.version
        elif options.label is not None:
            spec.version_label = options.label
        return request

    def _signatures(self, timeout: float) -> tuple[Any, Any]:
        request = self._new(serving.GetModelMetadataRequest)
        request.metadata_field.append("signature_def")
        reply = self._call(_PREDICTION, "GetModelMetadata", request, timeout)
        signatures = serving.SignatureDefMap()
        reply.metadata["signature_def"].Unpack(signatures)
        return reply.model_spec, signatures

    def _inputs_of(self, signature_name: str, timeout: float) -> dict[str, int]:
        if signature_name in self._dtypes:
            return self._dtypes[signature_name]
        _, signatures = self._signatures(timeout)
        if signature_name not in signatures.signature_def:
            known = ", ".join(sorted(signatures.signature_def))
            message = f'Serving signature key "{signature_name}" not found. Signatures: {known}'
            raise errors.FailedPreconditionError(None, None, message)
        inputs = signatures.signature_def[signature_name].inputs
        found = {name: info.dtype for name, info in inputs.items()}
        self._dtypes[signature_name] = found
        return found

    def _call(self, service: str, method: str, request: Any, timeout: float) -> Any:
        described = registry.service_methods(service)[method]
        call = self._channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=_serialized,
            response_deserializer=registry.lookup(described.output_type.full_name).FromString,
        )
        try:
            return call(request, timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            # Every error of a call is a Call too, which carries code and details.
            kind: Any = errors.exception_type_from_error_code(error.code().value[0])
            raise kind(None, None, error.details() or "") from None


def _serialized(message: Any) -> bytes:
    return message.SerializeToString()


def _credentials(options: Options) -> Any:
    def read(path: str | None) -> bytes | None:
        return None if path is None else Path(path).read_bytes()

    return grpc.ssl_channel_credentials(
        read(options.ca_file), read(options.key_file), read(options.cert_file)
    )


def _tensor(name: str, value: Any, enum: int | None) -> Any:
    """A TensorProto of the type that the signature wants, where nothing is lost by it."""
    array = value if is_array(value) else np.asarray(plain(value))
    if array.dtype.kind in "OSU":
        return make_tensor_proto(value)
    if enum is None:
        return make_tensor_proto(array)
    wanted = numpy_dtype(enum)
    with np.errstate(all="ignore"):
        converted = array.astype(wanted, copy=False)
        lost = wanted.kind in "iub" and not np.array_equal(converted.astype(array.dtype), array)
    if lost:
        message = f"Input {name!r}: {array.dtype.name} values do not fit {DataType.Name(enum)}"
        raise errors.InvalidArgumentError(None, None, message)
    return make_tensor_proto(converted, enum, content=True)


def _texts(array: np.ndarray) -> Any:
    """An output as the REST API would give it: strings as text."""

    def text(value: Any) -> Any:
        if is_list(value):
            return [text(item) for item in value]
        return value.decode() if isinstance(value, bytes) else value

    return text(array.tolist())


def _fill_input(message: Any, request: Examples) -> None:
    target = message.example_list
    if request.context is not None:
        target = message.example_list_with_context
        target.context.CopyFrom(_example(request.context))
    target.examples.extend([_example(example) for example in request.examples])


def _example(features: Mapping[str, Any]) -> Any:
    example = Example()
    for name, value in features.items():
        _fill_feature(name, example.features.feature[name], plain(value))
    return example


def _fill_feature(name: str, feature: Any, value: Any) -> None:
    values = value if is_sequence(value) else [value]
    if any(isinstance(item, bytes | str) for item in values):
        encoded = [item.encode() if isinstance(item, str) else item for item in values]
        feature.bytes_list.value.extend(encoded)
    elif any(isinstance(item, float) for item in values):
        feature.float_list.value.extend(values)
    elif all(isinstance(item, int) for item in values):
        feature.int64_list.value.extend(values)
    else:
        raise ValueError(f"feature {name!r}: expected numbers, text or bytes, received {value!r}")


def _status_dict(status: Any) -> dict[str, Any]:
    from tidefall.serving.status import code_name

    return {
        "version": str(status.version),
        "state": serving.ModelVersionStatus.State.Name(status.state),
        "status": {
            "error_code": code_name(status.status.error_code),
            "error_message": status.status.error_message,
        },
    }
