"""What is tried with a spoiled folder, in a process of its own; it tells what came of it.

Loading must end with an object or a clear error that names the file. Nothing outside of the folder
may be touched meanwhile: an audit hook watches files, processes and sockets.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

LARGEST_INPUT = 10_000


class Find(Exception):
    """Something that must not happen."""


def attempt(folder: Path) -> list[str]:
    """Use everything in a folder that can be loaded; returns what came of it.

    Raises:
        Find: if something happened that must not.
    """
    warnings.simplefilter("ignore")
    before = _listing(folder)
    outcomes = []
    if any((folder / name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
        outcomes.append(_try_model(folder))
        outcomes.append(_clear("fingerprint", folder, lambda: _fingerprint(folder)))
    outcomes += _try_checkpoints(folder)
    if _listing(folder) != before:
        raise Find(f"files changed: {sorted(set(_listing(folder)) ^ set(before))[:5]}")
    return outcomes


def _listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(p), p.stat().st_size if p.is_file() else -1) for p in folder.rglob("*"))


def _clear(what: str, folder: Path | None, use: Any) -> str:
    """Run something that may fail with a documented error, which names the folder if given."""
    import tidefall as tf

    accepted = (tf.errors.OpError, OSError, ValueError, TypeError, NotImplementedError)
    if what == "load":
        accepted = (tf.errors.OpError, OSError)
    elif what == "fingerprint":
        accepted = (RuntimeError, *accepted)
    try:
        use()
    except accepted as error:
        if isinstance(error, UnicodeError) or type(error).__name__ == "UnboundLocalError":
            raise
        if folder is not None and str(folder) not in str(error):
            raise Find(
                f"{what}: the error names no file: {type(error).__name__}: {error}"
            ) from error
        return f"{what}: {type(error).__name__}"
    return f"{what}: fine"


# ---- SavedModels ----


def _try_model(folder: Path) -> str:
    import tidefall as tf

    loaded: list[Any] = []
    with watched(folder):
        outcome = _clear("load", folder, lambda: loaded.append(tf.saved_model.load(folder)))
    if not loaded:
        return outcome
    model = loaded[0]
    for variable in _variables(model):
        _clear("read", folder, variable.numpy)
    for path in _assets(model):
        inside = os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)
        if not inside:
            raise Find(f"an asset lies outside: {path!r}")
    outcomes = [
        _clear(f"call {name}", None, lambda f=function: _call(f))
        for name, function in _signatures(model).items()
    ]
    return f"{outcome}, {len(outcomes)} signatures: {outcomes[:2]}"


def _signatures(model: Any) -> Any:
    """The signatures; a spoiled file may have something else in their place."""
    return model.signatures if hasattr(model.signatures, "items") else {}


def _variables(model: Any) -> list[Any]:
    import tidefall as tf

    found, seen, waiting = [], set(), [model]
    while waiting:
        obj = waiting.pop()
        if id(obj) in seen:
            continue
        seen.add(id(obj))
        if isinstance(obj, tf.Variable):
            if obj.is_initialized():
                found.append(obj)
        elif hasattr(obj, "_trackable_children"):
            waiting += obj._trackable_children().values()
    return found


def _assets(model: Any) -> list[str]:
    import tidefall as tf

    found, seen, waiting = [], set(), [model]
    while waiting:
        obj = waiting.pop()
        if id(obj) in seen:
            continue
        seen.add(id(obj))
        if isinstance(obj, tf.saved_model.Asset):
            found.append(os.fsdecode(obj.asset_path.numpy()))
        elif hasattr(obj, "_trackable_children"):
            waiting += obj._trackable_children().values()
    return found


def _call(function: Any) -> None:
    import tidefall as tf

    arguments = {}
    for name, spec in function.structured_input_signature[1].items():
        if not isinstance(spec, tf.TensorSpec):
            return
        shape = [2] if spec.shape.rank is None else [2 if d is None else d for d in spec.shape]
        if np.prod(shape, dtype=object) > LARGEST_INPUT:
            return
        if spec.dtype == tf.string:
            arguments[name] = tf.fill(shape, "x")
        elif spec.dtype in (tf.resource, tf.variant):
            return
        else:
            arguments[name] = tf.cast(tf.fill(shape, 1), spec.dtype)
    for value in tf.nest.flatten(function(**arguments)):
        if hasattr(value, "numpy"):
            value.numpy()


def _fingerprint(folder: Path) -> None:
    import tidefall as tf

    read = getattr(tf.saved_model.experimental, "read_fingerprint", None)
    if read is not None and (folder / "fingerprint.pb").exists():
        read(str(folder))


# ---- checkpoints ----


def _try_checkpoints(folder: Path) -> list[str]:
    import tidefall as tf

    outcomes = []
    if (folder / "checkpoint").exists():
        with watched(folder):
            outcomes.append(
                _clear("state", folder, lambda: tf.train.latest_checkpoint(str(folder)))
            )
    for prefix in sorted(_prefixes(folder)):
        with watched(folder):
            outcomes.append(_clear("read", folder, lambda p=prefix: _read_all(p)))
            # The shapes and dtypes of the variables may differ, which is not the file's fault.
            outcomes.append(_clear("restore", None, lambda p=prefix: _restore(p)))
    return outcomes


def _prefixes(folder: Path) -> list[str]:
    return [
        *[str(path).removesuffix(".index") for path in folder.rglob("*.index")],
        *[str(path) for path in folder.glob("v1*")],
    ]


def _read_all(prefix: str) -> None:
    import tidefall as tf

    reader = tf.train.load_checkpoint(prefix)
    reader.debug_string()
    first: Exception | None = None
    for name in reader.get_variable_to_shape_map():
        try:
            reader.get_tensor(name)
        except tf.errors.OpError as error:
            first = first or error
    if first is not None:
        raise first


def _restore(prefix: str) -> None:
    import tidefall as tf

    checkpoint = tf.train.Checkpoint(
        v=tf.Variable(np.zeros(6, np.float32)),
        s=tf.Variable(["", ""]),
        l=[tf.Variable(False), {"z": tf.Variable(0j)}],
        g=tf.random.Generator.from_seed(2),
    )
    checkpoint.restore(prefix).expect_partial()


# ---- what happens meanwhile ----

_watching: list[str] = []
_strange: list[str] = []
_READS = ("/proc/", "/sys/", "/dev/")


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[None]:
    """Notice files outside of a folder being opened, and processes and connections."""
    _watching.append(os.path.realpath(folder))
    try:
        yield
    finally:
        _watching.pop()
    if _strange:
        raise Find(f"outside of the folder: {_strange[:3]}")


def install_hook() -> None:
    """Watch this process; it cannot be undone."""
    ours = tuple({os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, *sys.path) if p})
    cache = os.environ.get("TIDEFALL_CACHE", "/nowhere")
    allowed = (*ours, *_READS, cache, os.environ.get("PYTHONPYCACHEPREFIX", "/nowhere"))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not _watching:
            return
        if event in ("subprocess.Popen", "os.system", "os.exec", "socket.connect", "os.remove"):
            _strange.append(f"{event} {arguments!r:.200}")
        elif event in ("open", "os.listdir", "os.scandir") and isinstance(
            arguments[0], str | bytes
        ):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            inside = path == _watching[-1] or path.startswith(_watching[-1] + os.sep)
            if not inside and not path.startswith(allowed):
                _strange.append(f"{event} {path}")

    sys.addaudithook(hook)
