"""Answer `import tensorflow` with Tidefall.

Code written for TensorFlow says `import tensorflow`. After `enable()` that name is answered by an
import hook with Tidefall's own objects, and so are the `tensorflow.python.*` modules that public
code imports. `tidefall run script.py` runs a script that way. Keras is
answered always, by `tidefall.keras_imports`, with the same modules.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import re
import sys
from collections.abc import Sequence
from types import FunctionType, ModuleType
from typing import Any

from tidefall import surface
from tidefall.compat.tensorflow.private import is_parent, is_private, private_member
from tidefall.compat.tensorflow.satellites import answered_by, is_satellite
from tidefall.keras_imports import real_tensorflow

VERSION = "2.21.0"


class Alias(ModuleType):
    """A module under the name `tensorflow` whose members are Tidefall's."""

    _tidefall = True

    def __init__(self, name: str):
        super().__init__(name, f"`{name}`, answered by Tidefall.")
        self.__dict__["_path"] = name.partition(".")[2]
        self.__path__: list[str] = []
        if self._path in ("", "compat.v1", "compat.v2"):
            self.__version__ = VERSION
            self.__git_version__ = f"v{VERSION}"
        if not self._path:
            self.__file__ = surface.__file__  # jax2tf leaves this folder out of stack traces

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__internal__", "__operators__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        value = self._find(name)
        self.__dict__[name] = value
        return value

    def _find(self, name: str) -> Any:
        path = self._path.removeprefix("compat.v2.").removeprefix("compat.v2")
        full = f"{path}.{name}" if path else name
        below = is_private(full) or is_parent(full)
        if is_private(path) and not below and not surface.is_public(full):
            return private_member(path, name)
        value = None if below else surface.resolve(self._path, name)
        if below or _is_namespace(value, full):
            return module(f"tensorflow.{full}")
        return _as_published(value)

    def __dir__(self) -> list[str]:
        return surface.members(self._path)

    def __reduce__(self) -> Any:
        return _again, (self.__name__, enabled())


def _is_namespace(value: Any, path: str) -> bool:
    """Whether a value is a public namespace, not Keras nor another module with a public name."""
    ours = isinstance(value, ModuleType) and value.__name__.startswith("tidefall.")
    return ours and bool(surface.members(path))


def _as_published(value: Any) -> Any:
    """A public function that looks to `inspect` as TensorFlow's do: without annotations.

    Packages compare the specifications of arguments: tensorflow-probability does.
    """
    if isinstance(value, FunctionType) and value.__annotations__:
        found = inspect.signature(value)
        bare = [p.replace(annotation=p.empty) for p in found.parameters.values()]
        value.__signature__ = inspect.Signature(bare)  # type: ignore[attr-defined]
        value.__annotations__ = {}
    return value


def _again(name: str, enabled: bool) -> ModuleType:
    """The module of that name, for what is unpickled, in another process as it was in this one."""
    if enabled:
        enable()
    return module(name)


_modules: dict[str, Alias] = {}


def module(name: str) -> Alias:
    """Return the one module that answers a name such as "tensorflow.math".

    Raises:
        ModuleNotFoundError: if Tidefall has nothing for it.
    """
    found = _modules.get(name)
    if found is None:
        below = name.partition(".")[2]
        if not _answers(below):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        found = _modules.setdefault(name, Alias(name))
    return found


def _answers(path: str) -> bool:
    inner = path.removeprefix("compat.v2.")
    return not path or surface.is_public(path) or is_private(inner) or is_parent(inner)


class _Finder:
    """The import hook: finds `tensorflow` and the modules below it, and its satellites."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        found = answered_by(name)
        if found is not None:
            return importlib.machinery.ModuleSpec(name, _OtherLoader(found), is_package=True)
        if name != "tensorflow" and not name.startswith("tensorflow."):
            return None
        below = name.partition(".")[2]
        inside = _INSIDE_KERAS.fullmatch(below)
        if inside is not None:
            return _keras_spec(name, inside["version"] == "compat.v1.", inside["module"])
        if not _answers(below):
            return None
        return importlib.machinery.ModuleSpec(name, _Loader(), is_package=True)


_INSIDE_KERAS = re.compile(r"(?P<version>compat\.v[12]\.)?keras(?P<module>(\..+)?)")


def _keras_spec(name: str, version_1: bool, module: str) -> Any:
    """`tensorflow.keras.layers` is the module of Keras, under one more name."""
    keras = surface.resolve("compat.v1" if version_1 else "", "keras").__name__
    found = keras + module
    if importlib.util.find_spec(found) is None:
        return None
    return importlib.machinery.ModuleSpec(name, _OtherLoader(found))


class _OtherLoader(importlib.abc.Loader):
    """Gives a module that is imported under its own name, and leaves it as it is."""

    def __init__(self, name: str):
        self._name = name
        self._spec: Any = None

    def create_module(self, spec: Any) -> ModuleType:
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Loader(importlib.abc.Loader):
    @staticmethod
    def create_module(spec: Any) -> ModuleType:
        return module(spec.name)

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Nothing to run: members are found when asked for."""


def enabled() -> bool:
    """Whether `import tensorflow` is answered by Tidefall."""
    return any(finder is _Finder for finder in sys.meta_path)


def enable() -> None:
    """Let `import tensorflow` mean Tidefall from now on, in this process.

    Raises:
        ImportError: if real TensorFlow has been imported already.
    """
    if enabled():
        return
    refuse_real_tensorflow()
    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]


def refuse_real_tensorflow() -> None:
    """Raise an ImportError if TensorFlow itself was imported in this process."""
    present = real_tensorflow()
    if present is not None:
        raise ImportError(
            "TensorFlow itself is already imported in this process "
            f"({getattr(present, '__file__', 'tensorflow')}), and the two cannot be mixed. Import "
            "tidefall first, or use a process without TensorFlow."
        )


def disable() -> None:
    """Undo `enable`; modules imported meanwhile stay as they are."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _Finder]
    for name in [n for n, m in sys.modules.items() if isinstance(m, Alias) or is_satellite(n)]:
        del sys.modules[name]
