"""What was recorded from TensorFlow, on disk: `recorded/<family>.json.gz`.

A file maps the id of a record to what came out: output structure, tensors, static shapes,
gradients, or the class of the error. Bytes depend on the content alone, so recording again without
a change changes nothing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.oracle.spec import Case, unique

ROOT = Path(__file__).parent
RECORDED = ROOT / "recorded"
MAX_ELEMENTS = 20_000
"""Outputs with more elements are refused: recordings are committed and stay small."""

OPAQUE = frozenset({"resource", "variant"})


def families() -> list[str]:
    """Names of the case files."""
    return sorted(p.stem for p in (ROOT / "cases").glob("*.py") if not p.stem.startswith("_"))


@cache
def records(family: str) -> dict[str, Case]:
    """The records of a family by id."""
    module = importlib.import_module(f"tests.oracle.cases.{family}")
    return {record.id: record for record in unique(module.CASES)}


def in_sample(ident: str, one_in: int) -> bool:
    """Whether a record belongs to the sample of one record in so many: always the same ones."""
    return int.from_bytes(hashlib.sha256(ident.encode()).digest()[:4], "big") % one_in == 0


def path_of(family: str) -> Path:
    """The file with a family's recordings."""
    return RECORDED / f"{family}.json.gz"


@cache
def load(family: str) -> dict[str, Any]:
    """The recordings of a family: {"tensorflow": version, "cases": {id: recording}}."""
    path = path_of(family)
    if not path.exists():
        return {"tensorflow": None, "cases": {}}
    return json.loads(unpack(path))


def unpack(path: Path) -> bytes:
    """The JSON text of a file of recordings."""
    return gzip.decompress(path.read_bytes())


def save(family: str, content: dict[str, Any], folder: Path | None = None) -> bool:
    """Write a family's recordings; returns False, and leaves the file alone, if they are there."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    path = (folder or RECORDED) / path_of(family).name
    if path.exists() and unpack(path) == text:
        return False
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(gzip.compress(text, 9, mtime=0))
    temporary.replace(path)
    return True


def encode(array: np.ndarray | None, dtype: str) -> dict[str, Any]:
    """A tensor as JSON; None for a tensor whose value cannot be stored."""
    if array is None or dtype in OPAQUE:
        return {"dtype": dtype}
    if array.size > MAX_ELEMENTS:
        raise ValueError(f"An output has {array.size} elements; record a smaller case.")
    shape = list(array.shape)
    if dtype == "string":
        data: Any = [base64.b64encode(v).decode() for v in array.ravel().tolist()]
    else:
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": dtype, "shape": shape, "data": data}


def decode(stored: dict[str, Any]) -> np.ndarray:
    """The array of a stored tensor; dtypes that NumPy lacks come from ml_dtypes."""
    dtype, shape, data = stored["dtype"], stored["shape"], stored["data"]
    if dtype == "string":
        array = np.empty(len(data), object)
        array[:] = [base64.b64decode(v) for v in data]
        return array.reshape(shape)
    return np.frombuffer(base64.b64decode(data), numpy_dtype(dtype)).reshape(shape)


def numpy_dtype(name: str) -> np.dtype:
    """NumPy's dtype of that name, also for bfloat16 and the small types of ml_dtypes."""
    try:
        return np.dtype(name)
    except TypeError:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
