"""`tidefall lite run`: a model run on arrays from files."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

import numpy as np

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
        outputs = runner(**_named(given, list(details)))
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
        data = np.load(path if sign else part, allow_pickle=False)
        if isinstance(data, np.ndarray):
            found.append((name, data))
        else:
            found += list(data.items())
    return found


def _named(given: list[tuple[str, Any]], names: list[str]) -> dict[str, Any]:
    if len(given) != len(names):
        raise ValueError(
            f"The model takes {len(names)} inputs, {', '.join(names)}, and --input gives "
            f"{len(given)}."
        )
    free = [name for name in names if name not in {each for each, _ in given}]
    found: dict[str, Any] = {}
    for name, value in given:
        chosen = name or free.pop(0)
        if chosen not in names:
            raise ValueError(f"The model has no input {chosen!r}; it has {', '.join(names)}.")
        found[chosen] = value
    return found


def _by_position(interpreter: Interpreter, given: list[tuple[str, Any]]) -> dict[str, Any]:
    details = {each["name"]: each for each in interpreter.get_input_details()}
    values = _named(given, list(details))
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
