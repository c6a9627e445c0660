"""What TensorFlow wrote and computed, and how results are compared."""

from __future__ import annotations

import base64
import io
import json
import lzma
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.oracle.saved_models.harness import MODELS

FOLDER = Path(__file__).parent / "recorded"
RESULTS = "results.json"


def path_of(subject: str) -> Path:
    """The recording of a subject."""
    return FOLDER / f"{subject}.tar.xz"


def write_recording(subject: str, found: dict[str, dict[str, Any]]) -> None:
    """Write the files and the results of the models of a subject."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, recorded in sorted(found.items()):
            for path, content in sorted(recorded["files"].items()):
                _add(archive, f"{name}/{path}", content)
        results = {name: recorded["results"] for name, recorded in found.items()}
        text = json.dumps(results, sort_keys=True, separators=(",", ":"))
        _add(archive, RESULTS, text.encode())
    FOLDER.mkdir(exist_ok=True)
    path_of(subject).write_bytes(lzma.compress(raw.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


@cache
def _recording(subject: str) -> dict[str, bytes]:
    raw = lzma.decompress(path_of(subject).read_bytes())
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


@cache
def _results(subject: str) -> dict[str, Any]:
    return json.loads(_recording(subject)[RESULTS])


def expected(name: str) -> dict[str, Any]:
    """What TensorFlow computed with the model it wrote: after loading, and in a session."""
    return _results(MODELS[name].subject)[name]


def unpack(name: str, folder: Path) -> Path:
    """Write the files of a recorded model into a folder."""
    for path, content in _recording(MODELS[name].subject).items():
        if path.startswith(f"{name}/"):
            target = folder / path.partition("/")[2]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return folder


def assert_same(got: Any, expected: Any, where: str) -> None:
    """Compare two lists of results; floats to 1e-5."""
    assert len(got) == len(expected), where
    for number, (one, other) in enumerate(zip(got, expected, strict=True)):
        if one is None:
            continue
        place = f"{where}: call {number}"
        kinds = [(x["dtype"], x["shape"]) for x in other]
        assert [(x["dtype"], x["shape"]) for x in one] == kinds, place
        for a, b in zip(one, other, strict=True):
            _assert_close(a, b, place)


def _assert_close(a: dict[str, Any], b: dict[str, Any], where: str) -> None:
    if a["dtype"] in ("none", "bytes", "text", "error"):
        assert a["data"] == b["data"], where
        return
    one, other = _array(a), _array(b)
    if one.dtype.kind in "fcV":
        wide = np.complex128 if one.dtype.kind == "c" else np.float64
        np.testing.assert_allclose(one.astype(wide), other.astype(wide), 1e-5, 1e-5, err_msg=where)
    else:
        np.testing.assert_array_equal(one, other, err_msg=where)


def _array(stored: dict[str, Any]) -> np.ndarray:
    import ml_dtypes

    name = stored["dtype"]
    dtype = np.dtype(getattr(ml_dtypes, name)) if hasattr(ml_dtypes, name) else np.dtype(name)
    return np.frombuffer(base64.b64decode(stored["data"]), dtype).reshape(stored["shape"])
