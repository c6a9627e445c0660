"""A version made once more from its lineage: the same rows, the same code, the same answers?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lifecycle.metadata.hashing import content_hash
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.release.documents import parse_document
from tidefall.lifecycle.retrain.comparison import predictions
from tidefall.lifecycle.retrain.plan import RetrainPlan
from tidefall.lifecycle.retrain.rows import HOLDOUT
from tidefall.lifecycle.retrain.runner import TAG, pipeline_parameters, saved_model, train
from tidefall.serving.rollout.audit import audit_entries


@dataclass(frozen=True)
class Reproduction:
    """How a version made once more compares.

    Args:
        version: the version.
        is_same: whether the answers for all rows held out are the same to the last bit.
        largest: how far two answers are apart at most.
        folder: where the model is that was made.
    """

    version: int
    is_same: bool
    largest: float
    folder: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def reproduce(
    registry: Registry, model: str, number: int, load_pipeline: Callable[[str], Any]
) -> Reproduction:
    """Make a version once more, and hold its answers against those of the registered one.

    Raises:
        FailedPreconditionError: no retraining made the version, or its rows or its code are not
            what they were.
    """
    version = registry.version(model, number)
    name = version.tags.get(TAG)
    if name is None:
        raise _refused(f"version {number} of {model!r} was made by no retraining")
    entries = {
        entry["action"]: entry["details"]
        for entry in audit_entries(registry.audit_path)
        if entry["model"] == model and entry["details"].get("retraining") == name
    }
    begun, trained = entries["retrain.begin"], entries["retrain.trained"]
    plan = parse_document(json.dumps(begun["plan"]), RetrainPlan, "the audit log's plan")
    data = registry.folder / "retraining" / name
    if content_hash(str(data)) != trained["data"]:
        raise _refused(f"the rows in {data} are not those that version {number} was made from")
    if hashlib.sha256(Path(plan.pipeline).read_bytes()).hexdigest() != begun["code"]:
        raise _refused(f"{plan.pipeline} is not what it was when version {number} was made")
    live = registry.version(model, int(begun["live"]))
    pipeline = load_pipeline(plan.pipeline)
    pipeline.enable_cache = False
    parameters = pipeline_parameters(plan, data, registry.path(live))
    uri, _ = train(pipeline, plan, parameters)
    return _held_against(registry.path(version), Path(saved_model(uri)), number, plan, data)


def _held_against(
    registered: Path, made: Path, number: int, plan: RetrainPlan, data: Path
) -> Reproduction:
    import pyarrow.parquet as pq

    table = pq.read_table(data / HOLDOUT / "rows.parquet")
    a, b = (predictions(folder, table, plan.compare.output) for folder in (registered, made))
    same = a.shape == b.shape and bool(np.array_equal(a, b))
    largest = float("inf")
    if a.shape == b.shape and a.dtype.kind in "fiu":
        largest = float(np.max(np.abs(a.astype(float) - b.astype(float)), initial=0.0))
    return Reproduction(number, same, 0.0 if same else largest, str(made))


def _refused(message: str) -> errors.FailedPreconditionError:
    return errors.FailedPreconditionError(None, None, message)
