"""Checkpoints that TensorFlow wrote, from the recorded values."""

import base64
import json
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recorded_wire_formats(repo_root) -> dict:
    """What tests/oracle/record_wire_formats.py recorded."""
    path = repo_root / "tests" / "oracle" / "wire_formats.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def bundle_files(recorded_wire_formats) -> dict[str, bytes]:
    """The files of the recorded bundles, by name."""
    files = recorded_wire_formats["bundles"].items()
    return {name: base64.b64decode(text) for name, text in files}


@pytest.fixture
def genuine(tmp_path, bundle_files) -> Path:
    """A folder of the recorded bundles."""
    for name, content in bundle_files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path
