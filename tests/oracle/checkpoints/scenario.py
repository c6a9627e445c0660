"""How scenarios of checkpoints are declared and run, by Tidefall and by TensorFlow alike.

A scenario is code that takes `s`, a `Run`: `s.tf` is either of the two, `s.path(name)` a place for
files; what `s.log` and `s.attempt` note is compared. A `pair` has two halves, `save` and `load`,
which may run in different systems; an `alone` has one.
"""

from __future__ import annotations

import gc
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RECORDED = Path(__file__).parents[1] / "checkpoints.json.gz"

Half = Callable[["Run"], Any]
SCENARIOS: dict[str, dict[str, Half]] = {}


def pair(declared: type) -> type:
    """Register a class with functions `save` and `load`."""
    halves = {"save": declared.__dict__["save"], "load": declared.__dict__["load"]}
    SCENARIOS[declared.__name__] = halves
    return declared


def alone(run: Half) -> Half:
    """Register a function whose files nobody else reads."""
    SCENARIOS[run.__name__] = {"run": run}
    return run


class Run:
    """One half of a scenario while it runs.

    Args:
        tf: the system.
        folder: where its files are.
    """

    def __init__(self, tf: Any, folder: str):
        self.tf, self.folder = tf, folder
        self.noted: list[list[Any]] = []

    def path(self, name: str = "ckpt") -> str:
        """A path in the folder of the scenario."""
        return os.path.join(self.folder, name)

    def log(self, label: str, value: Any) -> None:
        """Note a value."""
        self.noted.append([label, self._plain(value)])

    def attempt(self, label: str, action: Callable[[], Any], message: str = "") -> Any:
        """Note what an action gives: nothing more than "ok", or the class of its error.

        Args:
            label: what the note is called.
            action: what to do.
            message: a pattern; whether the error's message has it is noted, too.
        """
        try:
            result = action()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is noted
            found = [type(error).__name__]
            if message:
                found.append(bool(re.search(message, str(error), re.S)))
            self.noted.append([label, found])
            return None
        self.noted.append([label, "ok"])
        return result

    def names(self, label: str, prefix: str) -> None:
        """Note the tensors of a checkpoint."""
        reader = self.tf.train.load_checkpoint(prefix)
        shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
        self.log(label, [[n, list(shapes[n]), dtypes[n].name] for n in sorted(shapes)])

    def files(self, label: str, folder: str = "") -> None:
        """Note the names of the files."""
        self.log(label, sorted(os.listdir(os.path.join(self.folder, folder))))

    def unrestored(self, label: str, action: Callable[[], Any]) -> None:
        """Note the objects that are reported as never restored while an action runs."""
        heard = _Heard()
        loggers = [logging.getLogger("tensorflow"), logging.getLogger("tidefall")]
        for logger in loggers:
            logger.addHandler(heard)
        try:
            action()
            gc.collect()
        finally:
            for logger in loggers:
                logger.removeHandler(heard)
        found = re.findall(r"\(root\)[\w.\[\]'/-]*", "\n".join(heard.messages))
        self.log(label, sorted(name.rstrip(".") for name in set(found)))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): self._plain(value[key]) for key in sorted(value, key=str)}
        if isinstance(value, (list, tuple)):
            return [self._plain(item) for item in value]
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "backslashreplace")
        if isinstance(value, str):
            return value.replace(self.folder, "<folder>")
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return self._array(value.numpy() if hasattr(value, "numpy") else value)

    def _array(self, value: Any) -> Any:
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            return self._plain(array.tolist())
        if array.dtype.kind == "c":
            return [str(array.dtype), np.stack([array.real, array.imag], -1).tolist()]
        kept = array if array.dtype.kind in "biuf" else array.astype(np.float32)
        return [str(array.dtype), kept.tolist()]


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def run_half(tf: Any, name: str, half: str, folder: str) -> list[list[Any]]:
    """Run one half of a scenario, and give back what it noted."""
    run = Run(tf, folder)
    SCENARIOS[name][half](run)
    return run.noted


def differences(found: Any, expected: Any, where: str = "") -> list[str]:
    """Where two notes differ; floats may by rounding."""
    if isinstance(found, float) and isinstance(expected, float):
        close = np.isclose(found, expected, rtol=1e-5, atol=1e-6, equal_nan=True)
        return [] if close else [f"{where}: {found} and not {expected}"]
    if isinstance(found, list) and isinstance(expected, list):
        if len(found) != len(expected):
            return [f"{where}: {found} and not {expected}"]
        return [
            line
            for index, (one, other) in enumerate(zip(found, expected, strict=True))
            for line in differences(one, other, f"{where}/{_label(one, index)}")
        ]
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        return [x for k in found for x in differences(found[k], expected[k], f"{where}/{k}")]
    return [] if found == expected else [f"{where}: {found} and not {expected}"]


def _label(value: Any, index: int) -> str:
    return (
        value[0] if isinstance(value, list) and value and isinstance(value[0], str) else str(index)
    )
