# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.train`."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import AbstractContextManager
from google.protobuf.message import Message
import tidefall as tf
from tidefall._api._types import CheckpointReader
from tidefall._api.train import experimental as experimental
from typing import Any

class BytesList(Message):
    value: Any
    def __init__(self, *, value: Any = ...) -> None: ...
class Checkpoint(tf.__internal__.tracking.AutoTrackable):
    """Saves and restores trackable objects: variables, modules, layers, optimizers, and so on."""
    def __init__(self, root: Any = None, **kwargs: Any) -> None: ...
    @property
    def save_counter(self) -> tf.Variable:
        """How often `save` was called, an int64 variable that is saved along."""
    def write(self, file_prefix: Any, options: tf.train.CheckpointOptions | None = None) -> str:
        """Write a checkpoint under exactly this name."""
    def save(self, file_prefix: Any, options: tf.train.CheckpointOptions | None = None) -> str:
        """Write a numbered checkpoint, and note it as the latest of its folder."""
    def count_saves(self, session: Any = None) -> int:
        """Add 1 to the number of saves, and return it."""
    def read(self, save_path: Any, options: tf.train.CheckpointOptions | None = None) -> Any:
        """Restore a checkpoint that `write` wrote."""
    def restore(self, save_path: Any, options: tf.train.CheckpointOptions | None = None) -> Any:
        """Restore a checkpoint that `save` wrote, or the variables of a SavedModel."""
    def sync(self) -> None:
        """Wait for a checkpoint that is being written in the background."""
    def __getattr__(self, name: str) -> Any: ...
class CheckpointManager:
    """Saves checkpoints into a folder and keeps the last few."""
    def __init__(self, checkpoint: tf.train.Checkpoint, directory: Any, max_to_keep: int | None, keep_checkpoint_every_n_hours: float | None = None, checkpoint_name: str = 'ckpt', step_counter: Any = None, checkpoint_interval: int | None = None, init_fn: Callable[[], Any] | None = None, last_checkpoint_step: Any = None) -> None: ...
    @property
    def checkpoint(self) -> tf.train.Checkpoint:
        """The `tf.train.Checkpoint` that is saved."""
    @property
    def directory(self) -> str:
        """The folder."""
    @property
    def checkpoint_interval(self) -> int | None:
        """How far apart in steps checkpoints are."""
    @property
    def latest_checkpoint(self) -> str | None:
        """Path of the newest checkpoint, or None."""
    @property
    def checkpoints(self) -> list[str]:
        """Paths of the checkpoints that are kept, oldest first."""
    def save(self, checkpoint_number: Any = None, check_interval: bool = True, options: tf.train.CheckpointOptions | None = None) -> str | None:
        """Save a checkpoint, and delete those that are too old."""
    def restore_or_initialize(self) -> str | None:
        """Restore the latest checkpoint, or call `init_fn` if there is none."""
    def sync(self) -> None:
        """Wait for a checkpoint that is being written in the background."""
class CheckpointOptions:
    """How to write and read a checkpoint."""
    experimental_io_device: str | None
    enable_async: Any
    experimental_enable_async_checkpoint: Any
    experimental_write_callbacks: list[Callable[..., Any]] | None
    experimental_skip_slot_variables: bool
    experimental_sharding_callback: Any
    def __init__(self, experimental_io_device: str | None = None, experimental_enable_async_checkpoint: bool = False, experimental_write_callbacks: list[Callable[..., Any]] | None = None, enable_async: bool = False, experimental_skip_slot_variables: bool = False, experimental_sharding_callback: Any = None) -> None: ...
class CheckpointView:
    """The objects in a checkpoint, by number; 0 is the root."""
    def __init__(self, save_path: Any) -> None: ...
    def children(self, node_id: int) -> dict[str, int]:
        """The children of a node: their names and numbers."""
    def descendants(self) -> list[int]:
        """All nodes that can be reached from the root, level by level."""
    def match(self, obj: Any) -> dict[int, Any]:
        """The objects that stand where nodes of the checkpoint stand."""
    def diff(self, obj: Any) -> tuple[dict[int, Any], list[int], list[Any]]:
        """What a trackable and the checkpoint have in common, and what not."""
class ClusterDef(Message):
    job: Any
    def __init__(self, *, job: Any = ...) -> None: ...
class ClusterSpec:
    """The jobs of a cluster and the network addresses of their tasks."""
    def __init__(self, cluster: Any) -> None: ...
    def __bool__(self) -> bool: ...
    def as_dict(self) -> dict[str, Any]:
        """Jobs and their tasks: lists where tasks are numbered from 0 on, dicts otherwise."""
    def as_cluster_def(self) -> Any:
        """The same as a `tf.train.ClusterDef`, jobs in the order of their names."""
    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has; ValueError if there is no such job."""
    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks, ascending; ValueError if there is no such job."""
    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a task; ValueError if there is no such job or task."""
    def job_tasks(self, job_name: str) -> list[str | None]:
        """A job's addresses by task number, None for numbers that no task has."""
class Coordinator:
    """Lets several threads stop together, and hands on the error that one of them stopped with."""
    def __init__(self, clean_stop_exception_types: Any = None) -> None: ...
    def request_stop(self, ex: Any = None) -> None:
        """Ask the threads to stop."""
    def clear_stop(self) -> None:
        """Forget that a stop was asked for, and the error."""
    def should_stop(self) -> bool:
        """Whether a stop was asked for."""
    def stop_on_exception(self) -> AbstractContextManager[None]:
        """Ask for a stop with the error if the block raises one, which ends there."""
    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until a stop is asked for."""
    def register_thread(self, thread: Any) -> None:
        """Let `join` wait for a thread, too."""
    def join(self, threads: Sequence[Any] | None = None, stop_grace_period_secs: float = 120, ignore_live_threads: bool = False) -> None:
        """Wait until the threads have ended."""
    @property
    def joined(self) -> bool:
        """Whether `join` has returned."""
    def raise_requested_exception(self) -> None:
        """Raise the error that the stop was asked for with, if any."""
class Example(Message):
    features: Any
    def __init__(self, *, features: Any = ...) -> None: ...
class ExponentialMovingAverage:
    """Averages of variables in which older values count ever less."""
    def __init__(self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = 'ExponentialMovingAverage') -> None: ...
    @property
    def name(self) -> str:
        """The end of the names of the averages."""
    def apply(self, var_list: Any = None) -> Any:
        """Let the averages follow; those that are not there yet begin with the variables' values."""
    def average(self, var: Any) -> Any:
        """The variable that holds the average of a variable or tensor; None if it has none."""
    def average_name(self, var: Any) -> str:
        """The name that the average of a variable has, or would have, in a checkpoint."""
    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """What to give to a saver so that variables get the values of their averages."""
class Feature(Message):
    bytes_list: Any
    float_list: Any
    int64_list: Any
    def __init__(self, *, bytes_list: Any = ..., float_list: Any = ..., int64_list: Any = ...) -> None: ...
class FeatureList(Message):
    feature: Any
    def __init__(self, *, feature: Any = ...) -> None: ...
class FeatureLists(Message):
    feature_list: Any
    def __init__(self, *, feature_list: Any = ...) -> None: ...
class Features(Message):
    feature: Any
    def __init__(self, *, feature: Any = ...) -> None: ...
class FloatList(Message):
    value: Any
    def __init__(self, *, value: Any = ...) -> None: ...
class Int64List(Message):
    value: Any
    def __init__(self, *, value: Any = ...) -> None: ...
class JobDef(Message):
    name: str
    tasks: Any
    def __init__(self, *, name: Any = ..., tasks: Any = ...) -> None: ...
class SequenceExample(Message):
    context: Any
    feature_lists: Any
    def __init__(self, *, context: Any = ..., feature_lists: Any = ...) -> None: ...
class ServerDef(Message):
    cluster: Any
    job_name: str
    replica: int
    task_index: int
    default_session_config: Any
    protocol: str
    port: int
    cluster_device_filters: Any
    def __init__(self, *, cluster: Any = ..., job_name: Any = ..., replica: Any = ..., task_index: Any = ..., default_session_config: Any = ..., protocol: Any = ..., port: Any = ..., cluster_device_filters: Any = ...) -> None: ...
class TrackableView:
    """The objects that can be reached from one trackable, by name."""
    def __init__(self, root: Any) -> None: ...
    @classmethod
    def children(cls, obj: Any, save_type: str = 'checkpoint', **kwargs: Any) -> dict[str, tf.__internal__.tracking.Trackable]:
        """The children of an object by name."""
    @property
    def root(self) -> Any:
        """The object the view starts from."""
    def descendants(self) -> list[Any]:
        """All objects that can be reached, the root first, then level by level."""
def checkpoints_iterator(checkpoint_dir: Any, min_interval_secs: float = 0, timeout: float | None = None, timeout_fn: Callable[[], bool] | None = None) -> Iterator[str]:
    """Yield new checkpoints of a folder as they are written."""
def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> Any:
    """What the state file of a folder says."""
def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The path of the latest checkpoint in a folder."""
def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """The names and shapes of a checkpoint's tensors, sorted by name."""
def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """Open a checkpoint to look at its tensors."""
def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """The value of one tensor of a checkpoint."""
