"""How the programs are run, and how their results are written down.

Run as a program, `python -m tests.oracle.replicas.harness tidefall eager host xla`, it prints what
came of every program in every mode, as JSON: tensors as lists, errors as class and message.
"""

from __future__ import annotations

import faulthandler
import functools
import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

SECONDS = 120
"""What one program may take; then the process ends, with the stacks of all threads."""
FAMILIES = ("communication", "inputs", "updates", "variables")
MODES = ("eager", "function")

_programs: dict[str, tuple[Callable[[Run], Any], int, Sequence[str]]] = {}


def program(
    replicas: int = 2, modes: Sequence[str] = MODES, name: str | None = None
) -> Callable[[Callable[[Run], Any]], Callable[[Run], Any]]:
    """Add a program to those of this file.

    Args:
        replicas: how many replicas it runs on.
        modes: whether it runs eagerly, in a tf.function, or both.
        name: the program's name; by default the function's.
    """

    def add(function: Callable[[Run], Any]) -> Callable[[Run], Any]:
        family = function.__module__.rpartition(".")[2]
        key = f"{family}.{name or function.__name__}"
        if key in _programs:
            raise ValueError(f"two programs are called {key}")
        _programs[key] = function, replicas, modes
        return function

    return add


def programs() -> dict[str, Sequence[str]]:
    """The modes of each program, by name."""
    _load()
    return {name: modes for name, (_, _, modes) in _programs.items()}


@functools.cache
def _load() -> None:
    for family in FAMILIES:
        importlib.import_module(f"tests.oracle.replicas.{family}")


class Run:
    """What a program is given.

    Attributes:
        tf: TensorFlow, or Tidefall.
        strategy: a MirroredStrategy.
        graph: whether functions are to be traced.
    """

    def __init__(self, tf: Any, replicas: int, graph: bool):
        self.tf = tf
        self.graph = graph
        self.strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(replicas)])

    def function(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself, or a tf.function of it."""
        return self.tf.function(fn) if self.graph else fn

    def each(self, fn: Callable[[int], Any]) -> Any:
        """A value for each replica, of its number."""
        return self.strategy.experimental_distribute_values_from_function(
            lambda context: fn(context.replica_id_in_sync_group)
        )

    def numbers(self, start: float = 1.0) -> Any:
        """1.0 for the first replica, 2.0 for the second, ..."""
        return self.each(lambda i: self.tf.constant(start + i))

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        """What the replicas return."""
        return self.function(lambda *args: self.strategy.run(fn, args))(*args)

    def context(self) -> Any:
        """The replica context."""
        return self.tf.distribute.get_replica_context()

    def variable(self, value: Any, **options: Any) -> Any:
        """A variable made under the strategy."""
        with self.strategy.scope():
            return self.tf.Variable(value, **options)

    def attempt(self, fn: Callable[[], Any]) -> Any:
        """What a function returns, or what it raises."""
        try:
            return plain(fn())
        except Exception as error:  # noqa: BLE001 - what is raised is the answer
            return failure(error)


def failure(error: Exception) -> dict[str, str]:
    """An error as JSON."""
    return {"error": type(error).__name__, "message": str(error)}


def plain(value: Any) -> Any:
    """A result as JSON."""
    if getattr(value, "values", None) is not None and isinstance(value.values, tuple):
        return {"replicas": [plain(v) for v in value.values]}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "dense_shape") and hasattr(value, "indices"):
        return {"values": plain(value.values), "indices": plain(value.indices)}
    if hasattr(value, "to_list"):
        return {"ragged": value.to_list()}
    array = value.numpy() if hasattr(value, "numpy") else value
    if getattr(value, "dtype", None) is not None and value.dtype.name in ("bfloat16", "float16"):
        return {"dtype": value.dtype.name, "value": array.astype("float32").tolist()}
    name = "string" if array.dtype.kind in "OS" else array.dtype.name
    data = array.tolist()
    if name == "string":
        data = json.loads(json.dumps(data, default=bytes.decode))
    return {"dtype": name, "value": data}


def results(tf: Any, modes: Sequence[str], wanted: str = "") -> dict[str, dict[str, Any]]:
    """What comes of the programs whose names hold a text, by program and mode.

    Args:
        tf: TensorFlow, or Tidefall.
        modes: "eager" and "function", or for Tidefall also the tiers "host" and "xla".
        wanted: the text; all of a name for one program.
    """
    _load()
    found: dict[str, dict[str, Any]] = {}
    for name, (function, replicas, own) in _programs.items():
        if wanted != name and (wanted in _programs or wanted not in name):
            continue
        found[name] = {}
        for mode in modes:
            graph = mode != "eager"
            if ("function" if graph else "eager") not in own:
                continue
            if mode in ("host", "xla"):
                tf.config.experimental.set_execution_tier(mode)
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            tf.random.set_seed(1)
            run = Run(tf, replicas, graph)
            found[name][mode] = run.attempt(functools.partial(function, run))
            faulthandler.cancel_dump_traceback_later()
    return found


def apart(module: str, name: str, mode: str) -> Any:
    """What comes of one program in a process of its own: TensorFlow numbers its collectives anew
    for each strategy, and mixes up those of several."""
    return in_child(lambda: results(start(module), [mode], name)[name][mode])


def in_child(work: Callable[[], Any]) -> Any:
    """What a function returns in a fork of this process; it is passed on as JSON."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            json.dump(work(), out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as result:
        found = json.load(result)
    os.waitpid(child, 0)
    return found


def start(module: str) -> Any:
    """The module, with four CPUs."""
    tf = importlib.import_module(module)
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 4)
    return tf


def printed(value: Any) -> str:
    """What `print` writes of a value."""
    out = io.StringIO()
    print(value, file=out)
    return out.getvalue()


def main() -> None:
    from tests.oracle.replicas import harness  # the module that the programs know

    wanted, module, *modes = sys.argv[1:]
    tf = harness.start(module)
    json.dump(harness.results(tf, modes, wanted), sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
