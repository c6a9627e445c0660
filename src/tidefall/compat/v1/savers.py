"""`tf.compat.v1.train.Saver`: checkpoints by the names of variables."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidefall.compat.v1.graph_keys import GraphKeys, get_collection, global_variables
from tidefall.compat.v1.meta_graph import export_meta_graph
from tidefall.compat.v1.state_ops import name_scope, placeholder_with_default
from tidefall.core.errors import NotFoundError, UnimplementedError
from tidefall.core.exports import export
from tidefall.core.op import find_op
from tidefall.core.state import state
from tidefall.graph.default_graph import get_default_graph
from tidefall.graph.variables import RefVariable
from tidefall.ops.identity import group
from tidefall.saving.bundle import open_checkpoint
from tidefall.saving.checkpoint_manager import delete_checkpoint
from tidefall.saving.checkpoint_state import (
    checkpoint_exists,
    write_checkpoint_state,
)

V1, V2 = 1, 2


def named_variables(var_list: Any) -> dict[str, Any]:
    """Variables by the names they are saved under."""
    if isinstance(var_list, Mapping):
        return {name: var_list[name] for name in sorted(var_list)}
    found: dict[str, Any] = {}
    for variable in var_list:
        name = _saved_name(variable)
        if name in found:
            raise ValueError(f"At least two variables have the same name: {name}")
        found[name] = variable
    return {name: found[name] for name in sorted(found)}


def _saved_name(variable: Any) -> str:
    specs = getattr(variable, "specs", None)
    if specs is None:
        return variable._shared_name
    if len(specs) != 1:
        raise UnimplementedError(
            None, None, f"Saving {variable!r}, which has {len(specs)} tensors, is not implemented."
        )
    return specs[0].name


def _saved_tensor(variable: Any) -> Any:
    if isinstance(variable, RefVariable):
        return variable._ref()
    specs = getattr(variable, "specs", None)
    return variable._as_graph_element() if specs is None else specs[0].tensor


def _saved_dtype(variable: Any) -> Any:
    specs = getattr(variable, "specs", None)
    return variable.dtype.base_dtype if specs is None else specs[0].dtype


@export("compat.v1.train.Saver")
class Saver:
    """Saves variables to checkpoints and restores them.

    Args:
        var_list: the variables and other saveable objects, or a dict of them by the names to use in
            the files; all global ones by default.
        reshape: restore values of other shapes, reshaped.
        sharded: accepted; one file holds all.
        max_to_keep: how many checkpoints stay; 0 or None for all.
        keep_checkpoint_every_n_hours: keep one for good after each such time.
        name: name scope of the nodes.
        restore_sequentially: accepted.
        saver_def: take the nodes of a graph that a SaverDef names instead of making some.
        builder: not implemented.
        defer_build: make the nodes only when `build` is called.
        allow_empty: accept that there is nothing to save.
        write_version: must be `SaverDef.V2`.
        pad_step_number: write steps with leading zeros.
        save_relative_paths: make the paths in the state file relative to its folder.
        filename: name of the file where none is given.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tf.Graph().as_default(), v1.Session() as session:
    ...     v = v1.get_variable("v", initializer=[1.0, 2.0])
    ...     saver = v1.train.Saver()
    ...     session.run(v.initializer)
    ...     path = saver.save(session, os.path.join(tempfile.mkdtemp(), "model"), global_step=3)
    ...     v.load([0.0, 0.0], session)
    ...     saver.restore(session, path)
    ...     print(os.path.basename(path), session.run(v))
    model-3 [1. 2.]
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ):
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set "
                "defer_build=False or var_list=None."
            )
        if builder is not None:
            raise UnimplementedError(None, None, "Saver(builder=...) is not implemented.")
        self._var_list, self._reshape = var_list, reshape
        self._max_to_keep = max_to_keep or 0
        self._keep_every = keep_checkpoint_every_n_hours
        self._name = name
        self._allow_empty = allow_empty
        self._pad = pad_step_number
        self._relative_paths = save_relative_paths
        self._filename = filename
        self._write_version = write_version
        self._next_kept = time.time() + keep_checkpoint_every_n_hours * 3600
        self._kept: list[tuple[str, float]] = []
        self.saver_def = saver_def
        self._is_empty = False
        self._variables: dict[str, Any] = {}
        if state.graph is None:
            if var_list is None:
                raise RuntimeError(
                    "When eager execution is enabled, `var_list` must specify a list or dict of "
                    "variables to save"
                )
            self._variables = named_variables(var_list)
        elif saver_def is not None:
            self._take_settings()
        elif not defer_build:
            self.build()

    def _take_settings(self) -> None:
        self._max_to_keep = self.saver_def.max_to_keep
        if self.saver_def.keep_checkpoint_every_n_hours:
            self._keep_every = self.saver_def.keep_checkpoint_every_n_hours

    # ---- nodes ----

    def build(self) -> None:
        """Make the nodes, of the variables there are now."""
        if state.graph is None:
            raise RuntimeError("Use save/restore instead of build in eager mode.")
        if self._var_list is None:
            self._var_list = global_variables() + get_collection(GraphKeys.SAVEABLE_OBJECTS)
        self._variables = named_variables(self._var_list)
        if not self._variables:
            if not self._allow_empty:
                raise ValueError("No variables to save")
            self._is_empty = True
            return
        from tidefall.proto import SaverDef

        with name_scope(self._name, "save", []), get_default_graph().control_dependencies(None):
            filename = self._filename_node()
            save = self._save_node(filename)
            restore = self._restore_node(filename)
        self.saver_def = SaverDef(
            filename_tensor_name=filename.name,
            save_tensor_name=save.name,
            restore_op_name=restore.name,
            max_to_keep=self._max_to_keep,
            keep_checkpoint_every_n_hours=self._keep_every,
            version=SaverDef.V2,
        )

    def _filename_node(self) -> Any:
        given = placeholder_with_default(self._filename or "model", shape=(), name="filename")
        return placeholder_with_default(given, shape=(), name="Const")

    def _save_node(self, filename: Any) -> Any:
        tensors = [_saved_tensor(v) for v in self._variables.values()]
        names = list(self._variables)
        slices = [_slice_text(v) for v in self._variables.values()]
        done = find_op("SaveV2")(filename, names, slices, tensors)
        with get_default_graph().control_dependencies([done]):
            return find_op("Identity")(filename, name="control_dependency")

    def _restore_node(self, filename: Any) -> Any:
        variables = list(self._variables.values())
        values = find_op("RestoreV2")(
            filename,
            list(self._variables),
            [_slice_text(v) for v in variables],
            dtypes=[_saved_dtype(v) for v in variables],
        )
        return group(
            *[self._assign(v, t) for v, t in zip(variables, values, strict=True)],
            name="restore_all",
        )

    def _assign(self, variable: Any, value: Any) -> Any:
        if hasattr(variable, "specs"):
            return variable.restore([value], None)
        if self._reshape:
            value = find_op("Reshape")(value, variable.shape.as_list())
        if isinstance(variable, RefVariable):
            validate = not self._reshape and variable.shape.is_fully_defined()
            return find_op("Assign")(variable._ref(), value, validate_shape=validate).op
        value = find_op("Identity")(value)
        if not variable.shape.is_compatible_with(value.shape):
            raise ValueError(f"The shape of {variable.name} does not fit {value.shape}.")
        dtype = variable.dtype.base_dtype
        return find_op("AssignVariableOp")(
            variable.handle, value, dtype=dtype, validate_shape=variable.shape.is_fully_defined()
        )

    # ---- saving ----

    @property
    def last_checkpoints(self) -> list[str]:
        """Paths of the checkpoints that are kept, oldest first."""
        return [path for path, _ in self._kept]

    def set_last_checkpoints(self, last_checkpoints: Any) -> None:
        """Say which checkpoints are kept, as if this object had written them now."""
        self.set_last_checkpoints_with_time([(path, np.inf) for path in last_checkpoints])

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: Any) -> None:
        """Say which checkpoints are kept, and when they were written."""
        self._kept = list(last_checkpoints_with_time)

    def recover_last_checkpoints(self, checkpoint_paths: Any) -> None:
        """Take over the checkpoints among `checkpoint_paths` that are there."""
        there = [path for path in checkpoint_paths if checkpoint_exists(path)]
        self._kept = [(path, os.path.getmtime(f"{path}.index")) for path in there]

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Write a checkpoint.

        Args:
            sess: the session; None in eager code.
            save_path: what the names of the files begin with.
            global_step: a number or a variable to put behind it.
            latest_filename: name of the state file; "checkpoint" by default.
            meta_graph_suffix: ending of the file with the graph.
            write_meta_graph: also write the graph.
            write_state: also write the state file.
            strip_default_attrs: leave out attributes that equal their default.
            save_debug_info: accepted.

        Returns:
            What the names of the files begin with; None if there is nothing to save.

        Raises:
            ValueError: if the folder is not there.
            RuntimeError: before `build` was called.
        """
        prefix = os.fspath(save_path)
        if latest_filename and os.path.dirname(latest_filename):
            raise ValueError("'latest_filename' must not contain path components")
        folder = os.path.dirname(prefix) or "."
        if not os.path.isdir(folder):
            raise ValueError(f"Parent directory of {prefix} doesn't exist, can't save.")
        if global_step is not None:
            step = _step_number(sess, global_step)
            prefix = f"{prefix}-{step:08d}" if self._pad else f"{prefix}-{step}"
        if self._is_empty:
            return None
        self._write(sess, prefix)
        if write_state:
            self._keep(prefix)
            write_checkpoint_state(
                folder,
                prefix,
                self.last_checkpoints,
                latest_filename=latest_filename,
                relative=self._relative_paths,
            )
        if write_meta_graph and state_graph(sess) is not None:
            self.export_meta_graph(
                f"{prefix}.{meta_graph_suffix}",
                strip_default_attrs=strip_default_attrs,
                graph=state_graph(sess),
            )
        return prefix

    def _write(self, sess: Any, prefix: str) -> None:
        if sess is None or (state.graph is None and not hasattr(sess, "run")):
            names = list(self._variables)
            values = [v.value() for v in self._variables.values()]
            find_op("SaveV2")(prefix, names, [""] * len(names), values)
            return
        definition = self._definition()
        sess.run(definition.save_tensor_name, {definition.filename_tensor_name: prefix})

    def _definition(self) -> Any:
        if self.saver_def is None:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        return self.saver_def

    def _keep(self, prefix: str) -> None:
        """Note a checkpoint, and delete the ones that are too many."""
        self._kept = [entry for entry in self._kept if entry[0] != prefix]
        self._kept.append((prefix, time.time()))
        while self._max_to_keep and len(self._kept) > self._max_to_keep:
            path, when = self._kept.pop(0)
            if when > self._next_kept:
                self._next_kept += self._keep_every * 3600
                continue
            if checkpoint_exists(path):
                delete_checkpoint(path)
            if os.path.exists(f"{path}.meta"):
                os.unlink(f"{path}.meta")

    # ---- restoring ----

    def restore(self, sess: Any, save_path: Any) -> None:
        """Restore the variables from a checkpoint; they need not be initialised before.

        Args:
            sess: the session; None in eager code.
            save_path: what the names of the files begin with.

        Raises:
            ValueError: if there is no such checkpoint.
            NotFoundError: if it lacks a variable.
            InvalidArgumentError: if a variable has another shape or dtype there.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        prefix = os.fspath(save_path)
        if not checkpoint_exists(prefix):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {prefix}")
        if sess is None or not hasattr(sess, "run"):
            self._restore_eagerly(prefix)
            return
        definition = self._definition()
        try:
            sess.run(definition.restore_op_name, {definition.filename_tensor_name: prefix})
        except NotFoundError as error:
            keys = keys_of_objects(prefix)
            if keys is None:
                raise error.restated(
                    "Restoring from checkpoint failed. This is most likely due to a Variable name "
                    "or other graph key that is missing from the checkpoint. Please ensure that "
                    "you have not altered the graph expected based on the checkpoint. Original "
                    f"error:\n\n{error.message}"
                ) from error
            self._restore_by_objects(sess, prefix, keys, error)

    def _restore_by_objects(
        self, sess: Any, prefix: str, keys: dict[str, str], error: NotFoundError
    ) -> None:
        """Restore from a checkpoint of `tf.train.Checkpoint`, by the variables' old names."""
        missing = [name for name in self._variables if name not in keys]
        if missing or not self._variables:
            raise error
        reader = open_checkpoint(prefix)
        try:
            for name, variable in self._variables.items():
                variable.load(reader.read(keys[name]), sess)
        finally:
            reader.close()

    def _restore_eagerly(self, prefix: str) -> None:
        variables = list(self._variables.items())
        names = [name for name, _ in variables]
        keys = keys_of_objects(prefix) or {}
        if all(name in keys for name in names):
            names = [keys[name] for name in names]
        dtypes = [v.dtype for _, v in variables]
        values = find_op("RestoreV2")(prefix, names, [""] * len(names), dtypes=dtypes)
        for (_, variable), value in zip(variables, values, strict=True):
            variable.assign(value)

    # ---- messages ----

    def as_saver_def(self) -> Any:
        """The SaverDef message that stands for this object."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaverDef message that stands for this object.

        Args:
            export_scope: leave this name scope out of the names.
        """
        message = type(self._definition())()
        message.CopyFrom(self._definition())
        if export_scope is not None:
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                name = getattr(message, field)
                setattr(message, field, name.removeprefix(f"{export_scope}/"))
        return message

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """The saver of a SaverDef, whose nodes are in the graph.

        Args:
            saver_def: the message.
            import_scope: name scope of the nodes.
        """
        message = type(saver_def)()
        message.CopyFrom(saver_def)
        if import_scope:
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                setattr(message, field, f"{import_scope}/{getattr(message, field)}")
        return Saver(saver_def=message, name=import_scope)

    def export_meta_graph(
        self,
        filename: str | None = None,
        collection_list: Any = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
        graph: Any = None,
    ) -> Any:
        """The graph, its collections and this saver as a MetaGraphDef, also written to a file."""
        return export_meta_graph(
            filename,
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            strip_default_attrs=strip_default_attrs,
            graph=graph,
        )


def _slice_text(variable: Any) -> str:
    info = getattr(variable, "_save_slice_info", None)
    return info.spec if info is not None else ""


def _step_number(sess: Any, step: Any) -> int:
    if isinstance(step, (int, np.integer)):
        return int(step)
    if sess is not None and hasattr(sess, "run"):
        return int(sess.run(step))
    return int(step)


def state_graph(sess: Any) -> Any:
    """The graph that a session runs; None in eager code."""
    return getattr(sess, "graph", None)


def keys_of_objects(prefix: str) -> dict[str, str] | None:
    """Keys in a checkpoint of `tf.train.Checkpoint` by the names its variables had; else None."""
    from tidefall.proto import TrackableObjectGraph

    reader = open_checkpoint(prefix)
    try:
        data = reader.read("_CHECKPOINTABLE_OBJECT_GRAPH")
    except NotFoundError:
        return None
    finally:
        reader.close()
    graph = TrackableObjectGraph.FromString(np.asarray(data)[()])
    return {
        attribute.full_name: attribute.checkpoint_key
        for node in graph.nodes
        for attribute in node.attributes
        if attribute.full_name
    }
