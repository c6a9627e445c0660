"""Whether a native kernel or XLA's own code is taken on this machine: the faster of the two.

Which one that is depends on the processor, so it is measured where programs run: once for a kernel
and a class of shapes, those whose sizes are next to the same powers of two. What was measured is
kept in a file beside the compiled programs, one for each kind of machine and version; what is not
known yet is asked for (`pending`, which `runtime/policy/tuning.py` measures), and the kernel is
taken until then.

Where results must be the same every time (`tf.config.experimental.enable_op_determinism`), kernels
are taken whatever was measured.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tidefall.base.config import cache_folder, config
from tidefall.native.library import Ints, Output, status
from tidefall.native.processor import processor_name

SLOWER = 1.1
"""How many times XLA's time a kernel may take before it is given up: less may be noise."""
MAX_PENDING = 512
_EXACT = 16
"""Sizes up to this are told apart: they may be those of windows."""

Way = Callable[..., Any]
"""Computes arrays of arrays, under jax."""


@dataclass(frozen=True)
class Candidate:
    """What is to be measured.

    Attributes:
        key: kernel and class of shapes.
        native: by the kernel.
        xla: by XLA's own code.
        inputs: shape and dtype of each array.
    """

    key: str
    native: Way
    xla: Way
    inputs: tuple[Output, ...]


class Choices:
    """What was measured on this machine.

    Args:
        path: the file; None to keep nothing.
    """

    def __init__(self, path: Path | None):
        self._path = path
        self._lock = threading.Lock()
        self._ratios = _read(path)
        self._asked: set[str] = set()
        self.pending: list[Candidate] = []
        """What has been asked for and is not known."""

    @property
    def ratios(self) -> dict[str, float]:
        """The time of the kernel over that of XLA's own code, by kernel and class of shapes."""
        return dict(self._ratios)

    def prefers_native(self, candidate: Candidate) -> bool:
        """Whether to take the kernel; what is not known is noted."""
        if config.op_determinism:
            return True
        ratio = self._ratios.get(candidate.key)
        if ratio is not None:
            return ratio <= SLOWER
        with self._lock:
            if candidate.key not in self._asked and len(self.pending) < MAX_PENDING:
                self._asked.add(candidate.key)
                self.pending.append(candidate)
        return True

    def take_pending(self) -> list[Candidate]:
        """What has been asked for; it is not asked for again."""
        with self._lock:
            found, self.pending = self.pending, []
            return found

    def record(self, key: str, ratio: float) -> None:
        """Keep what was measured, also for other processes."""
        with self._lock:
            # Other processes may have added to the file.
            self._ratios = {**_read(self._path), **self._ratios, key: ratio}
            if self._path is not None:
                _write(self._path, self._ratios)


def _read(path: Path | None) -> dict[str, float]:
    """What a file says; a damaged one says nothing, and is written anew."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
        ratios: dict[str, Any] = content.get("ratios", {})
        return {str(key): float(ratio) for key, ratio in ratios.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _write(path: Path, ratios: dict[str, float]) -> None:
    content = {"machine": machine(), "ratios": ratios}
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError):  # it is measured again then
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
        temporary.replace(path)


def machine() -> dict[str, Any]:
    """What results hold for: the processor, and versions of what runs on it."""
    found: dict[str, Any] = {"processor": processor_name(), "cores": os.cpu_count()}
    found["instructions"] = f"{status().processor}, {status().vectors}"
    for name in ("tidefall", "jaxlib", "onednn-cpu-gomp"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


_choices: Choices | None = None
_choices_lock = threading.Lock()


def choices() -> Choices:
    """What was measured on this machine, read when it is first asked for."""
    global _choices
    with _choices_lock:
        if _choices is None:
            folder = cache_folder()
            digest = hashlib.sha256(json.dumps(machine()).encode()).hexdigest()[:12]
            _choices = Choices(Path(folder) / f"kernels-{digest}.json" if folder else None)
        return _choices


def is_anything_pending() -> bool:
    """Whether something is to be measured; a process without kernels reads nothing to know."""
    return _choices is not None and bool(_choices.pending)


def key_of(kernel: str, inputs: Sequence[Any], outputs: Sequence[Output]) -> str:
    """The name of a kernel and of a class of shapes: large sizes count as the next power of two.

    >>> import numpy as np
    >>> key_of("softmax", [np.zeros((30, 1000), np.float32)], [((30, 1000), np.float32)])
    'softmax float32[32,1024] -> float32[32,1024]'
    """
    given = " ".join(_class(a.shape, a.dtype) for a in inputs)
    return f"{kernel} {given} -> {' '.join(_class(*output) for output in outputs)}"


def _class(shape: Ints, dtype: Any) -> str:
    sizes = ",".join(str(n if n <= _EXACT else 2 ** round(math.log2(n))) for n in shape)
    return f"{getattr(dtype, 'name', None) or dtype.__name__}[{sizes}]"
