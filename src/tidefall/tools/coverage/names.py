"""What is known of each public name: whether it is there, its parameters, what verifies it."""

from __future__ import annotations

import gzip
import importlib
import inspect
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tidefall._index import EXPORTS
from tidefall.base.dtypes import DType
from tidefall.surface import is_public, resolve
from tidefall.tools.coverage.signatures import methods, parameters
from tidefall.tools.coverage.usage import recorded_paths, records_package


@dataclass(frozen=True)
class Name:
    """One public name of TensorFlow's, such as "math.add", as it is here.

    Attributes:
        path: the name under `tf`.
        present: it can be had.
        same_signature: its parameters, and those of its methods, are TensorFlow's.
        verified: values recorded from TensorFlow are compared with its own, under this name or
            another name of the same object.
        differentiated: so are its gradients.
        example: its docstring has an example; if it has none of its own (a number, a tuple, a class
            of NumPy's), the docstring of the module that makes it public has.
    """

    path: str
    present: bool = False
    same_signature: bool = False
    verified: bool = False
    differentiated: bool = False
    example: bool = False


@cache
def recorded() -> dict[str, Any]:
    """TensorFlow's public names: kind, parameters, methods; not those of Keras and `compat.v1`."""
    path = Path(__file__).with_name("api.json.gz")
    return json.loads(gzip.decompress(path.read_bytes()))["names"]


def look_up(path: str) -> Any:
    """The object that a public name stands for."""
    namespace, _, last = path.rpartition(".")
    return resolve(namespace, last)


def inspect_names() -> list[Name]:
    """Every public name of TensorFlow's, in order.

    Raises:
        NotFoundError: outside a copy of the repository, where the records are.
    """
    used = recorded_paths()
    compared, differentiated = (_objects(paths) for paths in used)
    found = []
    for path, facts in sorted(recorded().items()):
        if not is_public(path):
            found.append(Name(path))
            continue
        value = look_up(path)
        found.append(
            Name(
                path,
                present=True,
                same_signature=_has_signature(value, facts),
                verified=path in used[0] or id(value) in compared,
                differentiated=path in used[1] or id(value) in differentiated,
                example=_has_example(path, value),
            )
        )
    return found


def _has_example(path: str, value: Any) -> bool:
    if ">>>" in (inspect.getdoc(value) or ""):
        return True
    documented = inspect.isclass(value) or inspect.isroutine(value)
    if documented and value.__module__.startswith("tidefall"):
        return False
    text = importlib.import_module(EXPORTS[path]).__doc__ or ""
    examples = "\n".join(line for line in text.splitlines() if line.startswith((">>>", "...")))
    return bool(re.search(rf"\.{re.escape(path.rpartition('.')[2])}\b", examples))


def _has_signature(value: Any, facts: dict[str, Any]) -> bool:
    if facts["kind"] == "function":
        return facts["params"] in (None, parameters(value))
    if facts["kind"] == "class":
        ours = methods(value) if inspect.isclass(value) else {}
        return all(
            ours.get(method) == wanted or (wanted[-1:] == ["**kwargs"] and method in ours)
            for method, wanted in facts["methods"].items()
        )
    return True


def _objects(paths: set[str]) -> set[int]:
    """Identities of the objects that names stand for, so that an alias counts as well."""
    values = [look_up(path) for path in paths if is_public(path) and path in recorded()]
    return {id(value) for value in values if callable(value) or isinstance(value, DType)}


def op_facts() -> dict[str, Any]:
    """What the recordings say of ops: lists `differentiable` and `not_differentiable`."""
    folder = Path(records_package().__path__[0]).parent
    return json.loads((folder / "op_facts.json").read_text(encoding="utf-8"))
