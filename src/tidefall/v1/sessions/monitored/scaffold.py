"""What a session needs before it is used, and how sessions are made and brought up."""

from __future__ import annotations

import abc
import time
from collections.abc import Callable
from typing import Any

from tidefall.base.errors import DeadlineExceededError, FailedPreconditionError
from tidefall.base.exports import export
from tidefall.base.logs import get_logger
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.ops.array.identity import group
from tidefall.saving.checkpoint.state_file import get_checkpoint_state
from tidefall.v1.functions.summaries import merge_all
from tidefall.v1.graphs.graph_keys import (
    GraphKeys,
    get_collection,
    get_collection_ref,
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
    tables_initializer,
)
from tidefall.v1.saving.savers import Saver
from tidefall.v1.sessions.session import Session


def default_saver() -> Saver:
    """The saver in the collection of the graph, made if there is none.

    Raises:
        RuntimeError: if there are several.
    """
    return Scaffold.get_or_default("saver", GraphKeys.SAVERS, _new_saver)


def _new_saver() -> Saver:
    return Saver(sharded=True, allow_empty=True)


@export("compat.v1.train.Scaffold")
class Scaffold:
    """The nodes that make a session ready; what is not given is taken from collections, or made.

    Args:
        init_op: initialises the variables.
        init_feed_dict: values to give for it.
        init_fn: called as `f(scaffold, session)` after it.
        ready_op: gives the names of what is not initialised, in the end.
        ready_for_local_init_op: the same before `local_init_op` is run.
        local_init_op: initialises local variables and tables.
        summary_op: all summaries.
        saver: writes checkpoints.
        copy_from_scaffold: take what is not given from another scaffold.
        local_init_feed_dict: values to give for `local_init_op`.
    """

    def __init__(
        self,
        init_op: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[..., Any] | None = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        local_init_op: Any = None,
        summary_op: Any = None,
        saver: Any = None,
        copy_from_scaffold: Any = None,
        local_init_feed_dict: Any = None,
    ):
        given = {
            "init_op": init_op,
            "init_feed_dict": init_feed_dict,
            "ready_op": ready_op,
            "ready_for_local_init_op": ready_for_local_init_op,
            "local_init_op": local_init_op,
            "summary_op": summary_op,
            "saver": saver,
            "local_init_feed_dict": local_init_feed_dict,
        }
        if copy_from_scaffold is not None:
            if not isinstance(copy_from_scaffold, Scaffold):
                raise TypeError("copy_from_scaffold is not a Scaffold instance.")
            given = {
                key: getattr(copy_from_scaffold, key) if value is None else value
                for key, value in given.items()
            }
        self._saver: Any = None
        for key, value in given.items():
            setattr(self, f"_{key}", value)
        self._init_fn: Callable[[Any], Any] | None = None
        if init_fn is not None:
            user_fn = init_fn
            self._init_fn = lambda session: user_fn(self, session)
        elif copy_from_scaffold is not None:
            self._init_fn = copy_from_scaffold.init_fn

    def finalize(self) -> Scaffold:
        """Make what is missing, and let the graph be changed no longer."""

        def fill(name: str, key: str, default: Callable[[], Any]) -> None:
            if getattr(self, f"_{name}") is None:
                setattr(self, f"_{name}", self.get_or_default(name, key, default))

        fill("init_op", GraphKeys.INIT_OP, lambda: group(global_variables_initializer()))
        fill("ready_op", GraphKeys.READY_OP, report_uninitialized_variables)
        fill(
            "ready_for_local_init_op",
            GraphKeys.READY_FOR_LOCAL_INIT_OP,
            lambda: report_uninitialized_variables(global_variables()),
        )
        fill("local_init_op", GraphKeys.LOCAL_INIT_OP, self.default_local_init_op)
        fill("summary_op", GraphKeys.SUMMARY_OP, merge_all)
        if self._saver is None:
            self._saver = default_saver()
        self._saver.build()
        get_logger().info("Graph was finalized.")
        get_default_graph().finalize()
        return self

    @staticmethod
    def default_local_init_op() -> Any:
        """A node that initialises the local variables and tables."""
        return group(local_variables_initializer(), tables_initializer())

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Any) -> Any:
        """What is in a collection, or a new one, which goes there.

        Raises:
            RuntimeError: if there are several.
        """
        found = get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(
                f'More than one item in the collection "{collection_key}". Please indicate which '
                "one to use by passing it to the tf.Scaffold constructor as:  "
                f"tf.Scaffold({arg_name}=item to use)"
            )
        if found:
            return found[0]
        made = default_constructor()
        if made is not None:
            get_collection_ref(collection_key).append(made)
        return made

    @property
    def init_fn(self) -> Any:
        """Called with the session after `init_op`."""
        return self._init_fn

    @property
    def init_op(self) -> Any:
        """Initialises the variables."""
        return self._init_op  # type: ignore[attr-defined]

    @property
    def ready_op(self) -> Any:
        """Gives the names of what is not initialised."""
        return self._ready_op  # type: ignore[attr-defined]

    @property
    def ready_for_local_init_op(self) -> Any:
        """The same before `local_init_op` is run."""
        return self._ready_for_local_init_op  # type: ignore[attr-defined]

    @property
    def local_init_op(self) -> Any:
        """Initialises local variables and tables."""
        return self._local_init_op  # type: ignore[attr-defined]

    @property
    def local_init_feed_dict(self) -> Any:
        """Values to give for `local_init_op`."""
        return self._local_init_feed_dict  # type: ignore[attr-defined]

    @property
    def summary_op(self) -> Any:
        """All summaries."""
        return self._summary_op  # type: ignore[attr-defined]

    @property
    def saver(self) -> Any:
        """Writes checkpoints."""
        return self._saver

    @property
    def init_feed_dict(self) -> Any:
        """Values to give for `init_op`."""
        return self._init_feed_dict  # type: ignore[attr-defined]


@export("compat.v1.train.SessionManager")
class SessionManager:
    """Makes sessions and brings them up, from a checkpoint if there is one.

    Args:
        local_init_op: a node to run in every new session.
        ready_op: gives the names of what is not initialised; empty when the model is ready.
        ready_for_local_init_op: the same before `local_init_op` is run.
        graph: the graph; the default one if None.
        recovery_wait_secs: seconds between two looks whether a session is ready.
        local_init_run_options: accepted.
        local_init_feed_dict: values to give for `local_init_op`.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Any = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
        local_init_feed_dict: Any = None,
    ):
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError(
                "If you pass a ready_for_local_init_op you must also pass a local_init_op , "
                f"ready_for_local_init_op [{ready_for_local_init_op}]"
            )
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._graph = graph if graph is not None else get_default_graph()
        self._recovery_wait_secs = recovery_wait_secs
        self._local_init_feed_dict = local_init_feed_dict

    def prepare_session(
        self,
        master: str,
        init_op: Any = None,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Any], Any] | None = None,
    ) -> Any:
        """A session that is ready: restored, or initialised.

        Args:
            master: empty.
            init_op: initialises the model where there is no checkpoint.
            saver: restores it.
            checkpoint_dir: folder of checkpoints, the newest of which is restored.
            checkpoint_filename_with_path: the checkpoint to restore, instead.
            wait_for_checkpoint: wait until there is a checkpoint.
            max_wait_secs: for how long.
            config: of the session.
            init_feed_dict: values to give for `init_op`.
            init_fn: called with the session after it.

        Raises:
            RuntimeError: if the model is not ready then.
            ValueError: if both a folder and a checkpoint are given.
        """
        session, restored = self._restore(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint,
            max_wait_secs, config,
        )  # fmt: skip
        if not restored:
            if init_op is None and init_fn is None and self._local_init_op is None:
                raise RuntimeError(
                    "Model is not initialized and no init_op or init_fn or local_init_op was given"
                )
            if init_op is not None:
                session.run(init_op, feed_dict=init_feed_dict)
            if init_fn is not None:
                init_fn(session)
        for attempt, aim in ((self._local_init, "ready for local_init"), (self._is_ready, "ready")):
            problem = attempt(session)
            if problem:
                raise RuntimeError(
                    f"Init operations did not make model {aim}.  Init op: "
                    f"{getattr(init_op, 'name', init_op)}, init fn: {init_fn}, local_init_op: "
                    f"{getattr(self._local_init_op, 'name', None)}, error: {problem}"
                )
        return session

    def recover_session(
        self,
        master: str,
        saver: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Any, bool]:
        """A session, and whether a checkpoint made it ready; see `prepare_session`."""
        session, restored = self._restore(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, wait_for_checkpoint,
            max_wait_secs, config,
        )  # fmt: skip
        if not restored:
            return session, False
        problem = self._local_init(session) or self._is_ready(session)
        if problem:
            get_logger().info("Restoring model did not make model ready: %s", problem)
        return session, not problem

    def wait_for_session(
        self, master: str, config: Any = None, max_wait_secs: float = float("inf")
    ) -> Any:
        """A session of a model that somebody else makes ready.

        Raises:
            DeadlineExceededError: if that takes longer than `max_wait_secs`.
        """
        end = time.monotonic() + (float("inf") if max_wait_secs is None else max_wait_secs)
        while True:
            session = Session(master, graph=self._graph, config=config)
            problem = self._local_init(session) or self._is_ready(session)
            if not problem:
                return session
            session.close()
            if time.monotonic() + self._recovery_wait_secs > end:
                raise DeadlineExceededError(
                    None,
                    None,
                    f"Session was not ready after waiting {max_wait_secs} secs. ({problem})",
                )
            time.sleep(self._recovery_wait_secs)

    def _restore(
        self,
        master: str,
        saver: Any,
        folder: Any,
        path: Any,
        wait: bool,
        seconds: float,
        config: Any,
    ) -> tuple[Any, bool]:
        """A session, and whether it was restored."""
        session = Session(master, graph=self._graph, config=config)
        if folder and path:
            raise ValueError(
                "Can not provide both checkpoint_dir and checkpoint_filename_with_path."
            )
        if not saver or not (folder or path):
            return session, False
        if path:
            saver.restore(session, path)
            return session, True
        end = time.monotonic() + seconds
        found = get_checkpoint_state(folder)
        while not (found and found.model_checkpoint_path):
            if not wait or time.monotonic() > end:
                return session, False
            time.sleep(self._recovery_wait_secs)
            found = get_checkpoint_state(folder)
        saver.restore(session, found.model_checkpoint_path)
        saver.recover_last_checkpoints(found.all_model_checkpoint_paths)
        return session, True

    def _local_init(self, session: Any) -> str:
        """Run the local initialisation; what is missing for it."""
        if self._local_init_op is None:
            return ""
        problem = _missing(self._ready_for_local_init_op, session)
        if not problem:
            session.run(self._local_init_op, feed_dict=self._local_init_feed_dict)
        return problem

    def _is_ready(self, session: Any) -> str:
        return _missing(self._ready_op, session)


def _missing(node: Any, session: Any) -> str:
    """What a node says is not initialised; empty if all is."""
    if node is None:
        return ""
    try:
        names = session.run(node)
    except FailedPreconditionError as error:
        return str(error)
    if names is None or names.size == 0:
        return ""
    text = ", ".join(name.decode() for name in names.reshape(-1).tolist())
    return f"Variables not initialized: {text}"


@export("compat.v1.train.SessionCreator")
class SessionCreator(abc.ABC):
    """Makes the session of a monitored session."""

    @abc.abstractmethod
    def create_session(self) -> Any:
        """The session."""
        raise NotImplementedError(f"create_session is not implemented for {self}.")


@export("compat.v1.train.ChiefSessionCreator")
class ChiefSessionCreator(SessionCreator):
    """Makes a session and brings it up.

    Args:
        scaffold: what it needs.
        master: empty.
        config: of the session.
        checkpoint_dir: folder of checkpoints, the newest of which is restored.
        checkpoint_filename_with_path: the checkpoint to restore, instead.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
    ):
        self._checkpoint_dir = checkpoint_dir
        self._path = checkpoint_filename_with_path
        self._scaffold = scaffold or Scaffold()
        self._manager: SessionManager | None = None
        self._master, self._config = master, config

    def _session_manager(self) -> SessionManager:
        if self._manager is None:
            scaffold = self._scaffold
            self._manager = SessionManager(
                local_init_op=scaffold.local_init_op,
                local_init_feed_dict=scaffold.local_init_feed_dict,
                ready_op=scaffold.ready_op,
                ready_for_local_init_op=scaffold.ready_for_local_init_op,
                graph=get_default_graph(),
            )
        return self._manager

    def create_session(self) -> Any:
        """The session, ready."""
        scaffold = self._scaffold.finalize()
        return self._session_manager().prepare_session(
            self._master,
            saver=scaffold.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._path,
            config=self._config,
            init_op=scaffold.init_op,
            init_feed_dict=scaffold.init_feed_dict,
            init_fn=scaffold.init_fn,
        )


@export("compat.v1.train.WorkerSessionCreator")
class WorkerSessionCreator(ChiefSessionCreator):
    """Makes a session of a model that the chief makes ready.

    Args:
        scaffold: what it needs.
        master: empty.
        config: of the session.
        max_wait_secs: how long to wait for the chief.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        max_wait_secs: float = 30 * 60,
    ):
        super().__init__(scaffold, master, config)
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Any:
        """The session, ready."""
        self._scaffold.finalize()
        return self._session_manager().wait_for_session(
            self._master, config=self._config, max_wait_secs=self._max_wait_secs
        )
