"""The `tidefall` command: one name for the programs that come with the library.

`tidefall serve ...` is `python -m tidefall.serving ...`, and so on; see `COMMANDS`. Nothing is
imported but the program that is asked for.
"""

from __future__ import annotations

import difflib
import runpy
import sys
from collections.abc import Sequence
from typing import NoReturn

from tidefall.base.command_line import run

COMMANDS = {
    "run": ("tidefall.compat.tensorflow", "run a program written for TensorFlow, as it is"),
    "serve": ("tidefall.serving", "serve models over REST and gRPC, as tensorflow_model_server"),
    "bench-serving": ("tidefall.serving.bench", "measure a model server: rates and latencies"),
    "saved-model": ("tidefall.saved_model_cli", "show, run and compile SavedModels"),
    "data": (
        "tidefall.lifecycle.data_validation",
        "statistics of data, the schema they must keep to, and what breaks it",
    ),
    "evaluate": (
        "tidefall.lifecycle.model_analysis",
        "metrics of models over slices of data, and whether they keep thresholds",
    ),
    "pipeline": ("tidefall.tools.pipeline", "run, show and compile pipelines"),
    "lineage": (
        "tidefall.lifecycle.metadata",
        "what a model was made from, and what was made from it",
    ),
    "runs": ("tidefall.lifecycle.track", "experiments: list, compare and serve training runs"),
    "tune": ("tidefall.lifecycle.tune", "searches for hyperparameters: what they found"),
    "models": (
        "tidefall.lifecycle.registry",
        "the model registry: register, approve, promote, check and audit",
    ),
    "score": (
        "tidefall.lifecycle.scoring",
        "a model's predictions for all rows of files or of a query",
    ),
    "release": (
        "tidefall.lifecycle.release",
        "bring a new version to its users by a plan: replay, shadow, canary, promotion",
    ),
    "rollback": (
        "tidefall.lifecycle.release.rollback",
        "have the version from before answer again, on all servers, now",
    ),
    "monitor": (
        "tidefall.lifecycle.monitoring",
        "what models answered and what became true: drift, quality, incidents",
    ),
    "slo": (
        "tidefall.lifecycle.slo",
        "objectives of models: Prometheus rules, Grafana dashboards, a sheet for the one on call",
    ),
    "incident": (
        "tidefall.lifecycle.slo.incident_main",
        "gather what there is about a span of time, with a draft of the post-mortem",
    ),
    "retrain": (
        "tidefall.tools.retrain",
        "decide whether to train again, do it, and hand the version to a release",
    ),
    "ui": (
        "tidefall.lifecycle.ui",
        "a local page of runs, pipelines, lineage, models and reports",
    ),
    "web": ("tidefall.export.tfjs", "models for the browser: to TensorFlow.js and back"),
    "lite": ("tidefall.lite", "convert, check, run and compare TensorFlow Lite models"),
    "new-op": ("tidefall.tools.new_op", "write a package with a custom op in C++"),
    "onnx": ("tidefall.export.onnx", "write, read and look at ONNX models"),
    "agree": (
        "tidefall.export.agreement",
        "run one model on one set of data in every runtime, and compare",
    ),
    "doctor": ("tidefall.doctor", "what is installed here, and what works"),
    "launch": ("tidefall.distribute.launch", "run a script as a training job of several processes"),
    "demo": ("tidefall.demo", "train, export, serve and query a small model"),
}
"""The module behind each command, and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status.

    Args:
        arguments: the command and its own arguments; those of the process for None.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help", "help"):
        print(_usage())
        return 0
    if given[0] in ("-V", "--version", "version"):
        import tidefall

        print(f"tidefall {tidefall.__version__}")
        return 0
    name = given[0]
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        print(f"tidefall: unknown command {name!r}{hint}\n\n{_usage()}", file=sys.stderr)
        return 2
    module, _ = COMMANDS[name]
    sys.argv = [f"tidefall {name}", *given[1:]]
    runpy.run_module(module, run_name="__main__", alter_sys=False)
    return 0


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(["usage: tidefall COMMAND ...", "", *lines, "", "tidefall COMMAND --help"])


def program() -> NoReturn:
    """What the installed command runs."""
    run(main)


if __name__ == "__main__":
    program()
