"""`tf.compat.v1.train.Saver`: checkpoints by the names of variables."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from tidefall.base.errors import NotFoundError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.composite.variables.saveable import Saveable
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.op import raw
from tidefall.saving.checkpoint.bundle import open_checkpoint
from tidefall.saving.checkpoint.manager import delete_checkpoint
from tidefall.saving.checkpoint.state_file import (
    checkpoint_exists,
    checkpoint_time,
    write_checkpoint_state,
)
from tidefall.v1.graphs.graph_keys import GraphKeys, get_collection, global_variables
from tidefall.v1.saving.meta_graph import export_meta_graph
from tidefall.v1.saving.saveables import saveables_of
from tidefall.v1.saving.saver_files import keys_of_objects, meta_graph_path, write_eagerly
from tidefall.v1.saving.saver_nodes import (
    V1,
    V2,
    filename_node,
    restore_node,
    save_node,
    sharded_restore_node,
    sharded_save_node,
    shards_of,
)
from tidefall.v1.variables.state_ops import name_scope


@export("compat.v1.train.Saver")
class Saver:
    """Saves variables to checkpoints and restores them.

    Args:
        var_list: variables, partitioned ones, tables that change and other saveable objects, or a
            dict of them by the names to use in the files; all of the graph by default.
        reshape: restore values of other shapes, reshaped.
        sharded: write a file for the variables of each device.
        max_to_keep: how many checkpoints stay; 0 or None for all.
        keep_checkpoint_every_n_hours: keep one for good after each such time.
        name: name scope of the nodes.
        restore_sequentially: accepted.
        saver_def: take the nodes of a graph that a SaverDef names instead of making some.
        builder: not implemented.
        defer_build: make the nodes only when `build` is called.
        allow_empty: accept that there is nothing to save.
        write_version: `SaverDef.V2`, or `SaverDef.V1` for the format before it.
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
        if write_version not in (V1, V2):
            raise ValueError(f"write_version has to be SaverDef.V1 or V2, got {write_version!r}.")
        self._var_list, self._reshape = var_list, reshape
        self._sharded = sharded
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
        self._saveables: list[Saveable] = []
        if state.graph is None:
            if var_list is None:
                raise RuntimeError(
                    "When eager execution is enabled, `var_list` must specify a list or dict of "
                    "variables to save"
                )
            self._saveables = self._named()
        elif saver_def is not None:
            self._take_settings()
        elif not defer_build:
            self.build()

    def _take_settings(self) -> None:
        self._max_to_keep = self.saver_def.max_to_keep
        self._write_version = self.saver_def.version or V2
        if self.saver_def.keep_checkpoint_every_n_hours:
            self._keep_every = self.saver_def.keep_checkpoint_every_n_hours

    # ---- nodes ----

    def build(self) -> None:
        """Make the nodes, of the variables there are now."""
        if state.graph is None:
            raise RuntimeError("Use save/restore instead of build in eager mode.")
        if self._var_list is None:
            # Of imported graphs the collection holds the nodes of tables.
            tables = get_collection(GraphKeys.SAVEABLE_OBJECTS)
            self._var_list = global_variables() + [t for t in tables if isinstance(t, Saveable)]
        self._saveables = saveables_of(self._var_list)
        if not self._saveables:
            if not self._allow_empty:
                raise ValueError("No variables to save")
            self._is_empty = True
            return
        from tidefall.proto import SaverDef

        with name_scope(self._name, "save", []), get_default_graph().control_dependencies(None):
            filename = filename_node(self._filename)
            if self._sharded:
                shards = shards_of(self._saveables)
                save = sharded_save_node(filename, shards, self._write_version)
                restore = sharded_restore_node(filename, shards, self._reshape)
            else:
                save = save_node(filename, self._saveables, self._write_version)
                restore = restore_node(filename, self._saveables, self._reshape, "restore_all")
        self.saver_def = SaverDef(
            filename_tensor_name=filename.name,
            save_tensor_name=save.name,
            restore_op_name=restore.name,
            max_to_keep=self._max_to_keep,
            sharded=self._sharded,
            keep_checkpoint_every_n_hours=self._keep_every,
            version=self._write_version,
        )

    def _named(self) -> list[Saveable]:
        """What is saved, with the values that eager objects have now."""
        found = saveables_of(self._var_list)
        if not found and not self._allow_empty:
            raise ValueError("No variables to save")
        self._is_empty = not found
        return found

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
        self._kept = [(path, checkpoint_time(path) or 0.0) for path in there]

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
        if (
            global_step is None
            and not self._sharded
            and os.path.basename(prefix) == (latest_filename or "checkpoint")
        ):
            raise ValueError(
                f"'latest_filename' collides with 'save_path': '{latest_filename or 'checkpoint'}' "
                f"and '{prefix}'"
            )
        if global_step is not None:
            step = _step_number(sess, global_step)
            prefix = f"{prefix}-{step:08d}" if self._pad else f"{prefix}-{step}"
        if self._is_empty:
            return None
        saved = self._write(sess, prefix)
        if write_state:
            self._keep(saved)
            write_checkpoint_state(
                folder,
                saved,
                self.last_checkpoints,
                latest_filename=latest_filename,
                relative=self._relative_paths,
            )
        if write_meta_graph and state_graph(sess) is not None:
            self.export_meta_graph(
                meta_graph_path(saved, meta_graph_suffix),
                strip_default_attrs=strip_default_attrs,
                graph=state_graph(sess),
            )
        return saved

    def _write(self, sess: Any, prefix: str) -> str:
        """Write the files; what is to be restored from."""
        if sess is None or (state.graph is None and not hasattr(sess, "run")):
            return write_eagerly(prefix, self._named(), self._write_version, self._sharded)
        definition = self._definition()
        saved = sess.run(definition.save_tensor_name, {definition.filename_tensor_name: prefix})
        return os.fsdecode(saved)

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
            if os.path.exists(meta_graph_path(path)):
                os.unlink(meta_graph_path(path))

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
        found = {saveable.name: saveable for saveable in self._saveables}
        if not found or not all(
            name in keys and hasattr(saveable, "variable") for name, saveable in found.items()
        ):
            raise error
        reader = open_checkpoint(prefix)
        try:
            for name, saveable in found.items():
                saveable.variable.load(reader.read(keys[name]), sess)  # type: ignore[attr-defined]
        finally:
            reader.close()

    def _restore_eagerly(self, prefix: str) -> None:
        specs = [spec for saveable in self._saveables for spec in saveable.specs]
        names = [spec.name for spec in specs]
        keys = keys_of_objects(prefix) or {}
        if all(name in keys for name in names):
            names = [keys[name] for name in names]
        parts, dtypes = [spec.slice_spec for spec in specs], [spec.dtype for spec in specs]
        values = iter(raw.RestoreV2(prefix, names, parts, dtypes=dtypes))
        for saveable in self._saveables:
            shapes = [saveable.op.shape.as_list()] if self._reshape else None
            saveable.restore([next(values) for _ in saveable.specs], shapes)

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


def _step_number(sess: Any, step: Any) -> int:
    if isinstance(step, (int, np.integer)):
        return int(step)
    if sess is not None and hasattr(sess, "run"):
        return int(sess.run(step))
    return int(step)


def state_graph(sess: Any) -> Any:
    """The graph that a session runs; None in eager code."""
    return getattr(sess, "graph", None)


def saver_of_nodes(saver_def: Any, import_scope: str | None, variables: Any) -> Saver:
    """The saver of a SaverDef, whose nodes are in the graph, for variables of that."""
    saver = Saver.from_proto(saver_def, import_scope)
    saver._saveables = saveables_of(variables)
    return saver
