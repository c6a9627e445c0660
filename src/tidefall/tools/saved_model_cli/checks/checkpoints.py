"""Checkpoints on their own: a prefix, or a directory with a `checkpoint` file."""

from __future__ import annotations

import glob
import os

from tidefall.saving.checkpoint.state_file import checkpoint_exists, get_checkpoint_state
from tidefall.tools.saved_model_cli.checks.report import Report
from tidefall.tools.saved_model_cli.checks.variables import check_checkpoint

_SUFFIX = ".index"


def check_checkpoints(report: Report, path: str) -> None:
    """Look at one checkpoint, or at all of a directory.

    Raises:
        FileNotFoundError: if there is none.
    """
    if not os.path.isdir(path):
        prefix = path.removesuffix(_SUFFIX)
        if not checkpoint_exists(prefix) and not os.path.isfile(prefix):
            raise FileNotFoundError(f"There is no SavedModel, checkpoint or .keras file at {path}.")
        check_checkpoint(report, prefix)
        return
    prefixes = [
        name.removesuffix(_SUFFIX) for name in sorted(glob.glob(f"{glob.escape(path)}/*{_SUFFIX}"))
    ]
    has_state = os.path.isfile(os.path.join(path, "checkpoint"))
    if not prefixes and not has_state:
        raise FileNotFoundError(f"There is no SavedModel, checkpoint or .keras file in {path}.")
    if has_state:
        _check_state(report, path)
    _check_lone_data(report, path, prefixes)
    for prefix in prefixes:
        check_checkpoint(report, prefix)


def _check_state(report: Report, folder: str) -> None:
    where = os.path.join(folder, "checkpoint")
    report.looked_at.append("list of checkpoints")
    state = get_checkpoint_state(folder)
    if state is None:
        report.error(where, "it cannot be read", "Remove it; the checkpoints can be named by path.")
        return
    if not checkpoint_exists(state.model_checkpoint_path):
        report.error(
            where,
            f"the latest checkpoint {state.model_checkpoint_path} is not there",
            "Restore from another one by its path.",
        )
    for prefix in state.all_model_checkpoint_paths:
        if prefix != state.model_checkpoint_path and not checkpoint_exists(prefix):
            report.warning(where, f"{prefix} is not there", "It was removed or not copied.")


def _check_lone_data(report: Report, folder: str, prefixes: list[str]) -> None:
    for path in sorted(glob.glob(f"{glob.escape(folder)}/*.data-?????-of-?????")):
        if path.rpartition(".data-")[0] not in prefixes:
            report.error(path, "these data have no index beside them", "Copy the .index file, too.")
    for path in sorted(glob.glob(f"{glob.escape(folder)}/*.tmp*")):
        report.hint(path, "left over from a save that was broken off", "Remove it.")
