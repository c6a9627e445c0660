"""Functions of users: by module file, or by the path of a function."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

from tidefall.lifecycle.pipelines.failures import invalid, missing

_lock = threading.RLock()
_PREFIX = "user_module_"


def user_function(parameters: dict[str, Any], name: str) -> Any:
    """Return the function `name` of `module_file`, or the one that the parameter `name` says.

    Raises:
        NotFoundError: no such file.
        InvalidArgumentError: neither is given, or the module has no such function.
    """
    path, dotted = parameters.get("module_file"), parameters.get(name)
    if bool(path) == bool(dotted):
        raise invalid(f"give one of module_file and {name}, got module_file={path!r}, {dotted!r}")
    if dotted:
        module_name, _, name = str(dotted).rpartition(".")
        module = importlib.import_module(module_name)
    else:
        module = _module(os.path.abspath(str(path)))
    if not callable(getattr(module, name, None)):
        raise invalid(f"{path or dotted} has no function {name!r}")
    return getattr(module, name)


def optional_function(parameters: dict[str, Any], name: str) -> Any:
    """Return the function that the parameter `name` says, or `name` of `module_file`, or None.

    Raises:
        NotFoundError: no such file.
        InvalidArgumentError: the parameter names no function.
    """
    if parameters.get(name):
        return user_function({name: parameters[name]}, name)
    path = parameters.get("module_file")
    return getattr(_module(os.path.abspath(str(path))), name, None) if path else None


@contextlib.contextmanager
def sent_by_value(function: Any) -> Iterator[None]:
    """Let other processes get a function of a module file as it is: they cannot import that."""
    module = sys.modules[function.__module__]
    if not module.__name__.startswith(_PREFIX):
        yield
        return
    import cloudpickle

    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _module(path: str) -> Any:
    if not os.path.exists(path):
        raise missing(f"module_file {path}: there is no such file")
    with _lock:
        with open(path, "rb") as file:
            digest = hashlib.sha256(path.encode() + file.read()).hexdigest()[:16]
        name = f"{_PREFIX}{digest}"
        if name in sys.modules:
            return sys.modules[name]
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise invalid(f"module_file {path} is no Python file")
        module = importlib.util.module_from_spec(spec)
        folder = os.path.dirname(path)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module
