"""Finds the command of `tidefall lite` that is asked for and runs it."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from tidefall.base.errors import OpError

COMMANDS = {
    "convert": (
        "tidefall.lite.converter.commands.convert",
        "make a .tflite file of a Keras model or a SavedModel",
    ),
    "check": (
        "tidefall.lite.converter.commands.check",
        "what of a model cannot be converted, and where it stands",
    ),
    "debug": (
        "tidefall.lite.converter.commands.debug",
        "a quantized model beside the float one, layer by layer",
    ),
    "show": ("tidefall.lite.commands.show", "operators, sizes, tensors and signatures of a model"),
    "run": ("tidefall.lite.commands.run", "run a model on arrays from files"),
    "bench": ("tidefall.lite.commands.bench", "latency, load time and memory of a model"),
}
"""Commands by name: the module of each, which has `add_flags` and `execute`, and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status.

    Args:
        arguments: the command and its own arguments; those of the process for None.
    """
    flags = _parse(list(sys.argv[1:] if arguments is None else arguments))
    module = importlib.import_module(COMMANDS[flags.command][0])
    try:
        return module.execute(flags)
    except BrokenPipeError:
        raise  # the reader of our output has gone; whoever runs the program knows what to do
    except (
        ModuleNotFoundError, NotImplementedError, OpError, OSError, RuntimeError, TypeError,
        ValueError,
    ) as error:  # fmt: skip
        text = error.message if isinstance(error, OpError) else str(error)
        print(f"{type(error).__name__}: {text}", file=sys.stderr)
        return 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tidefall lite",
        description="TensorFlow Lite models: make them, look at them, run and measure them.",
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", required=True, metavar="COMMAND"
    )
    asked = next((each for each in arguments if not each.startswith("-")), None)
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(
            name, help=what, description=what[0].upper() + what[1:] + ".", allow_abbrev=False
        )
        if name == asked:
            importlib.import_module(module).add_flags(command)
    return parser.parse_args(arguments)
