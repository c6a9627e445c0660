"""SavedModels as servables."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.serving.models.contract import contract_for
from tidefall.serving.models.data_schema import Demand, read_schema
from tidefall.serving.models.servable import Arrays, Servable, Signature, TensorInfo
from tidefall.serving.models.versions import LITE_FILE, MODEL_FILES
from tidefall.serving.models.warmup import REQUESTS_FILE

DEFAULT_TAGS = ("serve",)


class SavedModelServable:
    """A SavedModel loaded from its directory.

    Args:
        path: the directory with `saved_model.pb` in it.
        trust_aot: whether to run programs that were compiled ahead of time and stored beside the
            model; None asks the environment variable TIDEFALL_TRUST_AOT.
        tags: those of the graph to load, where there are several.
        checks_methods: whether requests of another kind than a signature's method are refused.

    Raises:
        OpError: the directory holds no SavedModel, or a damaged one, or a data schema that
            contradicts it.
    """

    def __init__(
        self,
        path: Path,
        trust_aot: bool | None = None,
        tags: Collection[str] = DEFAULT_TAGS,
        checks_methods: bool = False,
    ) -> None:
        # Loading the API here lets a server listen, and a client import, without it.
        import tidefall as tf
        from tidefall.saving.saved_model.ahead_of_time import prepared_programs

        options = tf.saved_model.LoadOptions()
        options.experimental_trust_aot = trust_aot
        options.experimental_map_variables = False  # Whoever cuts a file short must not end us.
        graph = _find_graph(path, tags)
        definitions = dict(graph.signature_def)
        found = list(graph.meta_info_def.tags)
        del graph  # It may be as large as the model.
        self._model: Any = tf.saved_model.load(str(path), found, options)
        functions = self._model.signatures
        prepared_programs(functions)
        compiled = _prepare_plans(functions)
        schema = read_schema(path)
        self._signatures = {
            name: replace(
                _signature(tf, name, definition, functions, schema),
                checks_method=checks_methods,
                compiles=name in compiled,
            )
            for name, definition in sorted(definitions.items())
        }

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The model's functions by signature name."""
        return self._signatures

    def close(self) -> None:
        """Frees the model's variables, and lets go of it.

        Its graph may stay in memory: where a later version uses its compiled programs, and where it
        was loaded before jax was (`compile_in_background`).
        """
        functions = self._model.signatures.values() if self._model is not None else ()
        for variable in {id(v): v for f in functions for v in f.variables}.values():
            variable.handle.storage.value = None
        self._signatures = {}
        self._model = None


def _prepare_plans(functions: Mapping[str, Any]) -> set[str]:
    """Does what the first call would, as far as it needs no inputs.

    Returns:
        the names of those that may be compiled for shapes they are often given.
    """
    from tidefall.runtime.policy.tiers import TieredExecutable

    compiled: set[str] = set()
    for name, function in functions.items():
        plan = function.graph_function.executable(shared=True)
        if isinstance(plan, TieredExecutable):
            plan.prepare()
            if plan.is_compilable():
                compiled.add(name)
    return compiled


def load_saved_model(path: Path, trust_aot: bool | None = None) -> Servable:
    """Loads the model in a version directory: a SavedModel, or a TensorFlow Lite model."""
    return _load_lite(path) or SavedModelServable(path, trust_aot)


def _load_lite(path: Path) -> Servable | None:
    """The TensorFlow Lite model in a directory without a SavedModel."""
    if not (path / LITE_FILE).is_file() or any((path / name).exists() for name in MODEL_FILES):
        return None
    # By name, since this folder is below the one of TensorFlow Lite.
    return importlib.import_module("tidefall.lite.servable").LiteServable(path)


class ServerLoader:
    """Loads SavedModels for a process that does nothing but serve them.

    The garbage collector stops all threads while it looks at the objects there are. Those of the
    libraries are by far the most, 65 ms of work for 120,000 of them, and stay to the end: they are
    taken out of its sight before the first model is loaded, and 4 ms are left.

    Args:
        trust_aot: see `SavedModelServable`, also for the others.
        tags: of the graph to load.
        checks_methods: whether a signature's method is enforced.
    """

    def __init__(
        self,
        trust_aot: bool | None = None,
        tags: Collection[str] = DEFAULT_TAGS,
        checks_methods: bool = False,
    ) -> None:
        self._options: tuple[Any, ...] = (trust_aot, tags, checks_methods)
        self._lock = threading.Lock()
        self._ready = False

    def __call__(self, path: Path) -> Servable:
        """Loads the model in a version directory."""
        lite = _load_lite(path)
        if lite is not None:
            return lite
        with self._lock:
            if not self._ready:
                self._import_libraries(path)
                gc.collect()
                gc.freeze()
                self._ready = True
        return SavedModelServable(path, *self._options)

    @staticmethod
    def _import_libraries(path: Path) -> None:

        if (path / REQUESTS_FILE).is_file():  # It will be compiled.
            from tidefall.runtime.xla.jax_bridge import load_jax

            load_jax()


def read_signature_defs(path: Path) -> dict[str, Any]:
    """The `SignatureDef` messages of the graph that a SavedModel means for serving, by name.

    Raises:
        NotFoundError: there is no SavedModel, or it has no graph tagged "serve".
        DataLossError: the file is damaged.
    """
    return dict(_find_graph(path, DEFAULT_TAGS).signature_def)


def _find_graph(path: Path, tags: Collection[str]) -> Any:
    """The graph that has these tags, and others only where it is the one that has them all."""
    graphs = _read_saved_model(path).meta_graphs
    found = [graph for graph in graphs if set(graph.meta_info_def.tags) == set(tags)]
    found = found or [graph for graph in graphs if set(graph.meta_info_def.tags) >= set(tags)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(tag) for tag in sorted(tags))
    there = [sorted(graph.meta_info_def.tags) for graph in graphs]
    how_many = "several graphs" if found else "no graph"
    message = f"the SavedModel in {path} has {how_many} tagged {names}; its tags: {there}"
    raise errors.NotFoundError(None, None, message)


def _read_saved_model(path: Path) -> Any:
    from google.protobuf import message, text_format

    from tidefall.proto import SavedModel
    from tidefall.proto.registry import pool

    binary, text = (path / name for name in MODEL_FILES)
    try:
        if binary.exists():
            return SavedModel.FromString(binary.read_bytes())
        return text_format.Parse(text.read_text(), SavedModel(), descriptor_pool=pool())
    except FileNotFoundError:
        found = f"{path} holds neither {' nor '.join(MODEL_FILES)}"
        raise errors.NotFoundError(None, None, found) from None
    except (message.DecodeError, text_format.ParseError, UnicodeDecodeError) as error:
        raise errors.DataLossError(None, None, f"damaged SavedModel in {path}: {error}") from None


def _signature(
    tf: Any,
    name: str,
    definition: Any,
    functions: Mapping[str, Any],
    schema: Mapping[str, Demand] | None,
) -> Signature:
    inputs, outputs = _infos(definition.inputs), _infos(definition.outputs)
    if name in functions:
        run = _runner(tf, functions[name], {key: info.dtype for key, info in inputs.items()})
    else:
        run = _not_callable(name)
    contract = contract_for(schema, inputs) if schema is not None and inputs else None
    defaults = {key: _default(name, key, value) for key, value in definition.defaults.items()}
    return Signature(
        inputs, outputs, run, definition.method_name, contract=contract, defaults=defaults
    )


def _default(signature: str, name: str, tensor: Any) -> np.ndarray:
    from tidefall.proto.tensors import tensor_proto_to_array

    try:
        return tensor_proto_to_array(tensor)
    except (TypeError, ValueError) as error:
        message = f"signature {signature!r}: the default of input {name!r} is malformed: {error}"
        raise errors.DataLossError(None, None, message) from None


def _runner(
    tf: Any, function: Callable[..., Any], dtypes: Mapping[str, str]
) -> Callable[[Arrays], Arrays]:
    def run(arrays: Arrays) -> dict[str, np.ndarray]:
        tensors = {name: tf.constant(array, dtypes[name]) for name, array in arrays.items()}
        return {name: value.numpy() for name, value in function(**tensors).items()}

    return run


def _not_callable(name: str) -> Callable[[Arrays], Arrays]:
    def run(arrays: Arrays) -> Arrays:
        message = f"signature {name!r} initializes the model; it cannot be called"
        raise errors.FailedPreconditionError(None, None, message)

    return run


def _infos(tensors: Mapping[str, Any]) -> dict[str, TensorInfo]:
    return {name: _info(tensors[name]) for name in sorted(tensors)}


def _info(tensor: Any) -> TensorInfo:
    from tidefall.base import dtypes

    shape = tensor.tensor_shape
    sizes = tuple(None if dim.size < 0 else dim.size for dim in shape.dim)
    return TensorInfo(
        # Operations that initialize a model stand among the outputs, with no type.
        dtype=dtypes.as_dtype(tensor.dtype).name if tensor.dtype else "invalid",
        shape=None if shape.unknown_rank else sizes,
        name=tensor.name,
    )
