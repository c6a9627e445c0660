"""`.tflite` files as servables: what `tidefall serve` loads a version folder with one by."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lite.interpreter.engine import Engine
from tidefall.lite.interpreter.signature_runner import SignatureRunner
from tidefall.serving.models.servable import DEFAULT_SIGNATURE, Arrays, Signature, TensorInfo
from tidefall.serving.models.versions import LITE_FILE


class LiteServable:
    """A TensorFlow Lite model loaded from its version directory.

    Requests that run at the same time have interpreters of their own, which share the file's
    constants. A model without signatures is served under the names of its tensors.

    Args:
        path: the directory with `model.tflite` in it.

    Raises:
        OpError: the file is damaged, no model, or has operators that cannot be run.
    """

    def __init__(self, path: Path) -> None:
        self._file = str(path / LITE_FILE)
        # Not mapped: whoever cuts the file short must not end us.
        self._content = (path / LITE_FILE).read_bytes()
        self._lock = threading.Lock()
        self._free: list[Engine] = [self._open()]
        engine = self._free[0]
        self._signatures = {
            name: self._signature(engine, name) for name in sorted(engine.signatures)
        }

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The model's functions by signature name."""
        return self._signatures

    def close(self) -> None:
        """Lets go of the model."""
        with self._lock:
            self._free.clear()
        self._signatures = {}

    def _signature(self, engine: Engine, name: str) -> Signature:
        runner = SignatureRunner(engine, name)
        subgraph = engine.signatures[name]["subgraph"]

        def run(arrays: Arrays) -> Arrays:
            mine = self._take()
            try:
                return SignatureRunner(mine, name)(**arrays)
            except (RuntimeError, ValueError) as error:
                if isinstance(error, errors.OpError):
                    raise
                raise errors.InvalidArgumentError(None, None, str(error)) from error
            finally:
                self._give_back(mine)

        return Signature(
            _infos(runner.get_input_details(), engine, subgraph),
            _infos(runner.get_output_details(), engine, subgraph),
            run,
        )

    def _open(self) -> Engine:
        engine = Engine(self._file, self._content)
        if not engine.signatures:
            details = engine.graph(0)
            names = {
                part: {details.tensors[number].name: number for number in numbers}
                for part, numbers in (("inputs", details.inputs), ("outputs", details.outputs))
            }
            engine.signatures[DEFAULT_SIGNATURE] = {**names, "subgraph": 0}
        return engine

    def _take(self) -> Engine:
        with self._lock:
            if self._free:
                return self._free.pop()
        return self._open()

    def _give_back(self, engine: Engine) -> None:
        with self._lock:
            self._free.append(engine)


def _infos(
    details: Mapping[str, dict[str, Any]], engine: Engine, subgraph: int
) -> dict[str, TensorInfo]:
    found = {}
    for name, detail in details.items():
        kind = engine.info(subgraph, detail["index"]).type
        shape = tuple(None if each == -1 else int(each) for each in detail["shape_signature"])
        found[name] = TensorInfo(kind.name.lower(), shape, detail["name"])
    return found
