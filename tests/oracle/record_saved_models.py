"""Records SavedModels that TensorFlow wrote, and what it computes with them.

    python tests/oracle/record_saved_models.py [NAME...]
    python tests/oracle/record_saved_models.py --read FOLDER NAME...

Runs in the environment that `make oracle` makes; writes saved_models/recorded/. With names only
the subjects of these models are recorded again. One process writes the models, another reads
them; the second form is the reading half, for models that something else wrote.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tensorflow as tf

from tests.oracle import saved_models

RESULTS = "results.json"


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a model, by their path in it; debug information names files of this machine."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "debug"
    }


def read(folder: Path, names: list[str]) -> None:
    """Leave in the folder what the models in it give."""
    found = {}
    for name in names:
        target = str(folder / name)
        try:
            found[name] = {
                "loaded": saved_models.results(tf, name, target),
                "session": saved_models.session_results(tf, name, target),
            }
        except Exception as error:  # noqa: BLE001
            found[name] = {"error": f"{type(error).__name__}: {error}"}
    (folder / RESULTS).write_text(json.dumps(found))


def main(names: list[str]) -> None:
    models = saved_models.MODELS
    subjects = {models[name].subject for name in names or models}
    members = [name for name, made in models.items() if made.subject in subjects]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in members:
            saved_models.write(tf, name, str(folder / name))
        subprocess.run([sys.executable, __file__, "--read", temporary, *members], check=True)
        results = json.loads((folder / RESULTS).read_text())
        errors = {name: found["error"] for name, found in results.items() if "error" in found}
        assert not errors, errors
        for subject in sorted(subjects):
            found = {
                name: {"files": files_of(folder / name), "results": results[name]}
                for name in members
                if models[name].subject == subject
            }
            saved_models.write_recording(subject, found)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(Path(sys.argv[2]), sys.argv[3:])
    else:
        main(sys.argv[1:])
