"""`tf.saved_model.save`."""

from __future__ import annotations

import os
import shutil
from typing import Any

from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.base.state import exporting_scope, state
from tidefall.composite.trackable.trackable import Trackable
from tidefall.function.concrete import ConcreteFunction
from tidefall.graph.analysis import reachable
from tidefall.graph.codec.graph_def import Library, graph_to_proto
from tidefall.graph.replay import with_gradients
from tidefall.saving.checkpoint import object_graph as objects
from tidefall.saving.saved_model import constants as names
from tidefall.saving.saved_model.debug_info import debug_info_of, write_debug_info
from tidefall.saving.saved_model.exported_objects import ExportedObjects
from tidefall.saving.saved_model.fingerprint import fingerprint_of
from tidefall.saving.saved_model.folders import written_at_once
from tidefall.saving.saved_model.main_graph import MainGraph
from tidefall.saving.saved_model.options import SaveOptions
from tidefall.saving.saved_model.signatures import SignatureMap, prepare_signatures

TENSORFLOW_VERSION = "2.21.0"
"""The version whose formats are written."""


@export("saved_model.save")
def save(
    obj: Any, export_dir: Any, signatures: Any = None, options: SaveOptions | None = None
) -> None:
    """Save an object, its variables and its functions as a SavedModel.

    TensorFlow, TensorFlow Serving and `tf.saved_model.load` can use the result. The directory is
    written beside its place and then put there in one step.

    Args:
        obj: a `tf.Module` or another trackable object.
        export_dir: the directory to write.
        signatures: the function to serve, or a dict of such functions by name: `tf.function`s with
            an input signature, or concrete functions. By default the only function of `obj` that
            has an input signature.
        options: a `tf.saved_model.SaveOptions`.

    Raises:
        ValueError: if `obj` is not trackable, or a function cannot be a signature.
        AssertionError: inside a `tf.function`; or if a function uses a variable that is not part of
            `obj`.

    >>> import tempfile
    >>> import tidefall as tf
    >>> class Scale(tf.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = tf.Variable(2.0)
    ...     @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    ...     def __call__(self, x):
    ...         return self.factor * x
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tf.saved_model.save(Scale(), folder + "/scale")
    ...     loaded = tf.saved_model.load(folder + "/scale")
    ...     loaded([1.0, 3.0]).numpy()
    array([2., 6.], dtype=float32)
    """
    if not isinstance(obj, Trackable):
        raise ValueError(
            "Expected an object of type `Trackable`, such as `tf.Module` or a subclass of the "
            f"`Trackable` class, for export. Got {obj} with type {type(obj)}."
        )
    if state.graph is not None and state.graph.building_function:
        raise AssertionError(
            "`tf.saved_model.save` is not supported inside a traced @tf.function. Move the call to "
            "the outer eagerly-executed context."
        )
    options = SaveOptions() if options is None else options
    with (
        written_at_once(os.fspath(export_dir)) as folder,
        exporting_scope(_has_divided_variables(obj)),
    ):
        _Export(obj, signatures, options).write(folder)


def _has_divided_variables(obj: Trackable) -> bool:
    """Whether variables in parts, which a file has as one, belong to an object."""
    return any(hasattr(node, "exported_variable") for node in objects.ObjectGraph(obj).nodes)


class _Export:
    """One SavedModel being written."""

    def __init__(self, obj: Any, signatures: Any, options: SaveOptions):
        from tidefall.proto import SavedModel

        self.options = options
        self.proto = SavedModel(saved_model_schema_version=names.SAVED_MODEL_SCHEMA_VERSION)
        self.meta = self.proto.meta_graphs.add()
        self.main = MainGraph()
        keep = options.experimental_custom_gradients
        self.library = Library(with_gradients if keep else reachable, keep, count_loops=True)
        self.signatures: SignatureMap = prepare_signatures(obj, signatures)
        self.exported = ExportedObjects(obj, self.signatures, self.main, self.library, options)

    def write(self, folder: str) -> None:
        """Write everything into an empty folder."""
        gradients = self.exported.add_gradients()
        self.exported.write(self.meta.object_graph_def)
        graph_proto, values = objects.serialize(self.exported.graph)
        variables = os.path.join(folder, names.VARIABLES_DIRECTORY)
        os.makedirs(variables)
        prefix = os.path.join(variables, names.VARIABLES_FILENAME)
        objects.write_values(prefix, graph_proto, values)
        for key, function in self.signatures.items():
            self._add_signature(key, function)
        self._add_init_op()
        if not self.options.experimental_skip_saver:
            keys = self.exported.variable_keys(graph_proto)
            tables = self.exported.table_values(graph_proto)
            saver = self.main.add_saver(keys, tables, graph_proto.SerializeToString())
            self.meta.saver_def.CopyFrom(saver)
        self._write_assets(folder)
        self._fill_info()
        self.meta.graph_def.CopyFrom(graph_to_proto(self.main.graph, self.library))
        for name, op_type in gradients:
            self.meta.graph_def.library.registered_gradients.add(
                gradient_func=name, registered_op_type=op_type
            )
        if self.options.save_debug_info:
            write_debug_info(folder, debug_info_of(self.library.graphs()))
        serialized = self.proto.SerializeToString(deterministic=True)
        fingerprint = fingerprint_of(self.meta, serialized, folder).SerializeToString()
        for name, content in (
            (names.FINGERPRINT_FILENAME, fingerprint),
            (names.SAVED_MODEL_FILENAME_PB, serialized),
        ):
            with open(os.path.join(folder, name), "xb") as file:
                file.write(content)

    def _add_signature(self, key: str, function: ConcreteFunction) -> None:
        captured = [self.main.find(t) for t in self.exported.captures(function)]
        definition = self.main.add_signature(key, function, captured)
        self.meta.signature_def[key].CopyFrom(definition)

    def _add_init_op(self) -> None:
        node = self.main.add_init_op(self.exported.initializers)
        self.meta.collection_def[names.MAIN_OP_KEY].node_list.value.append(node.name)
        info = self.meta.signature_def[names.INIT_OP_SIGNATURE_KEY]
        output = info.outputs[names.INIT_OP_SIGNATURE_KEY]
        output.name = node.name
        output.tensor_shape.unknown_rank = True

    def _write_assets(self, folder: str) -> None:
        target = os.path.join(folder, names.ASSETS_DIRECTORY)
        os.makedirs(target)
        for name, source, tensor in self.exported.assets:
            entry = self.meta.asset_file_def.add(filename=name)
            entry.tensor_info.name = tensor.name
            try:
                if not os.path.exists(os.path.join(target, name)):
                    shutil.copyfile(source, os.path.join(target, name))
            except FileNotFoundError:
                raise NotFoundError(
                    None, None, f"The asset {source} of the model is not there."
                ) from None

    def _fill_info(self) -> None:
        info = self.meta.meta_info_def
        info.tags.extend(dict.fromkeys([names.SERVING, *(self.options.extra_tags or ())]))
        info.tensorflow_version = TENSORFLOW_VERSION
        info.stripped_default_attrs = True
        for alias, function in self.options.function_aliases.items():
            if isinstance(function, (list, tuple)):
                raise TypeError(
                    f"Unsupported type {type(function)}. Functions in `function_aliases` should be "
                    "created by tf.function, or concrete functions."
                )
            for name in self.exported.names_of(function):
                info.function_aliases[name] = alias
