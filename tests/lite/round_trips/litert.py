"""Run files by LiteRT, in an environment that has it: FOLDER NAMES_AS_JSON fast|reference|both."""

from __future__ import annotations

import json
import sys

import numpy as np
from ai_edge_litert.interpreter import (  # pyright: ignore[reportMissingImports]
    Interpreter,
    OpResolverType,
)

folder, names, kernels = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
errors, exact = {}, []


def load(name):
    path = f"{folder}/{name}.tflite"
    if kernels == "reference":
        try:
            made = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
            exact.append(name)
            return made
        except ValueError:  # it lacks an operator
            pass
    return Interpreter(path)


def run(interpreter, name):
    given = np.load(f"{folder}/{name}.npz")
    inputs = interpreter.get_input_details()
    for i, detail in enumerate(inputs):
        interpreter.resize_tensor_input(detail["index"], given[f"i{i}"].shape)
    interpreter.allocate_tensors()
    for i, detail in enumerate(inputs):
        interpreter.set_tensor(detail["index"], given[f"i{i}"])
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


for name in names:
    try:
        np.savez(f"{folder}/{name}.out.npz", *run(load(name), name))
        if kernels == "both":
            without = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
            path = f"{folder}/{name}.tflite"
            other = Interpreter(path, experimental_op_resolver_type=without)
            np.savez(f"{folder}/{name}.other.npz", *run(other, name))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said of which model
        errors[name] = f"{type(error).__name__}: {error}"
with open(f"{folder}/errors.json", "w") as file:
    json.dump([errors, exact], file)
