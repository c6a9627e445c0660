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


@pytest.fixture(scope="session")
def v1_files(recorded_wire_formats) -> dict[str, bytes]:
    """The files of the recorded V1 checkpoints, by name."""
    files = recorded_wire_formats["v1_checkpoints"].items()
    return {name: base64.b64decode(text) for name, text in files}


@pytest.fixture
def genuine(tmp_path, bundle_files, v1_files) -> Path:
    """A folder of the recorded checkpoints."""
    for name, content in (bundle_files | v1_files).items():
        (tmp_path / name).write_bytes(content)
    return tmp_path
