"""`tf.train.Checkpoint`: the values of an object and of all it holds, saved and restored."""

from __future__ import annotations

import functools
import os
import weakref
from collections.abc import Callable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import FailedPreconditionError, NotFoundError
from tidefall.base.exports import export
from tidefall.base.state import init_scope, state
from tidefall.composite.trackable.auto_trackable import AutoTrackable, as_trackable
from tidefall.composite.trackable.trackable import Trackable
from tidefall.composite.variables.variable import Variable
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.saving.checkpoint.background import BackgroundWriter
from tidefall.saving.checkpoint.bundle import open_checkpoint
from tidefall.saving.checkpoint.in_graph import write_in_graph
from tidefall.saving.checkpoint.in_session import fetched, in_session, run
from tidefall.saving.checkpoint.object_graph import (
    ObjectGraph,
    array_of,
    children_of,
    serialize,
    write_values,
)
from tidefall.saving.checkpoint.options import CheckpointOptions, call_write_callbacks
from tidefall.saving.checkpoint.restoration import Restoration, read_object_graph
from tidefall.saving.checkpoint.sharding import divide
from tidefall.saving.checkpoint.state_file import write_checkpoint_state
from tidefall.saving.checkpoint.status import (
    CheckpointLoadStatus,
    InitializationOnlyStatus,
    NameBasedSaverStatus,
)
from tidefall.tensor.conversion import constant


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
        self._root_or_reference: Any = None
        self._background = BackgroundWriter()
        self._setattr_tracking = True
        if root is not None:
            self._setattr_tracking = False
            target = root() if isinstance(root, weakref.ref) else root
            self._root_or_reference = root if target is not root else _root(root)
            self._save_counter = _root(target)._lookup_dependency("save_counter")
            self._setattr_tracking = True
        for name in sorted(kwargs):
            self._attach(name, kwargs[name])

    @property
    def _root(self) -> Any:
        # An object that keeps its own checkpoint gives a weak reference to itself.
        root = self._root_or_reference
        return root() if isinstance(root, weakref.ref) else root

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
            else:
                self._root._handle_deferred_dependencies("save_counter", counter)
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
        return self._write(file_prefix, options)

    def _write(
        self,
        file_prefix: Any,
        options: CheckpointOptions | None = None,
        written: Callable[[str], None] | None = None,
        noted: Callable[[str], None] | None = None,
        session: Any = None,
    ) -> str:
        """Write a checkpoint; then call `written`, the callbacks of the options, and `noted`."""
        self.sync()
        prefix = os.fspath(file_prefix)
        _make_folder(os.path.dirname(prefix))
        proto, values = serialize(ObjectGraph(self._target, self._children_of))
        if in_session():
            values = fetched(session, values)
        elif state.graph is not None:
            return write_in_graph(prefix, proto, values)
        callback = options.experimental_sharding_callback if options is not None else None

        def complete() -> None:
            write_values(prefix, proto, values, callback and functools.partial(divide, callback))
            if written is not None:
                written(prefix)
            if options is not None:
                call_write_callbacks(options, prefix)
            if noted is not None:
                noted(prefix)

        if options is not None and options.enable_async:
            values = {key: array_of(value).copy() for key, value in values.items()}
            self._background.start(complete)
        else:
            complete()
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
        return self._save(file_prefix, options)

    def _save(
        self, file_prefix: Any, options: CheckpointOptions | None, session: Any = None
    ) -> str:
        if state.graph is not None and state.graph.building_function:
            raise NotImplementedError(
                "Calling tf.train.Checkpoint.save() from a function is not supported, as save() "
                "modifies saving metadata in ways not supported by TensorFlow Operations. "
                "Consider using tf.train.Checkpoint.write(), a lower-level API which does not "
                "update metadata. tf.train.latest_checkpoint and related APIs will not see this "
                "checkpoint."
            )
        return self._write(
            f"{os.fspath(file_prefix)}-{self.count_saves(session)}",
            options,
            noted=lambda done: write_checkpoint_state(os.path.dirname(done), done),
            session=session,
        )

    def count_saves(self, session: Any = None) -> int:
        """Add 1 to the number of saves, and return it.

        Args:
            session: in a graph of TensorFlow 1, the session; the default one by default.
        """
        is_new = self._save_counter is None
        counter = self._maybe_create_save_counter()
        if not in_session():
            return int(counter.assign_add(1).numpy())
        graph: Any = state.graph
        if is_new:
            run(session, graph, counter.initializer)
        return int(run(session, graph, counter.assign_add(1)))

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
        self.sync()
        if save_path is None:
            return InitializationOnlyStatus(self._target, self._children_of)
        reader = open_checkpoint(os.fspath(save_path))
        proto = read_object_graph(reader)
        with init_scope():
            if proto is None:
                return NameBasedSaverStatus(reader, self._target, self._children_of)
            restoration = Restoration(reader, proto, self._children_of, _skip_slots(options))
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
        try:
            found = self.read(path, options)
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
        self._maybe_create_save_counter()  # takes the value that was read
        return found

    def sync(self) -> None:
        """Wait for a checkpoint that is being written in the background.

        Raises:
            Exception: what kept it from being written.
        """
        self._background.wait()


def _skip_slots(options: CheckpointOptions | None) -> bool:
    return options is not None and options.experimental_skip_slot_variables


def write_and_tell(
    checkpoint: Checkpoint,
    file_prefix: str,
    options: CheckpointOptions | None,
    written: Callable[[str], None],
) -> str:
    """Do what `checkpoint.write` does; `written` is called before the callbacks of the options."""
    return checkpoint._write(file_prefix, options, written=written)


def _trackable(name: str, value: Any) -> Trackable:
    try:
        return as_trackable(value)
    except ValueError:
        raise ValueError(
            f"`Checkpoint` was expecting {name} to be a trackable object (an object derived from "
            f"`Trackable`), got {value}. If you believe this object should be trackable (i.e. it "
            "is part of the TensorFlow Python API and manages state), please open an issue."
        ) from None


def _root(value: Any) -> Trackable:
    if not isinstance(value, Trackable):  # plain lists and dicts neither: they track nothing
        _trackable("root", None if isinstance(value, (list, tuple, dict)) else value)
    return _trackable("root", value)


def _make_folder(folder: str) -> None:
    if folder:
        try:
            os.makedirs(folder, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise FailedPreconditionError(
                None, None, f"{folder} cannot be made: a file is in the way."
            ) from None
        except OSError as error:
            raise errors_from_os(error, folder) from None
