"""The same records through a SavedModel here and a server there: rows and predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
    """

    records: int
    differences: Mapping[str, tuple[int, float]]
    refusals: Mapping[str, int]

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
        there = predict({name: chunk})
        for output in sorted({*here, *there}):
            _compare(output, here.get(output), there.get(output), tolerance, differences)
        if contract is not None:
            for refusal in contract.refusals(examples_to_batch(chunk, "records")):
                key = f"{refusal.feature}: {refusal.type}"
                refusals[key] = refusals.get(key, 0) + 1
    return Parity(len(records), differences, refusals)


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
        off = np.abs(one.astype(np.float64) - other.astype(np.float64))
        off[np.isnan(one.astype(np.float64)) & np.isnan(other.astype(np.float64))] = 0
    wrong = ~(off.reshape(len(one), -1) <= tolerance).all(axis=1)
    if wrong.any():
        differences[name] = (rows + int(wrong.sum()), max(most, float(off[wrong].max())))


def _bytes(array: np.ndarray) -> list[bytes]:
    return [v.encode() if isinstance(v, str) else v for v in array.ravel().tolist()]
