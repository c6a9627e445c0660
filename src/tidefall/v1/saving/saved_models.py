"""`tf.compat.v1.saved_model`: SavedModels written from a session, and loaded into one."""

from __future__ import annotations

import os
import shutil
from typing import Any

from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export, export_value
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.composite.variables.saveable import Saveable
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.io.file_systems.file_system import makedirs
from tidefall.op import raw
from tidefall.ops.array.identity import group
from tidefall.saving.saved_model import constants as names
from tidefall.saving.saved_model.reader import asset_path, choose_meta_graph, read_saved_model
from tidefall.v1.graphs.graph_keys import GraphKeys, get_collection, global_variables
from tidefall.v1.saving.meta_graph import load_meta_graph, make_meta_graph, write_message
from tidefall.v1.saving.meta_graph_files import saver_of
from tidefall.v1.saving.savers import Saver

for _name in (
    "ASSETS_DIRECTORY", "ASSETS_KEY", "LEGACY_INIT_OP_KEY", "MAIN_OP_KEY",
    "SAVED_MODEL_FILENAME_PB", "SAVED_MODEL_FILENAME_PBTXT", "SAVED_MODEL_SCHEMA_VERSION",
    "VARIABLES_DIRECTORY", "VARIABLES_FILENAME",
):  # fmt: skip
    export_value(getattr(names, _name), f"compat.v1.saved_model.constants.{_name}")
for _name in ("SERVING", "TRAINING", "GPU", "TPU"):
    export_value(getattr(names, _name), f"compat.v1.saved_model.tag_constants.{_name}")
for _name in (
    "CLASSIFY_INPUTS", "CLASSIFY_METHOD_NAME", "CLASSIFY_OUTPUT_CLASSES",
    "CLASSIFY_OUTPUT_SCORES", "DEFAULT_SERVING_SIGNATURE_DEF_KEY", "PREDICT_INPUTS",
    "PREDICT_METHOD_NAME", "PREDICT_OUTPUTS", "REGRESS_INPUTS", "REGRESS_METHOD_NAME",
    "REGRESS_OUTPUTS",
):  # fmt: skip
    export_value(getattr(names, _name), f"compat.v1.saved_model.signature_constants.{_name}")
export_value(names.LEGACY_INIT_OP_KEY, "compat.v1.saved_model.LEGACY_INIT_OP_KEY")
export_value(names.MAIN_OP_KEY, "compat.v1.saved_model.MAIN_OP_KEY")


# ---- signatures ----


@export("compat.v1.saved_model.build_tensor_info", "compat.v1.saved_model.utils.build_tensor_info")
def build_tensor_info(tensor: Any) -> Any:
    """The TensorInfo message of a tensor.

    Args:
        tensor: a tensor of a graph, dense or sparse.
    """
    from tidefall.proto import TensorInfo

    dtype = as_dtype(tensor.dtype).base_dtype.as_datatype_enum
    info = TensorInfo(dtype=dtype, tensor_shape=tensor.shape.as_proto())
    if isinstance(tensor, SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


@export(
    "compat.v1.saved_model.get_tensor_from_tensor_info",
    "compat.v1.saved_model.utils.get_tensor_from_tensor_info",
)
def get_tensor_from_tensor_info(
    tensor_info: Any, graph: Any = None, import_scope: str | None = None
) -> Any:
    """The tensor that a TensorInfo names.

    Args:
        tensor_info: the message.
        graph: the graph; the default one if None.
        import_scope: name scope in front of the names.
    """
    graph = graph or get_default_graph()
    prefix = f"{import_scope}/" if import_scope else ""

    def find(name: str) -> Any:
        return graph.get_tensor_by_name(prefix + name)

    kind = tensor_info.WhichOneof("encoding")
    if kind == "name":
        return find(tensor_info.name)
    if kind == "coo_sparse":
        sparse = tensor_info.coo_sparse
        return SparseTensor(
            find(sparse.indices_tensor_name),
            find(sparse.values_tensor_name),
            find(sparse.dense_shape_tensor_name),
        )
    raise ValueError(f"Invalid TensorInfo.encoding: {kind}. Expected `name` or `coo_sparse`.")


@export(
    "compat.v1.saved_model.build_signature_def",
    "compat.v1.saved_model.signature_def_utils.build_signature_def",
)
def build_signature_def(
    inputs: Any = None, outputs: Any = None, method_name: str | None = None, defaults: Any = None
) -> Any:
    """A SignatureDef message.

    Args:
        inputs, outputs: TensorInfos by name.
        method_name: what the signature is for, such as `PREDICT_METHOD_NAME`.
        defaults: TensorProtos for inputs that may be left out.
    """
    from tidefall.proto import SignatureDef

    signature = SignatureDef(method_name=method_name or "")
    for given, field in ((inputs, signature.inputs), (outputs, signature.outputs)):
        for key, info in (given or {}).items():
            field[key].CopyFrom(info)
    for key, value in (defaults or {}).items():
        signature.defaults[key].CopyFrom(value)
    return signature


def _infos(tensors: Any) -> dict[str, Any]:
    return {key: build_tensor_info(tensor) for key, tensor in tensors.items()}


@export(
    "compat.v1.saved_model.predict_signature_def",
    "compat.v1.saved_model.signature_def_utils.predict_signature_def",
)
def predict_signature_def(inputs: Any, outputs: Any) -> Any:
    """A signature for prediction.

    Args:
        inputs, outputs: tensors by name.

    Raises:
        ValueError: if one of them is empty.
    """
    if not inputs:
        raise ValueError("Prediction `inputs` cannot be None or empty.")
    if not outputs:
        raise ValueError("Prediction `outputs` cannot be None or empty.")
    return build_signature_def(_infos(inputs), _infos(outputs), names.PREDICT_METHOD_NAME)


@export(
    "compat.v1.saved_model.regression_signature_def",
    "compat.v1.saved_model.signature_def_utils.regression_signature_def",
)
def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """A signature from serialised Examples to numbers."""
    return build_signature_def(
        _infos({names.REGRESS_INPUTS: examples}),
        _infos({names.REGRESS_OUTPUTS: predictions}),
        names.REGRESS_METHOD_NAME,
    )


@export(
    "compat.v1.saved_model.classification_signature_def",
    "compat.v1.saved_model.signature_def_utils.classification_signature_def",
)
def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """A signature from serialised Examples to classes and scores.

    Raises:
        ValueError: if there are neither classes nor scores.
    """
    if classes is None and scores is None:
        raise ValueError("Classification `classes` and `scores` cannot both be None.")
    found = {names.CLASSIFY_OUTPUT_CLASSES: classes, names.CLASSIFY_OUTPUT_SCORES: scores}
    outputs = {key: tensor for key, tensor in found.items() if tensor is not None}
    return build_signature_def(
        _infos({names.CLASSIFY_INPUTS: examples}), _infos(outputs), names.CLASSIFY_METHOD_NAME
    )


@export(
    "compat.v1.saved_model.is_valid_signature",
    "compat.v1.saved_model.signature_def_utils.is_valid_signature",
)
def is_valid_signature(signature_def: Any) -> bool:
    """Whether a SignatureDef can be served by TensorFlow Serving."""
    methods = (names.PREDICT_METHOD_NAME, names.REGRESS_METHOD_NAME, names.CLASSIFY_METHOD_NAME)
    if signature_def is None or signature_def.method_name not in methods:
        return False
    return bool(signature_def.inputs) and bool(signature_def.outputs)


# ---- writing ----


@export("compat.v1.saved_model.Builder", "compat.v1.saved_model.builder.SavedModelBuilder")
class SavedModelBuilder:
    """Writes a SavedModel of the graph and the variables of a session.

    Args:
        export_dir: the folder, which must not be there.

    Raises:
        AssertionError: if it is there and not empty.
    """

    def __init__(self, export_dir: Any):
        from tidefall.proto import SavedModel

        self._folder = os.fspath(export_dir)
        if os.path.exists(self._folder) and os.listdir(self._folder):
            raise AssertionError(
                f"Export directory {self._folder} already exists, and isn't empty. Please choose a "
                "different export directory, or delete all the contents of the specified directory."
            )
        makedirs(self._folder)
        self._message = SavedModel(saved_model_schema_version=names.SAVED_MODEL_SCHEMA_VERSION)
        self._has_variables = False

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Any,
        signature_def_map: Any = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
        train_op: Any = None,
        assets_list: Any = None,
    ) -> None:
        """Add the graph of a session, and write its variables.

        Args:
            sess: the session.
            tags: what the graph is for, such as `[tag_constants.SERVING]`.
            signature_def_map: SignatureDefs by name.
            assets_collection, assets_list: tensors with the paths of files that go along.
            legacy_init_op, main_op: a node that prepares the model when it is loaded.
            clear_devices: leave out where nodes run.
            strip_default_attrs: leave out attributes that equal their default.
            saver: the saver to use.
            train_op: a node that trains.

        Raises:
            AssertionError: if there is a graph already.
        """
        if self._has_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke "
                "`add_meta_graph()` instead."
            )
        with sess.graph.as_default():
            assets, start = assets_collection or assets_list, main_op or legacy_init_op
            saver = self._add(
                signature_def_map, tags, assets, start, clear_devices, strip_default_attrs, saver,
                train_op,
            )  # fmt: skip
        folder = os.path.join(self._folder, names.VARIABLES_DIRECTORY)
        makedirs(folder)
        prefix = os.path.join(folder, names.VARIABLES_FILENAME)
        saver.save(sess, prefix, write_meta_graph=False, write_state=False)
        self._has_variables = True

    def add_meta_graph(
        self,
        tags: Any,
        signature_def_map: Any = None,
        assets_collection: Any = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
        train_op: Any = None,
        assets_list: Any = None,
    ) -> None:
        """Add the default graph, which shares the variables written before.

        Raises:
            AssertionError: if no variables were written.
        """
        if not self._has_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke "
                "`add_meta_graph_and_variables()` first."
            )
        self._add(
            signature_def_map, tags, assets_collection or assets_list, main_op or legacy_init_op,
            clear_devices, strip_default_attrs, saver, train_op,
        )  # fmt: skip

    def _add(
        self,
        signatures: Any,
        tags: Any,
        assets: Any,
        main_op: Any,
        clear_devices: bool,
        strip: bool,
        saver: Any,
        train_op: Any,
    ) -> Saver:
        graph = get_default_graph()
        files = self._copy_assets(assets)
        if main_op is not None:
            graph.get_collection_ref(names.MAIN_OP_KEY)[:] = [main_op]
        saver = saver or Saver(list(_saveable()), sharded=True, allow_empty=True)
        meta = make_meta_graph(graph, saver.saver_def, None, clear_devices, strip, tags=tags)
        for key, signature in (signatures or {}).items():
            meta.signature_def[key].CopyFrom(signature)
        if train_op is not None:
            self._add_op(meta, names.TRAIN_OP_SIGNATURE_KEY, train_op)
        for tensor, name in files:
            meta.asset_file_def.add(filename=name).tensor_info.name = tensor.name
            entry = meta.asset_file_def[-1]
            holder = meta.collection_def[names.ASSETS_KEY].any_list.value.add()
            holder.Pack(entry)
        self._message.meta_graphs.add().CopyFrom(meta)
        return saver

    @staticmethod
    def _add_op(meta: Any, key: str, node: Any) -> None:
        info = meta.signature_def[key].outputs[key]
        info.name = node.name

    def _copy_assets(self, assets: Any) -> list[tuple[Any, str]]:
        """Copy the files along; pairs of the tensor with the path and the name of the copy."""
        found = []
        for tensor in assets or ():
            path = os.fsdecode(tensor.op.attrs["value"][()])
            folder = os.path.join(self._folder, names.ASSETS_DIRECTORY)
            makedirs(folder)
            name = os.path.basename(path)
            shutil.copyfile(path, os.path.join(folder, name))
            found.append((tensor, name))
        return found

    def save(self, as_text: bool = False) -> bytes:
        """Write the file of the SavedModel; returns its path.

        Args:
            as_text: write the text form.
        """
        name = names.SAVED_MODEL_FILENAME_PBTXT if as_text else names.SAVED_MODEL_FILENAME_PB
        path = os.path.join(self._folder, name)
        write_message(self._message, path, as_text)
        return path.encode()


def _saveable() -> list[Any]:
    tables = get_collection(GraphKeys.SAVEABLE_OBJECTS)
    return global_variables() + [table for table in tables if isinstance(table, Saveable)]


@export("compat.v1.saved_model.simple_save")
def simple_save(
    session: Any, export_dir: Any, inputs: Any, outputs: Any, legacy_init_op: Any = None
) -> None:
    """Write a SavedModel for prediction.

    Args:
        session: the session with the variables.
        export_dir: the folder.
        inputs, outputs: tensors by name.
        legacy_init_op: a node that prepares the model when it is loaded.
    """
    signature = predict_signature_def(inputs, outputs)
    builder = SavedModelBuilder(export_dir)
    with session.graph.as_default():
        found = get_collection(GraphKeys.ASSET_FILEPATHS)
    builder.add_meta_graph_and_variables(
        session,
        [names.SERVING],
        {names.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
        assets_collection=found,
        main_op=legacy_init_op,
        clear_devices=True,
    )
    builder.save()


# ---- loading ----


@export("compat.v1.saved_model.load", "compat.v1.saved_model.loader.load")
def load(
    sess: Any, tags: Any, export_dir: Any, import_scope: str | None = None, **saver_kwargs: Any
) -> Any:
    """Load a SavedModel into a session: its graph, its variables, and what its init op fills.

    Args:
        sess: the session, whose graph gets the nodes.
        tags: the tags of the graph to load.
        export_dir: the folder.
        import_scope: name scope to put the nodes in.
        **saver_kwargs: `clear_devices`, `input_map` and `return_elements`, as for
            `tf.compat.v1.train.import_meta_graph`.

    Returns:
        The MetaGraphDef; its `signature_def` names the tensors.

    Raises:
        OSError: if there is no SavedModel.
        RuntimeError: if it has no graph with these tags.
    """
    folder = os.fspath(export_dir)
    try:
        meta = choose_meta_graph(read_saved_model(folder), folder, set(tags))
    except ValueError as error:
        raise RuntimeError(str(error)) from None
    with sess.graph.as_default():
        load_meta_graph(meta, import_scope=import_scope, **saver_kwargs)
        saver = saver_of(meta, import_scope)
        variables = os.path.join(folder, names.VARIABLES_DIRECTORY)
        if saver is not None and os.path.isdir(variables):
            saver.restore(sess, os.path.join(variables, names.VARIABLES_FILENAME))
        feeds = _asset_feeds(meta, folder, import_scope)
        node = _init_node(meta, sess.graph, import_scope)
        if node is not None:
            sess.run(node, feeds)
    return meta


def _asset_feeds(meta: Any, folder: str, scope: str | None) -> dict[str, str]:
    from tidefall.proto import AssetFileDef

    prefix = f"{scope}/" if scope else ""
    entries = list(meta.asset_file_def)
    if not entries and names.ASSETS_KEY in meta.collection_def:
        values = meta.collection_def[names.ASSETS_KEY].any_list.value
        entries = [AssetFileDef.FromString(v.value) for v in values]
    return {prefix + e.tensor_info.name: asset_path(folder, e.filename) for e in entries}


def _init_node(meta: Any, graph: Any, scope: str | None) -> Any:
    prefix = f"{scope}/" if scope else ""
    if names.INIT_OP_SIGNATURE_KEY in meta.signature_def:
        outputs = meta.signature_def[names.INIT_OP_SIGNATURE_KEY].outputs
        return graph.as_graph_element(prefix + next(iter(outputs.values())).name)
    for key in (names.MAIN_OP_KEY, names.LEGACY_INIT_OP_KEY):
        found = graph.get_collection(key)
        if found:
            return found[0]
    return None


@export("compat.v1.saved_model.main_op.main_op")
def main_op() -> Any:
    """A node that initialises all variables and tables."""
    from tidefall.v1.graphs.graph_keys import (
        global_variables_initializer,
        local_variables_initializer,
        tables_initializer,
    )

    return group(
        global_variables_initializer(), local_variables_initializer(), tables_initializer()
    )


@export(
    "compat.v1.saved_model.main_op_with_restore",
    "compat.v1.saved_model.main_op.main_op_with_restore",
)
def main_op_with_restore(restore_op_name: str) -> Any:
    """A node that initialises everything and then restores the variables.

    Args:
        restore_op_name: name of the node that restores them.
    """
    with get_default_graph().control_dependencies([main_op()]):
        restore = get_default_graph().get_operation_by_name(restore_op_name)
        return group(restore, raw.NoOp())
