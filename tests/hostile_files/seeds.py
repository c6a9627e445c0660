"""The files that are spoiled: SavedModels and checkpoints of many kinds, most of TensorFlow's own.

Each seed is a folder. Recorded ones are unpacked, further ones are made here, and where the genuine
files of other projects are installed beside the repository, these take part too.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

REPO = Path(__file__).resolve().parents[2]
GENUINE = REPO.parent / "shared" / "interop_genuine"
LARGEST = 600_000  # bytes of a genuine seed; larger ones only take longer


def make_all(folder: Path, genuine: bool = True) -> list[str]:
    """Write every seed into a folder of its own, and return their names, sorted."""
    for name, make in {**_RECORDED, **_MADE}.items():
        target = folder / name
        target.mkdir(parents=True)
        make(target)
    if genuine and GENUINE.is_dir():
        for source in sorted(GENUINE.iterdir()):
            if _is_small_seed(source):
                shutil.copytree(source, folder / f"genuine_{source.name}")
                for path in (folder / f"genuine_{source.name}").rglob("*"):
                    path.chmod(0o755 if path.is_dir() else 0o644)
    return sorted(path.name for path in folder.iterdir())


def _is_small_seed(source: Path) -> bool:
    files = [path for path in source.rglob("*") if path.is_file()]
    known = any(path.name == "saved_model.pb" or path.suffix == ".index" for path in files)
    return known and sum(path.stat().st_size for path in files) < LARGEST


# ---- recorded from TensorFlow ----


def _unpack(name: str) -> Callable[[Path], object]:
    from tests.oracle import saved_models

    return lambda folder: saved_models.unpack(name, folder)


def _recorded_models() -> list[str]:
    from tests.oracle import saved_models

    subjects = ("control", "functions", "gradients", "modules", "state", "tables")
    models = saved_models.MODELS.items()
    return sorted(name for name, made in models if made.subject in subjects)


def _write_recorded(kind: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        text = (REPO / "tests" / "oracle" / "wire_formats.json").read_text(encoding="utf-8")
        for name, content in json.loads(text)[kind].items():
            (folder / name).write_bytes(base64.b64decode(content))

    return write


_RECORDED: dict[str, Callable[[Path], object]] = {
    **{f"model_{name}": _unpack(name) for name in _recorded_models()},
    "bundles": _write_recorded("bundles"),
    "v1_checkpoints": _write_recorded("v1_checkpoints"),
}


# ---- made here ----


def _model_with_files(folder: Path) -> None:
    """Assets, tables, a mutable table, strings, lists, dicts, nested modules, control flow."""
    import tidefall as tf

    class Model(tf.Module):
        def __init__(self, words: Path):
            super().__init__()
            self.asset = tf.saved_model.Asset(str(words))
            self.table = tf.lookup.StaticHashTable(
                tf.lookup.TextFileInitializer(
                    self.asset.asset_path,
                    tf.string,
                    tf.lookup.TextFileIndex.WHOLE_LINE,
                    tf.int64,
                    tf.lookup.TextFileIndex.LINE_NUMBER,
                ),
                -1,
            )
            self.counts = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 0)
            self.names = tf.Variable(["a", "bc"])
            self.parts = {"w": tf.Variable(np.ones([3, 2], np.float32)), "l": [tf.Variable(1)]}
            self.counts.insert(["x"], [np.int64(3)])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
        def find(self, text):
            return {"found": self.table.lookup(text), "count": self.counts.lookup(text)}

        @tf.function(input_signature=[tf.TensorSpec([None, 3], name="x")])
        def grow(self, x):
            total = tf.matmul(x, self.parts["w"])
            for _ in tf.range(self.parts["l"][0] + 2):
                total = tf.cond(tf.reduce_sum(total) > 0, lambda: total * 2, lambda: total - 1)  # noqa: B023
            return {"total": total, "names": self.names.read_value()}

    words = folder / "words.txt"
    words.write_text("one\ntwo\n")
    model = Model(words)
    tf.saved_model.save(model, folder, signatures={"find": model.find, "grow": model.grow})
    words.unlink()


def _text_model(folder: Path) -> None:
    """A small model as `saved_model.pbtxt`."""
    from google.protobuf import text_format

    from tests.oracle import saved_models
    from tidefall.proto import SavedModel

    saved_models.unpack("scale", folder)
    content = (folder / "saved_model.pb").read_bytes()
    text = text_format.MessageToString(SavedModel.FromString(content))
    (folder / "saved_model.pbtxt").write_text(text)
    (folder / "saved_model.pb").unlink()


def _checkpoints(folder: Path) -> None:
    """Two object-based checkpoints, and the file that names them."""
    import tidefall as tf

    checkpoint = tf.train.Checkpoint(
        v=tf.Variable(np.arange(6, dtype=np.float32)),
        s=tf.Variable(["text", ""]),
        l=[tf.Variable(True), {"z": tf.Variable(1j)}],
        g=tf.random.Generator.from_seed(1),
    )
    manager = tf.train.CheckpointManager(checkpoint, str(folder), 2)
    manager.save()
    manager.save()


_MADE: dict[str, Callable[[Path], object]] = {
    "files": _model_with_files,
    "text": _text_model,
    "checkpoints": _checkpoints,
}
