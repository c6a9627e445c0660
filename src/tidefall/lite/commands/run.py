"""`tidefall lite run`: a model run on arrays from files."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

import numpy as np

from tidefall.lite.interpreter.files import read_arrays
from tidefall.lite.interpreter.interpreter import Interpreter


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.add_argument("model", metavar="MODEL", help="a .tflite file")
    parser.add_argument(
        "--input", action="append", default=[], metavar="[NAME=]FILE",
        help="an input as .npy, or all by name as .npz; in the order of the inputs, or by name",
    )  # fmt: skip
    parser.add_argument("--signature", default=None, help="the signature to run")
    parser.add_argument("--output", metavar="FILE", help="write the outputs here, as .npz")
    parser.add_argument("--json", action="store_true", help="print the outputs as JSON")


def execute(flags: argparse.Namespace) -> int:
    """Run the command; returns the exit status."""
    interpreter = Interpreter(model_path=flags.model)
    given = _read(flags.input)
    signatures = interpreter.get_signature_list()
    if flags.signature is not None or len(signatures) == 1:
        runner = interpreter.get_signature_runner(flags.signature)
        details = runner.get_input_details()
        outputs = runner(**_named(given, details))
    else:
        outputs = _by_position(interpreter, given)
    if flags.output:
        temporary = f"{flags.output}.partial.npz"
        np.savez(temporary, **outputs)
        os.replace(temporary, flags.output)
    if flags.json:
        print(json.dumps({name: _plain(value) for name, value in outputs.items()}))
    else:
        for name, value in outputs.items():
            print(f"{name}: {value.dtype.name}{list(value.shape)}")
            print(np.array2string(value, threshold=20, precision=6))
    return 0


def _read(parts: list[str]) -> list[tuple[str, Any]]:
    """Arrays of the files, with their names where those are known."""
    found: list[tuple[str, Any]] = []
    for part in parts:
        name, sign, path = part.rpartition("=")
        data = read_arrays(path if sign else part)
        if isinstance(data, np.ndarray):
            found.append((name, data))
        else:
            found += list(data.items())
    return found


def _named(given: list[tuple[str, Any]], details: dict[str, Any]) -> dict[str, Any]:
    names = list(details)
    if len(given) != len(names):
        wanted = ", ".join(f"{name} {_described(each)}" for name, each in details.items())
        raise ValueError(
            f"The inputs are {wanted}. --input gives {len(given)} of {len(names)}; it takes .npy "
            "files, or one .npz with all by name."
        )
    free = [name for name in names if name not in {each for each, _ in given}]
    found: dict[str, Any] = {}
    for name, value in given:
        chosen = name or free.pop(0)
        if chosen not in names:
            raise ValueError(f"The model has no input {chosen!r}; it has {', '.join(names)}.")
        found[chosen] = _fitted(value, chosen, details[chosen])
    return found


def _described(detail: dict[str, Any]) -> str:
    sizes = ",".join("?" if size < 0 else str(size) for size in detail["shape_signature"])
    return f"{np.dtype(detail['dtype']).name}[{sizes}]"


def _fitted(value: Any, name: str, detail: dict[str, Any]) -> Any:
    """An array as an input takes it: float64, which NumPy makes by default, as float32."""
    wanted = tuple(detail["shape_signature"])
    dtype = np.dtype(detail["dtype"])
    # A first dimension that the file fixes is a batch, and can be resized all the same.
    fits = len(wanted) == value.ndim and all(
        size in (-1, have) or not axis
        for axis, (size, have) in enumerate(zip(wanted, value.shape, strict=True))
    )
    if dtype.kind == value.dtype.kind == "f" or (
        dtype.kind in "iu"
        and value.dtype.kind in "iu"
        and np.array_equal(value, value.astype(dtype))
    ):
        value = value.astype(dtype)
    elif dtype.kind in "biuf" and value.dtype != dtype:
        fits = False
    if not fits:
        raise ValueError(
            f"The input {name!r} is {_described(detail)}, and the file has "
            f"{value.dtype.name}{list(value.shape)}."
        )
    return value


def _by_position(interpreter: Interpreter, given: list[tuple[str, Any]]) -> dict[str, Any]:
    details = {each["name"]: each for each in interpreter.get_input_details()}
    values = _named(given, details)
    for name, value in values.items():
        interpreter.resize_tensor_input(details[name]["index"], value.shape)
    interpreter.allocate_tensors()
    for name, value in values.items():
        interpreter.set_tensor(details[name]["index"], value)
    interpreter.invoke()
    return {
        each["name"]: interpreter.get_tensor(each["index"])
        for each in interpreter.get_output_details()
    }


def _plain(value: Any) -> Any:
    if value.dtype == object:
        return [each.decode("utf-8", "replace") for each in value.reshape(-1).tolist()]
    if value.dtype.kind == "c":
        return [[each.real, each.imag] for each in value.reshape(-1).tolist()]
    return value.tolist()
