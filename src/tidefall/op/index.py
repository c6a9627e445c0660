"""Which module declares which op, so that it is imported when the op is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Collection

_modules: dict[str, str] = {}


def load_index(ops: dict[str, str]) -> None:
    """Learn the modules of ops, by name of the op."""
    _modules.update(ops)


def indexed_names() -> Collection[str]:
    """Names of all the ops that some module declares when imported."""
    return _modules.keys()


def import_op(name: str) -> None:
    """Import the module that declares an op, if there is one."""
    module = _modules.get(name)
    if module is not None:
        importlib.import_module(module)
