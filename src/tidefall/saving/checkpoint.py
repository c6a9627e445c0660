"""`tf.train.Checkpoint`: the values of an object and of all it holds, saved and restored."""

from __future__ import annotations

import os
from typing import Any

from tidefall.core import dtypes
from tidefall.core.auto_trackable import AutoTrackable, as_trackable
from tidefall.core.convert import constant
from tidefall.core.errors import NotFoundError
from tidefall.core.exports import export
from tidefall.core.state import init_scope, state
from tidefall.core.trackable import Trackable
from tidefall.core.variable import Variable
from tidefall.io.tfrecord import errors_from_os
from tidefall.saving.bundle import open_checkpoint
from tidefall.saving.checkpoint_options import CheckpointOptions
from tidefall.saving.checkpoint_state import write_checkpoint_state
from tidefall.saving.checkpoint_status import (
    CheckpointLoadStatus,
    InitializationOnlyStatus,
    NameBasedStatus,
)
from tidefall.saving.object_graph import ObjectGraph, children_of, serialize, write_values
from tidefall.saving.restoration import Restoration, read_object_graph


@export("train.Checkpoint")
class Checkpoint(AutoTrackable):
    """Saves and restores trackable objects: variables, modules, layers, optimizers, and so on.

    Values are matched by the names of attributes on the way from the root, not by the names of
    variables. Values of objects that do not exist yet are restored when these are made.

    Args:
        root: the object to save; by default this checkpoint with what `kwargs` name.
        **kwargs: further objects by name.

    Raises:
        ValueError: for an object that is not trackable, or a name that `root` uses for another.

    >>> import tempfile
    >>> import tidefall as tf
    >>> v = tf.Variable(1.0)
    >>> checkpoint = tf.train.Checkpoint(v=v)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = checkpoint.save(folder + "/ckpt")
    ...     _ = v.assign(5.0)
    ...     _ = checkpoint.restore(path).assert_consumed()
    >>> v.numpy()
    np.float32(1.0)
    """

    def __init__(self, root: Any = None, **kwargs: Any):
        super().__init__()
        self._setattr_tracking = False
        self._save_counter: Variable | None = None
        self._attached: dict[str, Any] = {}
        self._root: Any = None
        self._setattr_tracking = True
        if root is not None:
            self._setattr_tracking = False
            self._root = _trackable("root", root)
            self._setattr_tracking = True
        for name in sorted(kwargs):
            self._attach(name, kwargs[name])

    def _attach(self, name: str, value: Any) -> None:
        setattr(self, name, value)
        child = _trackable(name, getattr(self, name))
        if self._root is None:
            return
        existing = self._root._lookup_dependency(name)
        if existing is None:
            self._attached[name] = child
        elif existing is not child:
            raise ValueError(
                f"Cannot create a Checkpoint with keyword argument {name} if root.{name} already "
                "exists."
            )

    # ---- the objects ----

    @property
    def _target(self) -> Any:
        return self if self._root is None else self._root

    def _children_of(self, obj: Any) -> dict[str, Any]:
        children = children_of(obj)
        if self._root is not None and obj is self._root:
            children |= {"root": self._root, **self._attached}
            if self._save_counter is not None:
                children["save_counter"] = self._save_counter
        return children

    def _maybe_create_save_counter(self) -> Variable:
        if self._save_counter is None:
            with init_scope():
                counter = Variable(constant(0, dtypes.int64), trainable=False, name="save_counter")
            object.__setattr__(self, "_save_counter", counter)
            if self._root is None:
                self._track_trackable(counter, "save_counter", overwrite=True)
        assert self._save_counter is not None
        return self._save_counter

    @property
    def save_counter(self) -> Variable:
        """How often `save` was called, an int64 variable that is saved along."""
        return self._maybe_create_save_counter()

    # ---- saving ----

    def write(self, file_prefix: Any, options: CheckpointOptions | None = None) -> str:
        """Write a checkpoint under exactly this name.

        Args:
            file_prefix: what the names of its files begin with. The folder is made if need be.
            options: a `tf.train.CheckpointOptions`.

        Returns:
            The path to give to `read`.

        Raises:
            PermissionDeniedError, ResourceExhaustedError, ...: if the disk refuses.
        """
        prefix = os.fspath(file_prefix)
        _make_folder(os.path.dirname(prefix))
        proto, values = serialize(ObjectGraph(self._target, self._children_of))
        write_values(prefix, proto, values)
        if options is not None:
            options._written(prefix)
        return prefix

    def save(self, file_prefix: Any, options: CheckpointOptions | None = None) -> str:
        """Write a numbered checkpoint, and note it as the latest of its folder.

        Args:
            file_prefix: what the names of its files begin with; `-` and a number are added.
            options: a `tf.train.CheckpointOptions`.

        Returns:
            The path to give to `restore`.

        Raises:
            NotImplementedError: inside a `tf.function`.
        """
        if state.graph is not None and state.graph.building_function:
            raise NotImplementedError(
                "Calling tf.train.Checkpoint.save() from a function is not supported, as save() "
                "modifies saving metadata in ways not supported by TensorFlow Operations. "
                "Consider using tf.train.Checkpoint.write(), a lower-level API which does not "
                "update metadata. tf.train.latest_checkpoint and related APIs will not see this "
                "checkpoint."
            )
        counter = self._maybe_create_save_counter()
        counter.assign_add(1)
        path = self.write(f"{os.fspath(file_prefix)}-{int(counter.numpy())}", options)
        write_checkpoint_state(os.path.dirname(path) or ".", path)
        return path

    # ---- restoring ----

    def read(self, save_path: Any, options: CheckpointOptions | None = None) -> Any:
        """Restore a checkpoint that `write` wrote.

        Args:
            save_path: what `write` returned; None restores nothing.
            options: a `tf.train.CheckpointOptions`.

        Returns:
            A status object with `assert_consumed()`, `assert_existing_objects_matched()`,
            `assert_nontrivial_match()` and `expect_partial()`.

        Raises:
            NotFoundError: if there is no such checkpoint.
            DataLossError: if it is damaged.
            ValueError: if a value does not fit the shape of its variable.
        """
        if save_path is None:
            return InitializationOnlyStatus()
        reader = open_checkpoint(os.fspath(save_path))
        proto = read_object_graph(reader)
        with init_scope():
            if proto is None:
                return NameBasedStatus(reader, self._target, self._children_of)
            restoration = Restoration(reader, proto, self._children_of)
            restoration.bind(0, self._target)
        return CheckpointLoadStatus(restoration, self._target, self._children_of)

    def restore(self, save_path: Any, options: CheckpointOptions | None = None) -> Any:
        """Restore a checkpoint that `save` wrote, or the variables of a SavedModel.

        Args:
            save_path: what `save` or `tf.train.latest_checkpoint` returned, or the directory of a
                SavedModel; None restores nothing.
            options: a `tf.train.CheckpointOptions`.

        Returns:
            A status object; see `read`.

        Raises:
            NotFoundError: if there is no such checkpoint.
            DataLossError: if it is damaged.
            ValueError: if a value does not fit the shape of its variable.
        """
        path = None if save_path is None else os.fspath(save_path)
        if path is not None and os.path.isdir(path):
            variables = os.path.join(path, "variables", "variables")
            if os.path.exists(f"{variables}.index"):
                path = variables
        self._maybe_create_save_counter()
        try:
            return self.read(path, options)
        except NotFoundError as error:
            if type(error) is not NotFoundError:
                raise  # something in the checkpoint; its path is right
            raise NotFoundError(
                None,
                None,
                f"Error when restoring from checkpoint or SavedModel at {save_path}: "
                f"{error.message}\nPlease double-check that the path is correct. You may be "
                "missing the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1').",
            ) from None

    def sync(self) -> None:
        """Wait for checkpoints being written: they are whole when `save` returns."""


def _trackable(name: str, value: Any) -> Trackable:
    try:
        return as_trackable(value)
    except ValueError:
        raise ValueError(
            f"`Checkpoint` was expecting {name} to be a trackable object (an object derived from "
            f"`Trackable`), got {value}. If you believe this object should be trackable (i.e. it "
            "is part of the TensorFlow Python API and manages state), please open an issue."
        ) from None


def _make_folder(folder: str) -> None:
    if folder:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise errors_from_os(error, folder) from None
