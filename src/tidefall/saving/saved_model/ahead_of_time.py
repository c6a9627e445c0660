"""Programs compiled ahead of time, stored beside a SavedModel in `assets.extra/tidefall`.

`programs.json` describes the programs, the machine and compiler they were made for, the native
kernels they call, and the model they belong to; each program is a file of XLA's own bytes.
TensorFlow ignores the folder. Programs hold machine code, so they are used only for models that the
user trusts, and only where everything fits: else they are left out with one line in the log, and
the model compiles as it always does.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base.config import config
from tidefall.base.errors import DataLossError
from tidefall.function.concrete import ConcreteFunction
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.runtime.xla.ahead_of_time import Program, ProgramInput, WarmPlan, cpu_features
from tidefall.saving.saved_model import constants as names
from tidefall.saving.saved_model.signatures import SignatureMap

FOLDER = os.path.join("assets.extra", "tidefall")
MANIFEST = "programs.json"
FORMAT = 2
TRUST_VARIABLE = "TIDEFALL_TRUST_AOT"
_LARGEST_MANIFEST = 16 << 20
_DAMAGE = (
    *(ArithmeticError, AttributeError, DataLossError, LookupError),
    *(OSError, RecursionError, TypeError, ValueError),
)
"""What reading a description that somebody spoiled may lead to."""

_log = logging.getLogger("tidefall.saving")


def is_trusted(folder: str, trust: bool | None = None) -> bool:
    """Whether programs stored beside a model may be run.

    Args:
        folder: the directory of the SavedModel.
        trust: what the caller said; None asks `config.trust_aot` (the environment variable
            TIDEFALL_TRUST_AOT), which is `1` for all models, or a list of directories whose models
            are trusted.

    >>> is_trusted("model", trust=True)
    True
    """
    if trust is not None:
        return trust
    setting = config.trust_aot
    if setting.lower() in ("", "0", "false", "no"):
        return False
    if setting.lower() in ("1", "true", "yes"):
        return True
    real = os.path.realpath(folder)
    roots = [os.path.realpath(root) for root in setting.split(os.pathsep) if root]
    return any(os.path.commonpath([root, real]) == root for root in roots)


def model_fingerprint(folder: str) -> str:
    """The checksum of the graphs and signatures of a SavedModel; weights are not part of it."""
    for name in (names.SAVED_MODEL_FILENAME_PB, names.SAVED_MODEL_FILENAME_PBTXT):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    return ""


def versions() -> dict[str, str]:
    """The versions of what makes programs, found without importing it."""
    from importlib.metadata import PackageNotFoundError, version

    import tidefall

    found = {"tidefall": tidefall.__version__}
    for name in ("jax", "jaxlib"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


# ---- writing ----


def write_programs(
    folder: str,
    tags: Sequence[str],
    programs: Mapping[str, Sequence[Program]],
    machine: Mapping[str, Any],
) -> int:
    """Store programs beside a model; they take the place of those that were there.

    Args:
        folder: the directory of the SavedModel.
        tags: the tags of its graph.
        programs: the programs of each signature, by its key.
        machine: what they were compiled for (`runtime.aot.machine`).

    Returns:
        The number of bytes written.
    """
    target = os.path.join(folder, FOLDER)
    os.makedirs(target, exist_ok=True)
    listed, total = [], 0
    for key, made in programs.items():
        for program in made:
            content, name = program.content(), f"{program.sha256[:24]}.xla"
            _write(os.path.join(target, name), content)
            total += len(content)
            inputs = [[i.is_variable, i.dtype, list(i.shape)] for i in program.inputs]
            entry = {"signature": key, "file": name, "sha256": program.sha256, "inputs": inputs}
            listed.append(entry | {"kernels": list(program.kernels)})
    manifest = {
        "format": FORMAT,
        "model": model_fingerprint(folder),
        "tags": sorted(tags),
        "versions": versions(),
        "machine": dict(machine),
        "programs": listed,
    }
    _write(os.path.join(target, MANIFEST), json.dumps(manifest).encode())
    kept = {MANIFEST, *(entry["file"] for entry in listed)}
    for name in os.listdir(target):
        if name not in kept and name.endswith(".xla"):
            os.remove(os.path.join(target, name))
    return total


def remove_programs(folder: str) -> int:
    """Remove what `write_programs` stored; returns the number of files."""
    target, count = os.path.join(folder, FOLDER), 0
    if not os.path.isdir(target):
        return 0
    for name in sorted(os.listdir(target), reverse=True):
        if name == MANIFEST or name.endswith(".xla"):
            os.remove(os.path.join(target, name))
            count += 1
    if not os.listdir(target):
        os.rmdir(target)
    return count


def _write(path: str, content: bytes) -> None:
    with whole_file(path) as file:
        file.write(content)


# ---- reading ----


def attach_programs(
    signatures: SignatureMap,
    folder: str,
    tags: Sequence[str],
    trust: bool | None = None,
) -> None:
    """Let the signatures of a loaded model run by the programs stored beside it, if they fit.

    Args:
        signatures: the loaded functions by key.
        folder: the directory of the SavedModel.
        tags: the tags of the graph that was loaded.
        trust: see `is_trusted`.
    """
    path = os.path.join(folder, FOLDER, MANIFEST)
    if not os.path.isfile(path):
        return
    reason = ""
    programs: dict[str, list[Program]] = {}
    if not is_trusted(folder, trust):
        reason = (
            f"they hold machine code; set {TRUST_VARIABLE}=1, or to the directories you trust, if "
            "you know who made them"
        )
    else:
        try:
            programs, reason = _fitting(path, folder, tags)
        except _DAMAGE as error:
            reason = f"{path} is damaged: {error}"
    if reason:
        _log.warning("The programs compiled ahead of time in %s are not used: %s.", folder, reason)
        return
    plans = [
        _attach(signatures[key], found, key) for key, found in programs.items() if key in signatures
    ]
    signatures.warm_plans = plans


def prepared_programs(signatures: SignatureMap) -> int:
    """Load the attached programs now, so that the first calls need not; returns how many."""
    return sum(plan.prepare() for plan in signatures.warm_plans)


def _attach(function: ConcreteFunction, programs: Sequence[Program], key: str) -> WarmPlan:
    inner = function.graph_function
    count = len(function.graph.inputs)
    fitting = [program for program in programs if len(program.inputs) == count]
    plan = WarmPlan(
        function.graph, fitting, inner.prepare, f"The signature {key} ({function.name})"
    )
    inner.use(plan)
    return plan


def _fitting(path: str, folder: str, tags: Sequence[str]) -> tuple[dict[str, list[Program]], str]:
    """The programs of each signature, or why they cannot be used."""
    if os.path.getsize(path) > _LARGEST_MANIFEST:
        raise ValueError(f"it has {os.path.getsize(path)} bytes")
    with open(path, "rb") as file:
        manifest = json.load(file)
    for what, wanted in (("format", FORMAT), ("tags", sorted(tags)), ("versions", versions())):
        if manifest[what] != wanted:
            return {}, f"they were made for {what} {manifest[what]}, this is {wanted}"
    if manifest["model"] != model_fingerprint(folder):
        return {}, "the model has changed since; compile it again"
    reason = _other_machine(manifest["machine"])
    programs: dict[str, list[Program]] = {}
    for entry in manifest["programs"] if not reason else ():
        programs.setdefault(entry["signature"], []).append(
            _program(entry, os.path.dirname(path), manifest["machine"])
        )
    return programs, reason


def _other_machine(made_for: Mapping[str, Any]) -> str:
    """Why programs cannot run on this processor; "" if they can. The rest of the machine is
    compared when the first of them is loaded, as asking for it starts the compiler."""
    if made_for["processor"] != platform.machine():
        return f"they were made for {made_for['processor']}, this is {platform.machine()}"
    missing = sorted(set(made_for["cpu_features"]) - set(cpu_features()))
    if missing:
        return f"they were made for a processor with {', '.join(missing[:8])}, which this one lacks"
    return ""


def _program(entry: Mapping[str, Any], folder: str, made_for: Mapping[str, Any]) -> Program:
    name = entry["file"]
    if not isinstance(name, str) or os.path.basename(name) != name or not name.endswith(".xla"):
        raise ValueError(f"it names the file {name!r}")
    path = os.path.join(folder, name)

    def content() -> bytes:
        if os.path.islink(path):
            raise DataLossError(None, None, f"{path} is a link")
        with open(path, "rb") as file:
            return file.read()

    inputs = tuple(
        [
            ProgramInput(bool(variable), str(dtype), tuple(map(int, shape)))
            for variable, dtype, shape in entry["inputs"]
        ]
    )
    kernels = tuple(map(str, entry["kernels"]))
    return Program(inputs, content, str(entry["sha256"]), made_for, kernels)
