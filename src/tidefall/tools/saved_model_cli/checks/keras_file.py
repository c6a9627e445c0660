"""`.keras` files: the archive, the configuration and the weights; no code of theirs is run."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.tools.saved_model_cli.checks.report import Report, listed

_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
_COPY = "Copy the file again from where it was made, or save the model again."
_OWN = ("keras", "keras_hub", "keras_nlp", "keras_cv")


def check_keras_file(report: Report, path: str) -> None:
    """Look at a `.keras` file."""
    report.looked_at += ["archive", "configuration", "weights"]
    try:
        with zipfile.ZipFile(path) as archive:
            _check_archive(report, path, archive)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        report.error(path, f"it is no zip archive that can be read: {error}", _COPY)


def _check_archive(report: Report, path: str, archive: zipfile.ZipFile) -> None:
    there = set(archive.namelist())
    for name in sorted(there):
        if os.path.isabs(name) or os.pardir in name.replace("\\", "/").split("/"):
            report.error(f"{path}: {name}", "it leads out of the archive", "Do not use this file.")
    contents: dict[str, bytes] = {}
    for name in sorted(there):
        try:
            content = archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            report.error(f"{path}: {name}", f"it cannot be unpacked: {error}", _COPY)
            continue
        if name in _MEMBERS:
            contents[name] = content
    for name in _MEMBERS:
        if name not in there:
            report.error(f"{path}: {name}", "it is missing", _COPY)
    for name in _MEMBERS[:2]:
        if name in contents:
            _check_json(report, f"{path}: {name}", contents[name], name == "config.json")
    if _MEMBERS[2] in contents:
        check_h5(report, f"{path}: {_MEMBERS[2]}", contents[_MEMBERS[2]])


def _check_json(report: Report, where: str, content: bytes, is_config: bool) -> None:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        report.error(where, f"it is no JSON: {error}", _COPY)
        return
    if not isinstance(found, dict):
        report.error(where, "it holds no object", _COPY)
        return
    if not is_config:
        version = found.get("keras_version")
        if not isinstance(version, str) or not version.startswith("3"):
            report.warning(where, f"written by Keras {version}", "Save it again with Keras 3.")
        return
    if not {"class_name", "config"} <= found.keys():
        report.error(where, "it does not describe a model", _COPY)
    objects = list(_objects(found))
    code = [o for o in objects if o.get("class_name") in ("__lambda__", "Lambda")]
    if code:
        named = {str((o.get("config") or {}).get("name", "function")) for o in code
                 if isinstance(o.get("config"), dict)}  # fmt: skip
        report.warning(
            where,
            f"Lambda layers bring Python code: {listed(named or {'functions'})}",
            "It is loaded only with safe_mode=False, and then it runs. Write layers as classes.",
        )
    own = {
        f"{o['module']}.{o['class_name']}" if o.get("module") else str(o.get("registered_name"))
        for o in objects
        if _is_custom(o)
    }
    if own:
        report.hint(
            where,
            f"classes that Keras does not have: {listed(own)}",
            "Whoever loads it must import or register them first.",
        )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every serialized object in a configuration."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("class_name"), str):
                yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _is_custom(item: dict[str, Any]) -> bool:
    if item["class_name"].startswith("__"):
        return False
    module = item.get("module")
    if isinstance(module, str) and module:
        return module.partition(".")[0] not in (*_OWN, "builtins")
    return ">" in str(item.get("registered_name") or "")


def check_h5(report: Report, where: str, content: bytes | str) -> None:
    """Read every array of an HDF5 file.

    Args:
        report: takes the findings.
        where: its name in findings.
        content: the file's bytes, or its path.
    """
    import h5py

    broken, bad_numbers, count = [], [], 0
    try:
        with h5py.File(io.BytesIO(content) if isinstance(content, bytes) else content, "r") as file:
            arrays: list[str] = []
            links = _arrays(file, arrays)
            for name in arrays:
                try:
                    value = np.asarray(file[name])
                except (OSError, RuntimeError, TypeError, ValueError):
                    broken.append(name)
                    continue
                count += 1
                if value.dtype.kind == "f" and not np.isfinite(value).all():
                    bad_numbers.append(name)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        report.error(where, f"it is no HDF5 file that can be read: {error}", _COPY)
        return
    if links:
        report.error(where, f"links into other files: {listed(links)}", "Do not use this file.")
    if broken:
        report.error(where, f"arrays that cannot be read: {listed(broken)}", _COPY)
    if bad_numbers:
        report.warning(where, f"NaN or infinity in {listed(bad_numbers)}", "Did training diverge?")
    if not count and not broken:
        report.hint(where, "there are no weights in it", "A model that was not built has none.")


def _arrays(group: Any, found: list[str]) -> list[str]:
    """Collect the names of arrays; returns the names of links that lead to other files."""
    import h5py

    links = []
    for name in group:
        link = group.get(name, getlink=True)
        path = f"{group.name.rstrip('/')}/{name}"
        if isinstance(link, h5py.ExternalLink):
            links.append(path)
            continue
        item = group[name]
        if isinstance(item, h5py.Group):
            links += _arrays(item, found)
        elif isinstance(item, h5py.Dataset):
            if item.external:
                links.append(path)
            else:
                found.append(path)
    return links
