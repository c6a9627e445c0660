"""The same records here and on a server: rows against the schema, features, predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError, UnavailableError
from tidefall.lifecycle.data_validation.contract.rows import RowContract
from tidefall.lifecycle.data_validation.contract.saved_models import attached_schema
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.sources.examples import examples_to_batch

_AT_ONCE = 256
"""Records of one request."""


@dataclass(frozen=True)
class Parity:
    """What came of the comparison.

    Args:
        records: how many were compared.
        differences: by output, rows that differ and by how much at most.
        refusals: rows that break the schema in the model, by feature and type of anomaly.
        compared: the outputs that were compared.
    """

    records: int
    differences: Mapping[str, tuple[int, float]]
    refusals: Mapping[str, int]
    compared: Sequence[str] = ()

    @property
    def is_equal(self) -> bool:
        """Whether all predictions are the same and no row breaks the schema."""
        return not self.differences and not self.refusals


def compare_with_server(
    export_dir: str,
    records: Sequence[bytes],
    predict: Any,
    signature: str = "serving_default",
    tolerance: float = 0.0,
) -> Parity:
    """Run serialized Examples through a SavedModel in this process, and through a server.

    Args:
        export_dir: the SavedModel, whose signature takes serialized Examples.
        records: the Examples.
        predict: a function from the inputs of a request, by name, to outputs by name, as a client
            of the server gives them.
        signature: its name.
        tolerance: by how much numbers may differ.

    Returns:
        How predictions, and rows against the model's schema, came out.

    Raises:
        InvalidArgumentError: the signature takes something else.
    """
    import tidefall as tf

    call = tf.saved_model.load(export_dir).signatures.get(signature)
    if call is None:
        raise invalid(f"{export_dir} has no signature {signature!r}")
    inputs = call.structured_input_signature[1]
    if len(inputs) != 1 or next(iter(inputs.values())).dtype != tf.string:
        raise invalid(
            f"signature {signature!r} of {export_dir} takes {sorted(inputs)}; expected one input "
            "of serialized Examples"
        )
    (name,) = inputs
    differences: dict[str, tuple[int, float]] = {}
    refusals: dict[str, int] = {}
    contract = _contract(export_dir)
    for start in range(0, len(records), _AT_ONCE):
        chunk = list(records[start : start + _AT_ONCE])
        here = {k: v.numpy() for k, v in call(**{name: tf.constant(chunk)}).items()}
        there = _named(predict({name: chunk}), here)
        for output in sorted({*here, *there}):
            _compare(output, here.get(output), there.get(output), tolerance, differences)
        if contract is not None:
            for refusal in contract.refusals(examples_to_batch(chunk, "records")):
                key = f"{refusal.feature}: {refusal.type}"
                refusals[key] = refusals.get(key, 0) + 1
    return Parity(len(records), differences, refusals, sorted(call.structured_outputs))


def compare_features_with_server(
    transform_output: str, records: Sequence[bytes], predict: Any, tolerance: float = 0.0
) -> Parity:
    """Transform serialized Examples as training does, and on a server.

    Args:
        transform_output: the folder that a transform was written to.
        records: the Examples, raw.
        predict: a function from the inputs of a request, by name, to features by name: those that
            the served model computes, as its signature `transform_features` gives them.
        tolerance: by how much numbers may differ.

    Returns:
        How the features that the server gives came out; each row of one that varies in length is
        a list of values.

    Raises:
        InvalidArgumentError: the server gives a feature that the transform does not have.
    """
    import tidefall as tf
    from tidefall import transform as tft

    output = tft.TFTransformOutput(transform_output)
    spec = output.raw_feature_spec()
    differences: dict[str, tuple[int, float]] = {}
    compared: list[str] = []
    for start in range(0, len(records), _AT_ONCE):
        chunk = list(records[start : start + _AT_ONCE])
        here = output.transform_raw_features(tf.io.parse_example(tf.constant(chunk), spec))
        there = _named(predict({"examples": chunk}), here)
        unknown = sorted({*there} - {*here})
        if unknown:
            raise invalid(
                f"the server gives {unknown}, which {transform_output} does not compute: it has "
                f"{sorted(here)}. Name the signature of the features"
            )
        compared = sorted(there)
        for name in compared:
            _compare(name, _dense(here[name]), there[name], tolerance, differences)
    return Parity(len(records), differences, {}, compared)


def _dense(value: Any) -> np.ndarray:
    import tidefall as tf

    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value)
    elif isinstance(value, tf.RaggedTensor):
        value = value.to_tensor()
    return np.asarray(value.numpy())


def _named(outputs: Any, here: Mapping[str, Any]) -> Mapping[str, Any]:
    """Outputs by name: a server leaves out the name of the only one."""
    if isinstance(outputs, Mapping):
        return outputs
    if len(here) == 1:
        return {next(iter(here)): outputs}
    raise invalid(f"the server gives one output without a name; expected {sorted(here)}")


class RestServer:
    """A model on a server, over REST.

    Args:
        url: of the server, as `http://localhost:8501`.
        model: its name there.
        seconds: how long an answer may take.
    """

    def __init__(self, url: str, model: str, seconds: float = 60):
        self._url = f"{url.rstrip('/')}/v1/models/{model}:predict"
        self._seconds = seconds

    def predict(self, signature: str, inputs: Mapping[str, Sequence[bytes]]) -> Any:
        """Outputs by name; those of a signature that has only one as they are.

        Args:
            signature: its name.
            inputs: strings by name; the name of an only input may be another one here.

        Raises:
            InvalidArgumentError: the server refuses the request; the message says why.
            UnavailableError: there is no server, or it does not answer.
        """
        import base64
        from urllib.error import HTTPError, URLError
        from urllib.request import Request, urlopen

        encoded: Any = {
            k: [{"b64": base64.b64encode(one).decode()} for one in v] for k, v in inputs.items()
        }
        if len(encoded) == 1:
            (encoded,) = encoded.values()
        body = json.dumps({"signature_name": signature, "inputs": encoded}).encode()
        request = Request(self._url, body, {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=self._seconds) as reply:
                outputs = json.load(reply)["outputs"]
        except HTTPError as error:
            text = _reason(error.read())
            message = f"{self._url}: signature {signature!r}: {error.code} {error.reason}: {text}"
            raise InvalidArgumentError(None, None, message) from None
        except (URLError, OSError, ValueError, KeyError) as error:
            message = f"{self._url}: no answer of a model server: {error}"
            raise UnavailableError(None, None, message) from None
        if isinstance(outputs, dict):
            return {name: _array(value) for name, value in outputs.items()}
        return _array(outputs)


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")


def _array(value: Any) -> np.ndarray:
    """JSON as an array; bytes that are no text come as {"b64": ...}."""
    import base64

    def plain(one: Any) -> Any:
        if isinstance(one, list):
            return [plain(part) for part in one]
        return base64.b64decode(one["b64"]) if isinstance(one, dict) else one

    return np.asarray(plain(value))


def _contract(export_dir: str) -> RowContract | None:
    from tidefall.base.errors import NotFoundError

    try:
        schema = attached_schema(export_dir)
    except NotFoundError:
        return None
    serving = "SERVING" if "SERVING" in schema.default_environment else None
    return RowContract(schema, serving)


def _compare(
    name: str, here: Any, there: Any, tolerance: float, differences: dict[str, tuple[int, float]]
) -> None:
    rows, most = differences.get(name, (0, 0.0))
    if here is None or there is None:
        differences[name] = (rows + len(here if there is None else there), float("inf"))
        return
    one, other = np.asarray(here), np.asarray(there)
    if one.shape != other.shape:
        differences[name] = (rows + len(one), float("inf"))
        return
    if one.dtype.kind in "OSU":
        pairs = zip(_bytes(one), _bytes(other), strict=True)
        off = np.array([a != b for a, b in pairs], float).reshape(one.shape)
        off[off > 0] = np.inf
    else:
        # JSON says a float32 in as few digits as make it one again.
        other = other.astype(one.dtype) if other.dtype.kind == one.dtype.kind == "f" else other
        off = np.abs(one.astype(np.float64) - other.astype(np.float64))
        off[np.isnan(one.astype(np.float64)) & np.isnan(other.astype(np.float64))] = 0
    wrong = ~(off.reshape(len(one), -1) <= tolerance).all(axis=1)
    if wrong.any():
        differences[name] = (rows + int(wrong.sum()), max(most, float(off[wrong].max())))


def _bytes(array: np.ndarray) -> list[bytes]:
    return [v.encode() if isinstance(v, str) else v for v in array.ravel().tolist()]
