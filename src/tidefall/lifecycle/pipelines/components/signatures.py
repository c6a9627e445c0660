"""Signatures of models that take serialized Examples, and logs of what they said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid


class ExampleSignature:
    """A signature with one input, of serialized Examples.

    Args:
        model: the folder of a SavedModel.
        name: the signature's name.

    Raises:
        InvalidArgumentError: there is no such signature, or it takes something else.
    """

    def __init__(self, model: str, name: str = "serving_default"):
        import tidefall as tf

        self._model = tf.saved_model.load(model)
        call = self._model.signatures.get(name)
        if call is None:
            known = sorted(self._model.signatures)
            raise invalid(f"{model} has no signature {name!r}; it has {known}")
        inputs = call.structured_input_signature[1]
        if len(inputs) != 1 or next(iter(inputs.values())).dtype != tf.string:
            raise invalid(
                f"signature {name!r} of {model} takes {sorted(inputs)}; expected one input of "
                "serialized Examples"
            )
        (self.input,) = inputs
        self.name, self._call = name, call

    def __call__(self, records: Sequence[bytes]) -> dict[str, Any]:
        """Return arrays by the name of the output."""
        import tidefall as tf

        found = self._call(**{self.input: tf.constant(list(records))})
        return {key: value.numpy() for key, value in found.items()}

    def request(self, model_name: str, records: Sequence[bytes]) -> Any:
        """Return the request that a client sends for records."""
        import tidefall as tf
        from tidefall.proto import serving

        request = serving.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = model_name, self.name
        request.inputs[self.input].CopyFrom(tf.make_tensor_proto(list(records)))
        return request

    def log(self, records: Sequence[bytes], outputs: dict[str, Any]) -> Any:
        """Return a `PredictionLog` of records and what the model said."""
        import tidefall as tf
        from tidefall.proto import serving

        log = serving.PredictionLog()
        log.predict_log.request.CopyFrom(self.request("", records))
        for key, value in outputs.items():
            log.predict_log.response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return log
