"""The files of a SavedModel: what is missing, damaged, left over or in the wrong place."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base.errors import OpError
from tidefall.io.bundles import bundle_format
from tidefall.saving.saved_model import constants as names
from tidefall.saving.saved_model import fingerprint
from tidefall.saving.saved_model.reader import asset_path
from tidefall.tools.saved_model_cli.checks.report import Report, listed, size_text

_LARGEST_GRAPH = 1 << 30
"""Protocol buffers end at 2 GB; files half that large are on the way there."""


def check_files(report: Report, folder: str, saved: Any) -> None:
    """Look at the files around `saved_model.pb`.

    Args:
        report: takes the findings.
        folder: the directory.
        saved: the SavedModel message.
    """
    report.looked_at.append("files")
    _check_description(report, folder, saved)
    for meta in saved.meta_graphs:
        _check_assets(report, folder, meta)
    _check_fingerprint(report, folder)
    _check_left_over(report, folder, saved)
    _check_place(report, folder)


def _check_description(report: Report, folder: str, saved: Any) -> None:
    path = os.path.join(folder, names.SAVED_MODEL_FILENAME_PB)
    if not saved.meta_graphs:
        report.error(path, "it holds no graph", "Save the model again.")
        return
    if saved.saved_model_schema_version != names.SAVED_MODEL_SCHEMA_VERSION:
        report.warning(
            path,
            f"its schema version is {saved.saved_model_schema_version}, this is written for "
            f"{names.SAVED_MODEL_SCHEMA_VERSION}",
            "Save the model again with a release that this one knows.",
        )
    tag_sets = [sorted(meta.meta_info_def.tags) for meta in saved.meta_graphs]
    if not any(names.SERVING in tags for tags in tag_sets):
        report.warning(
            path,
            f"no graph has the tag {names.SERVING!r}; there are {tag_sets}",
            "Model servers look for that tag. Save with it, or name the tags when you load.",
        )
    doubled = {str(tags) for tags in tag_sets if tag_sets.count(tags) > 1}
    if doubled:
        report.error(path, f"several graphs have the tags {listed(doubled)}", "Save it again.")
    if os.path.isfile(path) and os.path.getsize(path) > _LARGEST_GRAPH:
        report.warning(
            path,
            f"it has {size_text(os.path.getsize(path))}; 2 GB is the end",
            "Large constants belong into variables.",
        )


def _check_assets(report: Report, folder: str, meta: Any) -> None:
    known = set()
    for asset in meta.asset_file_def:
        known.add(asset.filename)
        try:
            path = asset_path(folder, asset.filename)
        except OpError as error:
            report.error(
                asset.filename,
                error.message,
                "Put a copy of the file in its place, if you trust whoever made the model.",
            )
            continue
        if not os.path.isfile(path):
            report.error(path, "this asset is missing", "Copy the file from the original model.")
    there = os.path.join(folder, names.ASSETS_DIRECTORY)
    if os.path.isdir(there):
        unused = set(os.listdir(there)) - known
        if unused and meta.HasField("object_graph_def"):
            report.hint(there, f"no asset of the graph: {listed(unused)}", "They can be removed.")


def _check_fingerprint(report: Report, folder: str) -> None:
    path = os.path.join(folder, names.FINGERPRINT_FILENAME)
    prefix = os.path.join(folder, names.VARIABLES_DIRECTORY, names.VARIABLES_FILENAME)
    index = bundle_format.index_path(prefix)
    if not os.path.isfile(path):
        report.hint(
            path, "there is none; only read_fingerprint asks for it", "Saving again makes one."
        )
        return
    try:
        found = fingerprint.read_fingerprint(folder)
    except (RuntimeError, ValueError) as error:
        report.warning(path, str(error), "Save the model again, or remove the file.")
        return
    if not os.path.isfile(index) or not found.checkpoint_hash:
        return
    with open(index, "rb") as file:
        content = file.read()
    ours = found.checkpoint_hash == fingerprint.hash_of(content)
    if not ours and found.checkpoint_hash != _farmhash(content):
        report.warning(
            path,
            "the variables are not those that it was made for",
            "They were replaced after saving, or are damaged. Save the model again.",
        )
    pb = os.path.join(folder, names.SAVED_MODEL_FILENAME_PB)
    if ours and os.path.isfile(pb):
        with open(pb, "rb") as file:
            if fingerprint.hash_of(file.read()) != found.saved_model_checksum:
                report.warning(
                    path, "saved_model.pb is not the one that it was made for", "Save it again."
                )


def _farmhash(content: bytes) -> int:
    """The hash that TensorFlow takes."""
    from tidefall.ops.strings.hash_functions import fingerprint64

    return int(fingerprint64([content])[0])


def _check_left_over(report: Report, folder: str, saved: Any) -> None:
    for where, _, files in os.walk(folder):
        left = [name for name in files if name.endswith((".tmp", ".old"))]
        if left:
            report.hint(
                where, f"left over from a save that was broken off: {listed(left)}", "Remove them."
            )
    text = os.path.join(folder, names.SAVED_MODEL_FILENAME_PBTXT)
    binary = os.path.join(folder, names.SAVED_MODEL_FILENAME_PB)
    if os.path.isfile(text) and os.path.isfile(binary):
        report.warning(text, "it is not read, saved_model.pb is", "Remove the one that is old.")


def _check_place(report: Report, folder: str) -> None:
    name = os.path.basename(os.path.realpath(folder))
    if not name.isdigit():
        report.hint(
            folder,
            f"TensorFlow Serving looks for numbered versions, this directory is called {name}",
            f"To serve it, put it into a directory of its own as {name}/1 and serve that.",
        )
