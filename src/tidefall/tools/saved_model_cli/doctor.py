"""`doctor`: everything wrong with a SavedModel, a checkpoint or a `.keras` file, in one report."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from tidefall.saving.saved_model.constants import (
    SAVED_MODEL_FILENAME_PB,
    SAVED_MODEL_FILENAME_PBTXT,
)
from tidefall.tools.saved_model_cli.checks.report import Report
from tidefall.tools.saved_model_cli.cli import add_switch

_COPY = "Copy it again from where it was made, or save it again."


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("path", help="a SavedModel, a checkpoint (directory or prefix) or a .keras")
    add_switch(parser, "run", "call every signature once, with inputs of ones")
    add_switch(parser, "json", "print JSON")
    parser.epilog = "Exit status: 0 no errors and no warnings, 1 some, 2 nothing to look at."


def execute(flags: argparse.Namespace) -> int:
    """Print the report; returns 1 if there are errors or warnings."""
    report = examine(flags.path, flags.run)
    if flags.json:
        print(json.dumps(report.as_dict(), indent=1))
    else:
        _show(report)
    counts = report.counts()
    return int(bool(counts["error"] or counts["warning"]))


def examine(path: str, run: bool = False) -> Report:
    """Look at a path.

    Args:
        path: a SavedModel, a checkpoint (its directory or prefix), a `.keras` or HDF5 file.
        run: whether to call every signature of a SavedModel once.

    Raises:
        FileNotFoundError: if there is nothing of the kind.
    """
    if os.path.isdir(path):
        if any(os.path.isfile(os.path.join(path, name)) for name in _MODEL_FILES):
            return _examine_model(path, run)
        versions = [n for n in os.listdir(path) if n.isdigit() and _is_model(path, n)]
        if versions:
            newest = max(versions, key=int)
            return _examine_model(os.path.join(path, newest), run)
        if os.path.isdir(os.path.join(path, "variables")):
            return _without_graph(path)
    elif path.endswith(".keras"):
        return _examine_keras(path)
    elif path.endswith((".h5", ".hdf5")):
        return _examine_h5(path)
    return _examine_checkpoints(path)


_MODEL_FILES = (SAVED_MODEL_FILENAME_PB, SAVED_MODEL_FILENAME_PBTXT)


def _is_model(folder: str, name: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, name, file)) for file in _MODEL_FILES)


def _examine_model(folder: str, run: bool) -> Report:
    from tidefall.saving.saved_model.reader import read_saved_model
    from tidefall.tools.saved_model_cli.checks.files import check_files
    from tidefall.tools.saved_model_cli.checks.graph import check_graph
    from tidefall.tools.saved_model_cli.checks.running import check_loading
    from tidefall.tools.saved_model_cli.checks.signatures import check_signatures
    from tidefall.tools.saved_model_cli.checks.variables import check_variables

    report, saved = Report(folder, "SavedModel"), None
    with report.faults_of(folder, _COPY):
        saved = read_saved_model(folder)
    if saved is None:
        return report
    _run(report, "files", check_files, report, folder, saved)
    for number, meta in enumerate(saved.meta_graphs):
        _run(report, "graph", check_graph, report, meta)
        _run(report, "signatures", check_signatures, report, meta)
        if number == 0:
            _run(report, "variables", check_variables, report, folder, meta)
        _run(report, "loading", check_loading, report, folder, meta, run)
    return report


def _run(report: Report, what: str, check: Any, *arguments: Any) -> None:
    """A check that a damaged file trips up says so, and the others go on."""
    with report.faults_of(what, _COPY):
        check(*arguments)


def _without_graph(folder: str) -> Report:
    report = Report(folder, "SavedModel")
    report.error(
        os.path.join(folder, SAVED_MODEL_FILENAME_PB),
        "it is missing, and there are variables of a model",
        "Copy the whole directory again from where it was made.",
    )
    return report


def _examine_keras(path: str) -> Report:
    from tidefall.tools.saved_model_cli.checks.keras_file import check_keras_file

    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {path}.")
    report = Report(path, "Keras file")
    check_keras_file(report, path)
    return report


def _examine_h5(path: str) -> Report:
    from tidefall.tools.saved_model_cli.checks.keras_file import check_h5

    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {path}.")
    report = Report(path, "HDF5 file", looked_at=["every array"])
    check_h5(report, path, path)
    return report


def _examine_checkpoints(path: str) -> Report:
    from tidefall.tools.saved_model_cli.checks.checkpoints import check_checkpoints

    report = Report(path, "checkpoint")
    check_checkpoints(report, path)
    return report


def _show(report: Report) -> None:
    print(f"{report.kind} {report.path}")
    print(f"Looked at: {', '.join(dict.fromkeys(report.looked_at)) or 'nothing more'}.")
    for finding in report.sorted():
        print(f"\n{finding.severity.upper()}  {finding.where}")
        print(f"  {finding.what}")
        print(f"  -> {finding.advice}")
    counts = ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for s, n in report.counts().items() if n)
    print(f"\n{counts or 'Nothing wrong was found'}.")
