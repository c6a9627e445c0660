"""TensorFlow Lite models that are evaluated, through `tf.lite.Interpreter`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, missing

_PREFIX = "serving_default_"


def lite_file(path: str) -> str:
    """Return the file of a model: it, or the one in a folder.

    Raises:
        NotFoundError: there is none.
        InvalidArgumentError: there are several.
    """
    if os.path.isfile(path):
        return path
    found = [p for p in Path(path).glob("*") if p.suffix == ".tflite" or p.name == "tflite"]
    if not found:
        raise missing(f"no TensorFlow Lite model at {path!r}")
    if len(found) > 1:
        raise invalid(f"several TensorFlow Lite models in {path!r}: {sorted(map(str, found))}")
    return str(found[0])


class LiteModel:
    """A Lite model as a function of features by name.

    Numbers are quantized as its inputs are, and its outputs are float again.

    Args:
        path: of the file.
        signature: its name; by default "serving_default", or the only one. A file without
            signatures has the names of its tensors, without "serving_default_" and ":0".

    Raises:
        InvalidArgumentError: it has no such signature, or is damaged.
    """

    def __init__(self, path: str, signature: str = ""):
        import tidefall as tf

        self._interpreter: Any = tf.lite.Interpreter(path)
        signatures = self._interpreter.get_signature_list()
        name = signature or ("serving_default" if "serving_default" in signatures else None)
        if name is not None and name not in signatures:
            raise invalid(f"{path} has no signature {name!r}; it has {sorted(signatures)}")
        self._runner: Any = None
        if signatures:
            self._runner = self._interpreter.get_signature_runner(name)
            self._inputs = self._runner.get_input_details()
            self._outputs = self._runner.get_output_details()
        else:
            self._inputs, self._outputs = (
                {_short(one["name"]): one for one in details}
                for details in (
                    self._interpreter.get_input_details(),
                    self._interpreter.get_output_details(),
                )
            )
        self.inputs = {key: _spec(detail) for key, detail in self._inputs.items()}

    def __call__(self, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return what the model says.

        Args:
            given: tensors by name, [rows, ...].

        Returns:
            Arrays by name, [rows, ...].
        """
        arrays = {key: _quantized(np.asarray(given[key]), self._inputs[key]) for key in given}
        found = self._runner(**arrays) if self._runner is not None else self._run(arrays)
        return {key: _real(value, self._outputs[key]) for key, value in found.items()}

    def _run(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        interpreter = self._interpreter
        for key, value in arrays.items():
            interpreter.resize_tensor_input(self._inputs[key]["index"], value.shape)
        interpreter.allocate_tensors()
        for key, value in arrays.items():
            interpreter.set_tensor(self._inputs[key]["index"], value)
        interpreter.invoke()
        return {key: interpreter.get_tensor(one["index"]) for key, one in self._outputs.items()}


def _short(name: str) -> str:
    return name.removeprefix(_PREFIX).partition(":")[0]


def _spec(detail: Mapping[str, Any]) -> Any:
    """What the model takes: floats where it quantizes them."""
    import tidefall as tf

    scales = detail["quantization_parameters"]["scales"]
    dtype = detail["dtype"]
    kind = np.float32 if len(scales) else dtype
    shape = [None, *[int(n) if n > 0 else None for n in detail["shape_signature"][1:]]]
    return tf.TensorSpec(shape, tf.string if kind in (np.bytes_, np.object_, bytes) else kind)


def _quantized(values: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    scales, zeros = (detail["quantization_parameters"][key] for key in ("scales", "zero_points"))
    if not len(scales):
        return values
    limits = np.iinfo(detail["dtype"])
    whole = np.round(values / scales[0]) + zeros[0]
    return np.clip(whole, limits.min, limits.max).astype(detail["dtype"])


def _real(values: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    scales, zeros = (detail["quantization_parameters"][key] for key in ("scales", "zero_points"))
    if not len(scales):
        return values
    return (values.astype(np.float64) - zeros[0]) * scales[0]
