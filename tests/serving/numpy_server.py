"""A model server over small NumPy models, for tests: the same program with another loader.

A version directory holds `saved_model.pb` (only looked at for being there) and `model.json`:
{"add": 2.0} adds to half the input, {"broken": "why"} cannot be loaded, {"gate": "a path"} answers
once that file is there.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from tidefall.base import errors
from tidefall.proto import Example
from tidefall.serving import FunctionServable, Signature, TensorInfo
from tidefall.serving.cli import main

FLOATS = TensorInfo("float32", (None,), "x:0")
IMAGES = TensorInfo("float32", (None, 8, 8, 1))


def write_version(base: Path, version: int, **model) -> Path:
    """Writes a version the way a careful exporter does: the marker comes last."""
    folder = base / str(version)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(model or {"add": 2.0}))
    (folder / "saved_model.pb").touch()
    return folder


def load(folder: Path) -> FunctionServable:
    model = json.loads((folder / "model.json").read_text())
    if "broken" in model:
        raise errors.DataLossError(None, None, model["broken"])
    return FunctionServable(signatures(model))


def signatures(model: dict) -> dict[str, Signature]:
    add, gate = np.float32(model.get("add", 2.0)), model.get("gate")

    def half_plus(arrays):
        while gate and not Path(gate).exists():
            time.sleep(0.005)
        return {"y": arrays["x"] / np.float32(2) + add}

    def fail(arrays):
        raise RuntimeError("the model is out of order")

    def join(arrays):
        joined = np.empty(arrays["text"].shape, object)
        for index, text in np.ndenumerate(arrays["text"]):
            joined[index] = text * int(arrays["times"][index])
        return {"joined": joined, "joined_bytes": joined, "size": arrays["times"] * 2}

    def outputs_of_all_kinds(arrays):
        x = arrays["x"]
        return {"f": x, "d": x.astype(np.float64), "i": x.astype(np.int64), "b": x > 1}

    def feature(arrays):
        """x of each serialized Example; where it is there twice, as with a context, the last."""
        parsed = [Example.FromString(text) for text in arrays["inputs"]]
        values = [list(example.features.feature["x"].float_list.value) for example in parsed]
        if any(len(value) != 1 for value in values):
            raise errors.InvalidArgumentError(None, None, "Example: feature x (float) is required")
        return np.float32([value[0] for value in values])

    def classify(arrays):
        x = feature(arrays)
        labels = np.empty((len(x), 2), object)
        labels[:] = [b"low", b"high"]
        return {"classes": labels, "scores": np.stack([1 - x, x], axis=1)}

    def regress(arrays):
        return {"outputs": (feature(arrays) / np.float32(2) + add)[:, None]}

    many = ("f", "float32"), ("d", "float64"), ("i", "int64"), ("b", "bool")
    return {
        "serving_default": Signature({"x": FLOATS}, {"y": FLOATS}, half_plus),
        "images": Signature(
            {"image": IMAGES},
            {"mean": FLOATS},
            lambda arrays: {"mean": arrays["image"].mean(axis=(1, 2, 3))},
        ),
        "scalar": Signature(
            {"x": TensorInfo("int32", ())},
            {"y": TensorInfo("int32", ())},
            lambda arrays: {"y": arrays["x"] * 2},
        ),
        "strings": Signature(
            {"text": TensorInfo("string", (None,)), "times": TensorInfo("int64", (None,))},
            {
                "joined": TensorInfo("string", (None,)),
                "joined_bytes": TensorInfo("string", (None,)),
                "size": TensorInfo("int64", (None,)),
            },
            join,
        ),
        "many": Signature(
            {"x": FLOATS},
            {name: TensorInfo(dtype, (None,)) for name, dtype in many},
            outputs_of_all_kinds,
        ),
        "classify": Signature(
            {"inputs": TensorInfo("string", (None,), "tf_example:0")},
            {
                "classes": TensorInfo("string", (None, 2)),
                "scores": TensorInfo("float32", (None, 2)),
            },
            classify,
            "tensorflow/serving/classify",
        ),
        "regress": Signature(
            {"inputs": TensorInfo("string", (None,), "tf_example:0")},
            {"outputs": TensorInfo("float32", (None, 1))},
            regress,
            "tensorflow/serving/regress",
        ),
        "failing": Signature({"x": FLOATS}, {"y": FLOATS}, fail),
    }


if __name__ == "__main__":
    # No port for gRPC unless the test asks for one.
    sys.exit(main(["--port=0", *sys.argv[1:]], load))
