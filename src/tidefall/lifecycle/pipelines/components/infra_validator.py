"""InfraValidator: whether the model server loads a model and answers."""

from __future__ import annotations

import base64
import itertools
import json
import logging
import os
import shutil
import tempfile
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tidefall.base import errors
from tidefall.lifecycle.pipelines.components.files import (
    files_by_split,
    message,
    model_to_serve,
    read_examples,
)
from tidefall.lifecycle.pipelines.components.signatures import ExampleSignature
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.failures import invalid
from tidefall.lifecycle.pipelines.types import standard_artifacts as types

_log = logging.getLogger("tidefall.pipelines")
_WARMUP = os.path.join("assets.extra", "tf_serving_warmup_requests")


class InfraValidatorSpec(ComponentSpec):
    """What InfraValidator takes and gives."""

    PARAMETERS = dict.fromkeys(
        ("serving_spec", "validation_spec", "request_spec"), ExecutionParameter(optional=True)
    )
    INPUTS = {  # noqa: RUF012
        "model": ChannelParameter(types.Model),
        "examples": ChannelParameter(types.Examples, optional=True),
    }
    OUTPUTS = {"blessing": ChannelParameter(types.InfraBlessing)}  # noqa: RUF012


class InfraValidatorExecutor(BaseExecutor):
    """Starts `tidefall serve` on the model and sends it examples."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        model = model_to_serve(input_dict)
        (blessing,) = output_dict["blessing"]
        serving = message("ServingSpec", exec_properties, "serving_spec")
        validation = message("ValidationSpec", exec_properties, "validation_spec")
        wanted = message("RequestSpec", exec_properties, "request_spec")
        name = serving.model_name or "infra-validation-model"
        requests: list[tuple[ExampleSignature, list[bytes]]] = []
        if input_dict.get("examples"):
            records = _records(input_dict, wanted)
            names = list(wanted.tensorflow_serving.signature_names) or ["serving_default"]
            requests = [(ExampleSignature(model, one), records) for one in names]
        reason = ""
        for attempt in range(1, (validation.num_tries or 5) + 1):
            try:
                _serve(model, name, requests, validation.max_loading_time_seconds or 300)
                reason = ""
                break
            except (errors.OpError, OSError, URLError) as error:
                reason = f"{type(error).__name__}: {error}"
                _log.warning("infra validation, attempt %d: %s", attempt, reason)
        flag = "INFRA_NOT_BLESSED" if reason else "INFRA_BLESSED"
        open(os.path.join(blessing.uri, flag), "wb").close()
        blessing.set_string_custom_property("blessed", flag)
        blessing.set_int_custom_property("has_model", 0)
        if reason:
            blessing.set_string_custom_property("reason", reason[:1000])
        elif wanted.make_warmup and requests:
            _write_warmup(model, os.path.join(blessing.uri, "stamped_model"), name, requests)
            blessing.set_int_custom_property("has_model", 1)


def _records(inputs: dict[str, list[Any]], wanted: Any) -> list[bytes]:
    split = [wanted.split_name] if wanted.split_name else []
    files = next(iter(files_by_split(inputs, split, "InfraValidator").values()))
    return list(itertools.islice(read_examples(files), wanted.num_examples or 1))


def _serve(model: str, name: str, requests: Any, seconds: float) -> None:
    from tidefall.serving.process import ServerProcess

    with tempfile.TemporaryDirectory(prefix="tidefall-infra-") as folder:
        shutil.copytree(model, os.path.join(folder, "1"))
        with ServerProcess(name, folder, startup_timeout=seconds) as server:
            for signature, records in requests:
                encoded = [{"b64": base64.b64encode(one).decode()} for one in records]
                body = {"signature_name": signature.name, "inputs": {signature.input: encoded}}
                request = Request(
                    f"{server.url}/v1/models/{name}:predict",
                    json.dumps(body).encode(),
                    {"Content-Type": "application/json"},
                )
                with urlopen(request, timeout=60) as answer:
                    json.load(answer)


def _write_warmup(model: str, folder: str, name: str, requests: Any) -> None:
    import tidefall as tf
    from tidefall.proto import serving

    shutil.copytree(model, folder)
    path = os.path.join(folder, _WARMUP)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tf.io.TFRecordWriter(path) as writer:
        for signature, records in requests:
            log = serving.PredictionLog()
            log.predict_log.request.CopyFrom(signature.request(name, records))
            writer.write(log.SerializeToString())


class InfraValidator(BaseComponent):
    """Whether a model can be served: `INFRA_BLESSED` or `INFRA_NOT_BLESSED`.

    Args:
        model: a Model.
        serving_spec: a `ServingSpec`; its images are not used: Tidefall's server is started.
        examples: Examples that requests are made of; without, the model is only loaded.
        request_spec: a `RequestSpec`: split, number of examples, signatures, warm-up.
        validation_spec: a `ValidationSpec`: seconds and attempts.
    """

    SPEC_CLASS, EXECUTOR_SPEC = InfraValidatorSpec, InfraValidatorExecutor

    def __init__(
        self,
        model: Any,
        serving_spec: Any,
        examples: Any = None,
        request_spec: Any = None,
        validation_spec: Any = None,
    ):
        if request_spec is not None and examples is None:
            raise invalid("InfraValidator: request_spec needs examples")
        super().__init__(
            InfraValidatorSpec(
                model=model,
                serving_spec=serving_spec,
                examples=examples,
                request_spec=request_spec,
                validation_spec=validation_spec,
            )
        )
