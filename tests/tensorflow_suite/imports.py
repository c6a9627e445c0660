"""The import hook: every module below `tensorflow` that TensorFlow's sources have can be imported.

A member is looked for, in this order, in `harness.py`, in what Tidefall answers to packages,
among the constants in the module's own source, and stood for by `stand_ins`. Modules of helpers
that TensorFlow's wheel leaves out (base classes of tests, combinations) are run from their source.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.abc
import importlib.machinery
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.tensorflow_suite.stand_ins import Importing, stand_in

HELPERS = re.compile(
    r"python\.framework\.(test_util|test_combinations|combinations)"
    r"|.*\.(kernel_tests|tests)\..*|.*(_test_util|\.test_util|test_base|_testbase|_test_lib|_testlib"
    r"|test_utils|_test_ops|_test|\.converter_testing)"
    r"|.*\.util\.protobuf\.compare|python\.ops\.gradient_checker(_v2)?"
    r"|python\.autograph\.utils\.testing|python\.data\.experimental\.ops\.testing"
    r"|python\.distribute\.(combinations|strategy_combinations|test_strategy|reduce_util)"
)
INNER = re.compile(r"tensorflow\.(python|core|compiler|tools|dtensor|lite|security)(\..*)?")


class Inner(ModuleType):
    """A module inside TensorFlow, whose members are found when asked for."""

    def __init__(self, name: str, finder: Finder):
        super().__init__(name, f"`{name}`, as far as it is answered.")
        self.__path__: list[str] = []
        self.__file__ = "<tests.tensorflow_suite>"
        self.__dict__["_finder"] = finder

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._finder.exported(self.__name__)
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._finder.member(self.__name__, name)
        self.__dict__[name] = value
        return value


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules inside TensorFlow.

    Args:
        tree: a folder that holds `tensorflow/python`.
        overrides: members by module, written for the tests' base classes; a function of a name, or
            a mapping.
        repairs: changes of helpers' sources by module: pairs of an old and a new text.
    """

    def __init__(self, tree: Path, overrides: dict[str, Any], repairs: dict[str, Any]):
        self._tree = tree
        self._overrides = overrides
        self._repairs = repairs

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        short = name.removeprefix("tensorflow.")
        if not INNER.fullmatch(name):
            return None
        # The sources have only `python`; another module's name is believed.
        if short.startswith("python.") and not (self.exists(short) or self._answered(short)):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: Any) -> ModuleType | None:
        short = spec.name.removeprefix("tensorflow.")
        if HELPERS.fullmatch(short) and self._file(short).exists():
            return None
        return Inner(spec.name, self)

    def exec_module(self, module: ModuleType) -> None:
        if isinstance(module, Inner):
            return
        short = module.__name__.removeprefix("tensorflow.")
        file = self._file(short)
        module.__file__ = str(file)
        text = file.read_text(encoding="utf-8")
        for old, new in self._repairs.get(short, ()):
            text = text.replace(old, new)
        with Importing():
            exec(compile(text, str(file), "exec"), module.__dict__)
        after = self._overrides.get(f"{short}:after")
        if after is not None:
            after(module)

    # ---- members ----

    def member(self, module: str, name: str) -> Any:
        """What `module.name` stands for."""
        short = module.removeprefix("tensorflow.")
        for find in (self._override, self._own, self._module, self._constant, self._generated):
            found = find(short, name)
            if found is not None:
                return found
        return stand_in(f"{module}.{name}")

    def _override(self, short: str, name: str) -> Any:
        members = self._overrides.get(short)
        return None if members is None else members.get(name)

    def _own(self, short: str, name: str) -> Any:
        from tidefall.compat.tensorflow import private

        below = f"{short}.{name}"
        if self.exists(below) or private.is_private(below):
            return None
        try:
            return private.private_member(short, name)
        except (AttributeError, ImportError):
            return None

    def _module(self, short: str, name: str) -> Any:
        if self.exists(f"{short}.{name}") or self._answered(f"{short}.{name}"):
            return importlib.import_module(f"tensorflow.{short}.{name}")
        return None

    def _constant(self, short: str, name: str) -> Any:
        return self._constants(short).get(name)

    def _generated(self, short: str, name: str) -> Any:
        """An op that a module of `python.ops` imports all of from a generated one."""
        from tidefall.compat.tensorflow.generated_ops import generated

        if not short.startswith("python.ops.") or name in self._defined(short):
            return None
        return generated(name)

    @functools.cache  # noqa: B019 - one finder lives as long as its process
    def _defined(self, short: str) -> frozenset[str]:
        file = self._file(short)
        body = ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else []
        kinds = (ast.FunctionDef, ast.ClassDef)
        return frozenset(node.name for node in body if isinstance(node, kinds))

    @functools.cache  # noqa: B019 - one finder lives as long as its process
    def _constants(self, short: str) -> dict[str, Any]:
        file = self._file(short)
        if not file.exists():
            return {}
        found = {}
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                try:
                    found[node.targets[0].id] = ast.literal_eval(node.value)
                except (ValueError, TypeError):
                    continue
        return found

    def exported(self, module: str) -> list[str]:
        """What `from module import *` gives."""
        return [
            name for name in self._constants(module.removeprefix("tensorflow.")) if name[0] != "_"
        ]

    # ---- sources ----

    def _file(self, short: str) -> Path:
        return self._tree / "tensorflow" / f"{short.replace('.', '/')}.py"

    def exists(self, short: str) -> bool:
        """Whether the sources have the module."""
        return self._file(short).exists() or self._file(short).with_suffix("").is_dir()

    @staticmethod
    def _answered(short: str) -> bool:
        from tidefall.compat.tensorflow import private

        last = short.rpartition(".")[2]
        made = last.endswith(("_pb2", "_pb2_grpc")) or re.match(r"_?pywrap|gen_.*_ops$", last)
        return bool(made) or private.is_private(short) or private.is_parent(short)


def install(tree: Path) -> None:
    """Answer `import tensorflow` and all below it, in this process.

    Args:
        tree: a folder that holds `tensorflow/python`.
    """
    from tests.tensorflow_suite import harness
    from tidefall.compat.tensorflow import enable

    enable()
    sys.meta_path.insert(0, Finder(tree, harness.overrides(tree), harness.REPAIRS))  # type: ignore[arg-type]
    import tensorflow as tf

    for name in ("python", "core", "compiler"):
        tf.__dict__[name] = importlib.import_module(f"tensorflow.{name}")
