"""Finds the command that is asked for and runs it."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from tidefall.base.errors import OpError

COMMANDS = {
    "show": ("show", "tag-sets, signatures, ops and functions of a SavedModel"),
    "run": ("run", "run a signature on inputs from files or expressions"),
    "scan": ("scan", "look for ops that touch files or the screen"),
    "aot_compile": ("aot_compile", "compile signatures ahead of time, to start warm"),
    "aot_compile_cpu": ("aot_compile", "the same, on the CPU"),
    "aot_compile_gpu": ("aot_compile", "the same, on the GPU"),
    "convert": ("convert", "for TensorRT: says how it is reached, over ONNX"),
    "diff": ("diff", "what differs between two SavedModels"),
    "doctor": ("doctor", "everything wrong with a SavedModel, checkpoint or .keras file"),
}
"""Commands by name: the module of each, and what it does."""
_TROUBLE = {"diff": 2, "doctor": 2}
"""Exit status, where 1 says something else, of a command that could not do its work."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status.

    Args:
        arguments: the command and its own arguments; those of the process for None.
    """
    flags = _parse(list(sys.argv[1:] if arguments is None else arguments))
    module = importlib.import_module(f"tidefall.tools.saved_model_cli.{COMMANDS[flags.command][0]}")
    try:
        return module.execute(flags)
    except BrokenPipeError:
        raise  # the reader of our output has gone; whoever runs the program knows what to do
    except (OpError, OSError, RuntimeError, TypeError, ValueError) as error:
        text = error.message if isinstance(error, OpError) else str(error)
        print(f"{type(error).__name__}: {text}", file=sys.stderr)
        return _TROUBLE.get(flags.command, 1)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="saved_model_cli", description="Looks at, runs and compiles saved models."
    )
    commands = parser.add_subparsers(
        title="commands", dest="command", required=True, metavar="COMMAND"
    )
    asked = next((a for a in arguments if not a.startswith("-")), None)
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=what,
            description=what[0].upper() + what[1:] + ".",
            formatter_class=argparse.RawTextHelpFormatter,
            allow_abbrev=False,
        )
        if name == asked:
            importlib.import_module(f"tidefall.tools.saved_model_cli.{module}").add_flags(command)
    return parser.parse_args(arguments)


def truth(text: str) -> bool:
    """The value of a flag such as `--all=true`."""
    if text.lower() in ("true", "t", "1", "yes"):
        return True
    if text.lower() in ("false", "f", "0", "no"):
        return False
    raise argparse.ArgumentTypeError(f"expected true or false, received {text!r}")


def add_switch(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    """Add a flag that is given as `--name`, `--name=true`, `--noname` or `--name=false`."""
    parser.add_argument(f"--{name}", type=truth, nargs="?", const=True, default=False, help=what)
    parser.add_argument(
        f"--no{name}", dest=name, action="store_false", default=False, help=argparse.SUPPRESS
    )
