"""`import keras` on Tidefall: what Keras imports as `tensorflow` is Tidefall, from whoever imports
Keras, once tidefall was imported first.

Only Keras is answered. Its modules get an `__import__` of their own as they are loaded, so that
`sys.modules` and everybody else's `import tensorflow` stay as they were: without TensorFlow that is
a ModuleNotFoundError, and where it is installed, TensorFlow. `tidefall.compat.tensorflow.enable`
answers the name for the whole process.
"""

from __future__ import annotations

import builtins
import copy
import functools
import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ANSWERED = (
    "keras",
    "keras_tuner",
    "tf_keras",
    "tensorboard.plugins.hparams",
    "jax.experimental.jax2tf",
)
"""Packages whose `tensorflow` is Tidefall. Through jax2tf goes Keras's `JaxLayer`."""

_IN_GRAPH = "keras.src.utils.backend_utils"
"""The module of Keras that looks for TensorFlow in `sys.modules`, where Keras's own is not."""

_WITHOUT_JAX = "keras.src.callbacks.orbax_checkpoint"
"""The module of Keras that imports jax only to mend versions older than those we take."""

_BACKEND = "keras.src.backend.tensorflow."
"""Modules of Keras that `tidefall.compat.keras_completions` knows are among these."""


def install() -> None:
    """Answer what Keras imports as `tensorflow` from now on.

    Keras stays with TensorFlow itself where that was imported before; a warning says so.
    """
    real = real_tensorflow()
    if real is not None:
        warnings.warn(
            "TensorFlow itself was imported before tidefall in this process "
            f"({getattr(real, '__file__', None)}), so that Keras runs on TensorFlow and does not "
            "take Tidefall's tensors. Import tidefall first for Keras on Tidefall.",
            RuntimeWarning,
            stacklevel=4,  # whoever imports tidefall
        )
        return
    if "keras" not in sys.modules:
        # What an `import keras` that failed for want of TensorFlow left behind.
        for name in [name for name in sys.modules if name.startswith("keras.")]:
            del sys.modules[name]
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]


def real_tensorflow() -> ModuleType | None:
    """TensorFlow itself, if this process has imported it."""
    present = sys.modules.get("tensorflow")
    return None if present is None or getattr(present, "_tidefall", False) else present


class _Finder:
    """Finds Keras's modules as all others are found, and has them run with our `__import__`."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not any(name == package or name.startswith(f"{package}.") for package in ANSWERED):
            return None
        for finder in sys.meta_path:
            spec = None if finder is _Finder else finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _with_our_import(spec.loader)
                return spec
        return None


def _with_our_import(loader: Any) -> Any:
    """The same loader, but that the module it runs imports by our `__import__`."""
    ours = copy.copy(loader)  # a finder may give one loader to many modules, as pytest's does

    def exec_module(module: ModuleType) -> None:
        if module.__name__ == "keras":
            _warn_of_both()
        module.__dict__["__builtins__"] = {**vars(builtins), **_FORWARDED, "__import__": _import}
        loader.exec_module(module)
        if module.__name__ == _IN_GRAPH:
            _sees_graphs(module)
        elif module.__name__.startswith(_BACKEND):
            _complete(module)

    ours.exec_module = exec_module
    return ours


def _forward(name: str) -> Any:
    """A function of `builtins` that is looked up when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(builtins, name)(*args, **kwargs)

    return functools.update_wrapper(call, getattr(builtins, name))


_FORWARDED = {name: _forward(name) for name in ("input", "open", "print")}
"""What tests replace in `builtins`: modules with builtins of their own are to see it."""


def _warn_of_both() -> None:
    real = real_tensorflow()
    if real is not None:
        warnings.warn(
            "Keras runs on Tidefall, which this process imported before TensorFlow itself "
            f"({getattr(real, '__file__', None)}), and does not take TensorFlow's tensors.",
            RuntimeWarning,
            stacklevel=3,
        )


def _sees_graphs(module: Any) -> None:
    asked = module.in_tf_graph

    def in_tf_graph() -> bool:
        from tidefall.base.state import executing_eagerly

        return asked() or not executing_eagerly()

    module.in_tf_graph = in_tf_graph


def _complete(module: ModuleType) -> None:
    # By name, since this module is below all the folders and must not be made to depend on one.
    completions = importlib.import_module("tidefall.compat.keras_completions").COMPLETIONS
    complete = completions.get(module.__name__)
    if complete is not None:
        complete(module)


def _import(
    name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
) -> Any:
    """`__import__` in Keras's modules."""
    if level == 0:
        if _is_tensorflow(name):
            return _import_tensorflow(name, bool(fromlist))
        if name == "importlib" and not fromlist:
            return _importlib
        if name == "jax" or name.startswith("jax."):
            if globals and globals.get("__name__") == _WITHOUT_JAX:
                raise ImportError("jax is imported when something is compiled", name="jax")
            # By name, as below. It sets jax up, which is done where jax is imported first.
            importlib.import_module("tidefall.runtime.xla.jax_bridge").load_jax()
    return builtins.__import__(name, globals, locals, fromlist, level)


def _is_tensorflow(name: str) -> bool:
    return name == "tensorflow" or name.startswith("tensorflow.")


def _import_tensorflow(name: str, itself: bool) -> ModuleType:
    # By name, as above.
    module = importlib.import_module("tidefall.compat.tensorflow").module
    found = module(name)
    return found if itself else module("tensorflow")


class _Importlib(ModuleType):
    """`importlib` in Keras's modules."""

    @staticmethod
    def import_module(name: str, package: str | None = None) -> ModuleType:
        if _is_tensorflow(name):
            return _import_tensorflow(name, True)
        if name == "tf2onnx":  # it would import TensorFlow itself
            name = "tidefall.compat.tf2onnx"
        return importlib.import_module(name, package)

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib, name)


_importlib = _Importlib("importlib", importlib.__doc__)
