"""Times the ops of one library and prints one line of JSON: op -> direction -> size -> seconds."""

import argparse
import importlib
import json
import os
import sys
import traceback

import numpy as np

from benchmarks import timing
from benchmarks.op_cases import OPS, SIZES, OpCase

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class TensorFlowApi:
    """Tidefall or TensorFlow, eager, as people call single ops."""

    finish = staticmethod(lambda result: getattr(result, "values", result).numpy())

    def __init__(self, module: str):
        self.tf = importlib.import_module(module)

    def expression(self, case: OpCase) -> str | None:
        return case.tf

    def names(self, arrays: dict[str, np.ndarray]) -> dict:
        return {"tf": self.tf, **{k: self.tf.constant(v) for k, v in arrays.items()}}

    def gradient(self, expression: str, names: dict):
        x = names["x"]
        forward = eval(f"lambda: {expression}", names)

        def both():
            with self.tf.GradientTape() as tape:
                tape.watch(x)
                y = forward()
            return tape.gradient(y, x)

        return both


class Jax:
    """JAX: eager jax.numpy forward, a jitted function for the gradient."""

    def __init__(self) -> None:
        import jax

        self.jax = jax
        self.finish = jax.block_until_ready

    def expression(self, case: OpCase) -> str | None:
        return case.jax

    def names(self, arrays: dict[str, np.ndarray]) -> dict:
        made = {k: self.jax.numpy.asarray(v) for k, v in arrays.items()}
        return {"jax": self.jax, "jnp": self.jax.numpy, **made}

    def gradient(self, expression: str, names: dict):
        inputs = {k: v for k, v in names.items() if k in "xywic"}
        function = eval(f"lambda {', '.join(inputs)}: {expression}", {**names})
        summed = self.jax.jit(self.jax.grad(lambda *args: function(*args).sum()))
        return lambda: summed(*inputs.values())


class Torch:
    """PyTorch, eager."""

    finish = staticmethod(lambda result: result)

    def __init__(self) -> None:
        import torch

        self.torch = torch

    def expression(self, case: OpCase) -> str | None:
        return case.torch

    def names(self, arrays: dict[str, np.ndarray]) -> dict:
        made = {k: self.torch.from_numpy(np.array(v)) for k, v in arrays.items()}
        return {"torch": self.torch, "F": self.torch.nn.functional, **made}

    def gradient(self, expression: str, names: dict):
        x = names["x"].requires_grad_()
        forward = eval(f"lambda: {expression}", names)
        ones = self.torch.ones_like(forward())
        return lambda: self.torch.autograd.grad(forward(), x, ones)[0]


def measure(library, case: OpCase, clock: timing.Clock, sizes: list[str]) -> dict:
    """Seconds of an op forward, and forward with gradient, for each size."""
    expression = library.expression(case)
    found: dict[str, dict[str, float]] = {}
    if expression is None:
        return found
    for size in sizes:
        clock.warm_seconds = 0.25 if SIZES[size] > 1 << 16 else 0.0
        names = library.names(case.inputs(SIZES[size]))
        forward = clock.statement(expression, names, library.finish)
        found.setdefault("forward", {})[size] = forward
        if case.gradient:
            both = library.gradient(expression, dict(names))
            seconds = clock.statement("f()", {"f": both}, library.finish)
            found.setdefault("gradient", {})[size] = seconds
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["tidefall", "tensorflow", "jax", "torch"])
    parser.add_argument("ops", nargs="*")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    name = arguments.library
    library = {"jax": Jax, "torch": Torch}.get(name, lambda: TensorFlowApi(name))()
    clock = timing.Clock(arguments.quick)
    clock.batches, clock.batch_seconds = (1, 0.001) if arguments.quick else (5, 0.01)
    sizes = list(SIZES)[:1] if arguments.quick else list(SIZES)
    seconds, failures = {}, {}
    for case in OPS:
        if arguments.ops and case.name not in arguments.ops:
            continue
        try:
            seconds[case.name] = measure(library, case, clock, sizes)
        except Exception as error:  # noqa: BLE001 - one broken op must not hide the others
            failures[case.name] = f"{type(error).__name__}: {error}"
            traceback.print_exc()
    version = getattr(importlib.import_module(name), "__version__", "")
    report = {"version": version, "seconds": seconds, "failures": failures}
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
