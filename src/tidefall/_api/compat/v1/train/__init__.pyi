# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.train`."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from google.protobuf.message import Message
import threading
import tidefall as tf
from tidefall._api._types import CheckpointReader
from tidefall._api._types import RuleOptimizer
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
import tidefall._api._types as _tidefall__api__types
from tidefall._api.compat.v1.train import experimental as experimental
from tidefall._api.compat.v1.train import queue_runner as queue_runner
from tidefall._api.distribute import Server as Server
from tidefall._api.io import match_filenames_once as match_filenames_once
from tidefall._api.io import write_graph as write_graph
from tidefall._api.train import BytesList as BytesList
from tidefall._api.train import CheckpointManager as CheckpointManager
from tidefall._api.train import CheckpointOptions as CheckpointOptions
from tidefall._api.train import CheckpointView as CheckpointView
from tidefall._api.train import ClusterDef as ClusterDef
from tidefall._api.train import ClusterSpec as ClusterSpec
from tidefall._api.train import Coordinator as Coordinator
from tidefall._api.train import Example as Example
from tidefall._api.train import ExponentialMovingAverage as ExponentialMovingAverage
from tidefall._api.train import Feature as Feature
from tidefall._api.train import FeatureList as FeatureList
from tidefall._api.train import FeatureLists as FeatureLists
from tidefall._api.train import Features as Features
from tidefall._api.train import FloatList as FloatList
from tidefall._api.train import Int64List as Int64List
from tidefall._api.train import JobDef as JobDef
from tidefall._api.train import SequenceExample as SequenceExample
from tidefall._api.train import ServerDef as ServerDef
from tidefall._api.train import TrackableView as TrackableView
from tidefall._api.train import checkpoints_iterator as checkpoints_iterator
from tidefall._api.train import get_checkpoint_state as get_checkpoint_state
from tidefall._api.train import latest_checkpoint as latest_checkpoint
from tidefall._api.train import list_variables as list_variables
from tidefall._api.train import load_checkpoint as load_checkpoint
from tidefall._api.train import load_variable as load_variable
from typing import Any
from typing import NamedTuple

class AdadeltaOptimizer(RuleOptimizer):
    """Steps scaled by decaying averages of squared steps and squared gradients."""
    def __init__(self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: Any = 1e-08, use_locking: bool = False, name: str = 'Adadelta') -> None: ...
class AdagradDAOptimizer(RuleOptimizer):
    """Adagrad by dual averaging, which makes sparse models."""
    def __init__(self, learning_rate: Any, global_step: Any, initial_gradient_squared_accumulator_value: float = 0.1, l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, use_locking: bool = False, name: str = 'AdagradDA') -> None: ...
class AdagradOptimizer(RuleOptimizer):
    """Steps divided by the root of the sum of squared gradients."""
    def __init__(self, learning_rate: Any, initial_accumulator_value: float = 0.1, use_locking: bool = False, name: str = 'Adagrad') -> None: ...
class AdamOptimizer(RuleOptimizer):
    """Steps along averaged gradients over the root of averaged squares (Kingma and Ba, 2014)."""
    def __init__(self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999, epsilon: Any = 1e-08, use_locking: bool = False, name: str = 'Adam') -> None: ...
class Checkpoint(tf.train.Checkpoint):
    """Saves and restores trackable objects, in a session or in eager code."""
    def __init__(self, **kwargs: Any) -> None: ...
    def save(self, file_prefix: Any, session: Any = None, options: tf.train.CheckpointOptions | None = None) -> str:
        """Write a numbered checkpoint, and note it as the latest of its folder."""
    def write(self, file_prefix: Any, session: Any = None, options: tf.train.CheckpointOptions | None = None) -> str:
        """Write a checkpoint under exactly this name; see `save`."""
    def restore(self, save_path: Any) -> Any:
        """Restore what `save` or `write` wrote."""
class CheckpointSaverHook(tf.compat.v1.train.SessionRunHook):
    """Writes checkpoints at the beginning, at the end, and every so many seconds or steps."""
    def __init__(self, checkpoint_dir: str, save_secs: float | None = None, save_steps: int | None = None, saver: Any = None, checkpoint_basename: str = 'model.ckpt', scaffold: Any = None, listeners: Any = None, save_graph_def: bool = True) -> None: ...
    def begin(self) -> None:
        """Find the variable that counts the steps, and the writer."""
    def after_create_session(self, session: Any, coord: Any) -> None:
        """Write the graph and the first checkpoint."""
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs:
        """Ask for the step."""
    def after_run(self, run_context: tf.compat.v1.train.SessionRunContext, run_values: tf.compat.v1.train.SessionRunValues) -> None:
        """Write a checkpoint if one is due."""
    def end(self, session: Any) -> None:
        """Write the last checkpoint."""
class CheckpointSaverListener:
    """What is done around the checkpoints of a CheckpointSaverHook."""
    def begin(self) -> None:
        """Called before the session is made."""
    def before_save(self, session: Any, global_step_value: int) -> None:
        """Called before a checkpoint is written."""
    def after_save(self, session: Any, global_step_value: int) -> bool | None:
        """Called after a checkpoint was written; True stops the program's loop."""
    def end(self, session: Any, global_step_value: int) -> None:
        """Called at the end."""
class ChiefSessionCreator(tf.compat.v1.train.SessionCreator):
    """Makes a session and brings it up."""
    def __init__(self, scaffold: tf.compat.v1.train.Scaffold | None = None, master: str = '', config: Any = None, checkpoint_dir: str | None = None, checkpoint_filename_with_path: str | None = None) -> None: ...
    def create_session(self) -> Any:
        """The session, ready."""
class FeedFnHook(tf.compat.v1.train.SessionRunHook):
    """Gives values to each run."""
    feed_fn: Callable[[], Any]
    def __init__(self, feed_fn: Callable[[], Any]) -> None: ...
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs:
        """Give the values."""
class FinalOpsHook(tf.compat.v1.train.SessionRunHook):
    """Computes something at the end."""
    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None) -> None: ...
    @property
    def final_ops_values(self) -> Any:
        """The values."""
    def end(self, session: Any) -> None:
        """Compute them."""
class FtrlOptimizer(RuleOptimizer):
    """Follow the regularised leader."""
    def __init__(self, learning_rate: Any, learning_rate_power: Any = -0.5, initial_accumulator_value: float = 0.1, l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, use_locking: bool = False, name: str = 'Ftrl', accum_name: str | None = None, linear_name: str | None = None, l2_shrinkage_regularization_strength: float = 0.0, beta: float | None = None) -> None: ...
class GlobalStepWaiterHook(tf.compat.v1.train.SessionRunHook):
    """Waits before the first run until others have made so many steps."""
    def __init__(self, wait_until_step: int) -> None: ...
    def begin(self) -> None:
        """Find the variable that counts the steps."""
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs | None:
        """Wait."""
class GradientDescentOptimizer(RuleOptimizer):
    """Steps against the gradient."""
    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = 'GradientDescent') -> None: ...
class LoggingTensorHook(tf.compat.v1.train.SessionRunHook):
    """Logs the values of tensors every so many runs or seconds, or at the end."""
    def __init__(self, tensors: Any, every_n_iter: int | None = None, every_n_secs: float | None = None, at_end: bool = False, formatter: Callable[[dict[str, Any]], str] | None = None) -> None: ...
    def begin(self) -> None:
        """Find the tensors in the graph."""
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs | None:
        """Ask for the values if they are due."""
    def after_run(self, run_context: tf.compat.v1.train.SessionRunContext, run_values: tf.compat.v1.train.SessionRunValues) -> None:
        """Log the values."""
    def end(self, session: Any) -> None:
        """Log the values at the end."""
class LooperThread(threading.Thread):
    """A thread that does something again and again until a coordinator stops."""
    def __init__(self, coord: tf.train.Coordinator, timer_interval_secs: float | None, target: Callable[..., Any] | None = None, args: Any = None, kwargs: Any = None) -> None: ...
    @staticmethod
    def loop(coord: tf.train.Coordinator, timer_interval_secs: float | None, target: Callable[..., Any], args: Any = None, kwargs: Any = None) -> tf.compat.v1.train.LooperThread:
        """A started thread that calls `target` until the coordinator stops."""
    def run(self) -> None:
        """What the thread does."""
    def start_loop(self) -> None:
        """Called once in the thread before the first turn."""
    def stop_loop(self) -> None:
        """Called once in the thread after the last turn."""
    def run_loop(self) -> None:
        """One turn."""
class MomentumOptimizer(RuleOptimizer):
    """Steps along a decaying sum of gradients."""
    def __init__(self, learning_rate: Any, momentum: Any, use_locking: bool = False, name: str = 'Momentum', use_nesterov: bool = False) -> None: ...
class MonitoredSession(_tidefall__api__types.MonitoredSession):
    """A session that initialises or restores the model, runs hooks, and begins anew when lost."""
    def __init__(self, session_creator: tf.compat.v1.train.SessionCreator | None = None, hooks: Any = None, stop_grace_period_secs: float = 120) -> None: ...
def MonitoredTrainingSession(master: str = '', is_chief: bool = True, checkpoint_dir: str | None = None, scaffold: tf.compat.v1.train.Scaffold | None = None, hooks: Any = None, chief_only_hooks: Any = None, save_checkpoint_secs: Any = ..., save_summaries_steps: Any = ..., save_summaries_secs: Any = ..., config: Any = None, stop_grace_period_secs: float = 120, log_step_count_steps: int | None = 100, max_wait_secs: float = 7200, save_checkpoint_steps: Any = ..., summary_dir: str | None = None, save_graph_def: bool = True) -> tf.compat.v1.train.MonitoredSession:
    """A monitored session that saves what training needs."""
class NanLossDuringTrainingError(RuntimeError):
    """The loss became NaN."""
class NanTensorHook(tf.compat.v1.train.SessionRunHook):
    """Stops if a loss becomes NaN."""
    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None: ...
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs:
        """Ask for the loss."""
    def after_run(self, run_context: tf.compat.v1.train.SessionRunContext, run_values: tf.compat.v1.train.SessionRunValues) -> None:
        """Stop if it is NaN."""
def NewCheckpointReader(filepattern: Any) -> CheckpointReader:
    """Open a checkpoint to look at its tensors."""
class Optimizer(tf.__internal__.tracking.Trackable):
    """Base of the optimizers of TensorFlow 1."""
    GATE_NONE: int
    GATE_OP: int
    GATE_GRAPH: int
    def __init__(self, use_locking: bool, name: str) -> None: ...
    def get_name(self) -> str:
        """The name."""
    def minimize(self, loss: TensorLike, global_step: Any = None, var_list: Any = None, gate_gradients: int = 1, aggregation_method: Any = None, colocate_gradients_with_ops: bool = False, name: str | None = None, grad_loss: Any = None) -> tf.Operation:
        """A node that takes one step towards a smaller loss."""
    def compute_gradients(self, loss: TensorLike, var_list: Any = None, gate_gradients: int = 1, aggregation_method: Any = None, colocate_gradients_with_ops: bool = False, grad_loss: Any = None) -> list[tuple[Any, Any]]:
        """Pairs of gradient and variable; the gradient is None where there is none."""
    def apply_gradients(self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None) -> tf.Operation:
        """A node that changes variables by their gradients."""
    def get_slot(self, var: Any, name: str) -> Any:
        """A variable that belongs to another one, such as its momentum; None if there is none."""
    def get_slot_names(self) -> list[str]:
        """The names of the kinds of slots."""
    def variables(self) -> list[Any]:
        """The optimizer's own variables."""
class ProfilerHook(tf.compat.v1.train.SessionRunHook):
    """Not implemented: sessions collect no RunMetadata. See `tf.profiler.experimental`."""
    def __init__(self, save_steps: int | None = None, save_secs: float | None = None, output_dir: str = '', show_dataflow: bool = True, show_memory: bool = False) -> None: ...
class ProximalAdagradOptimizer(tf.compat.v1.train.AdagradOptimizer):
    """Adagrad with penalties applied exactly."""
    def __init__(self, learning_rate: Any, initial_accumulator_value: float = 0.1, l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, use_locking: bool = False, name: str = 'ProximalAdagrad') -> None: ...
class ProximalGradientDescentOptimizer(RuleOptimizer):
    """Gradient descent with penalties applied exactly."""
    def __init__(self, learning_rate: Any, l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, use_locking: bool = False, name: str = 'ProximalGradientDescent') -> None: ...
class QueueRunner:
    """Nodes that fill a queue, each to be run by a thread until the queue is closed."""
    def __init__(self, queue: Any = None, enqueue_ops: Sequence[Any] | None = None, close_op: Any = None, cancel_op: Any = None, queue_closed_exception_types: Any = None, queue_runner_def: Any = None, import_scope: str | None = None) -> None: ...
    @property
    def queue(self) -> Any:
        """The queue."""
    @property
    def enqueue_ops(self) -> list[Any]:
        """The nodes that the threads run."""
    @property
    def close_op(self) -> Any:
        """What closes the queue when there is no more input."""
    @property
    def cancel_op(self) -> Any:
        """What closes the queue at once."""
    @property
    def queue_closed_exception_types(self) -> tuple[type[Exception], ...]:
        """The errors that tell that there is no more input."""
    @property
    def exceptions_raised(self) -> list[BaseException]:
        """The errors of threads that ran without a coordinator."""
    @property
    def name(self) -> str:
        """Name of the queue."""
    def create_threads(self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False) -> list[threading.Thread]:
        """The threads that fill the queue in a session."""
    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> Any:
        """Queue runners are not read from messages."""
class RMSPropOptimizer(RuleOptimizer):
    """Steps divided by the root of a decaying average of squared gradients."""
    def __init__(self, learning_rate: Any, decay: Any = 0.9, momentum: Any = 0.0, epsilon: Any = 1e-10, use_locking: bool = False, centered: bool = False, name: str = 'RMSProp') -> None: ...
class Saver:
    """Saves variables to checkpoints and restores them."""
    saver_def: Any
    def __init__(self, var_list: Any = None, reshape: bool = False, sharded: bool = False, max_to_keep: int | None = 5, keep_checkpoint_every_n_hours: float = 10000.0, name: str | None = None, restore_sequentially: bool = False, saver_def: Any = None, builder: Any = None, defer_build: bool = False, allow_empty: bool = False, write_version: int = 2, pad_step_number: bool = False, save_relative_paths: bool = False, filename: str | None = None) -> None: ...
    def build(self) -> None:
        """Make the nodes, of the variables there are now."""
    @property
    def last_checkpoints(self) -> list[str]:
        """Paths of the checkpoints that are kept, oldest first."""
    def set_last_checkpoints(self, last_checkpoints: Any) -> None:
        """Say which checkpoints are kept, as if this object had written them now."""
    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: Any) -> None:
        """Say which checkpoints are kept, and when they were written."""
    def recover_last_checkpoints(self, checkpoint_paths: Any) -> None:
        """Take over the checkpoints among `checkpoint_paths` that are there."""
    def save(self, sess: Any, save_path: Any, global_step: Any = None, latest_filename: str | None = None, meta_graph_suffix: str = 'meta', write_meta_graph: bool = True, write_state: bool = True, strip_default_attrs: bool = False, save_debug_info: bool = False) -> str | None:
        """Write a checkpoint."""
    def restore(self, sess: Any, save_path: Any) -> None:
        """Restore the variables from a checkpoint; they need not be initialised before."""
    def as_saver_def(self) -> Any:
        """The SaverDef message that stands for this object."""
    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaverDef message that stands for this object."""
    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> tf.compat.v1.train.Saver:
        """The saver of a SaverDef, whose nodes are in the graph."""
    def export_meta_graph(self, filename: str | None = None, collection_list: Any = None, as_text: bool = False, export_scope: str | None = None, clear_devices: bool = False, clear_extraneous_savers: bool = False, strip_default_attrs: bool = False, save_debug_info: bool = False, graph: Any = None) -> Any:
        """The graph, its collections and this saver as a MetaGraphDef, also written to a file."""
class SaverDef(Message):
    filename_tensor_name: str
    save_tensor_name: str
    restore_op_name: str
    max_to_keep: int
    sharded: bool
    keep_checkpoint_every_n_hours: float
    version: int
    LEGACY: int
    V1: int
    V2: int
    def __init__(self, *, filename_tensor_name: Any = ..., save_tensor_name: Any = ..., restore_op_name: Any = ..., max_to_keep: Any = ..., sharded: Any = ..., keep_checkpoint_every_n_hours: Any = ..., version: Any = ...) -> None: ...
class Scaffold:
    """The nodes that make a session ready; what is not given is taken from collections, or made."""
    def __init__(self, init_op: Any = None, init_feed_dict: Any = None, init_fn: Callable[..., Any] | None = None, ready_op: Any = None, ready_for_local_init_op: Any = None, local_init_op: Any = None, summary_op: Any = None, saver: Any = None, copy_from_scaffold: Any = None, local_init_feed_dict: Any = None) -> None: ...
    def finalize(self) -> tf.compat.v1.train.Scaffold:
        """Make what is missing, and let the graph be changed no longer."""
    @staticmethod
    def default_local_init_op() -> Any:
        """A node that initialises the local variables and tables."""
    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Any) -> Any:
        """What is in a collection, or a new one, which goes there."""
    @property
    def init_fn(self) -> Any:
        """Called with the session after `init_op`."""
    @property
    def init_op(self) -> Any:
        """Initialises the variables."""
    @property
    def ready_op(self) -> Any:
        """Gives the names of what is not initialised."""
    @property
    def ready_for_local_init_op(self) -> Any:
        """The same before `local_init_op` is run."""
    @property
    def local_init_op(self) -> Any:
        """Initialises local variables and tables."""
    @property
    def local_init_feed_dict(self) -> Any:
        """Values to give for `local_init_op`."""
    @property
    def summary_op(self) -> Any:
        """All summaries."""
    @property
    def saver(self) -> Any:
        """Writes checkpoints."""
    @property
    def init_feed_dict(self) -> Any:
        """Values to give for `init_op`."""
class SecondOrStepTimer:
    """Tells when something that is done every so many seconds or steps is due."""
    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None: ...
    def reset(self) -> None:
        """Forget when it was done last."""
    def should_trigger_for_step(self, step: int) -> bool:
        """Whether it is due at a step: also if it never was done before."""
    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """Note that it is done at a step; returns the seconds and steps since it was before."""
    def last_triggered_step(self) -> int | None:
        """The step when it was done last."""
class SessionCreator:
    """Makes the session of a monitored session."""
    def create_session(self) -> Any:
        """The session."""
class SessionManager:
    """Makes sessions and brings them up, from a checkpoint if there is one."""
    def __init__(self, local_init_op: Any = None, ready_op: Any = None, ready_for_local_init_op: Any = None, graph: Any = None, recovery_wait_secs: float = 30, local_init_run_options: Any = None, local_init_feed_dict: Any = None) -> None: ...
    def prepare_session(self, master: str, init_op: Any = None, saver: Any = None, checkpoint_dir: str | None = None, checkpoint_filename_with_path: str | None = None, wait_for_checkpoint: bool = False, max_wait_secs: float = 7200, config: Any = None, init_feed_dict: Any = None, init_fn: Callable[[Any], Any] | None = None) -> Any:
        """A session that is ready: restored, or initialised."""
    def recover_session(self, master: str, saver: Any = None, checkpoint_dir: str | None = None, checkpoint_filename_with_path: str | None = None, wait_for_checkpoint: bool = False, max_wait_secs: float = 7200, config: Any = None) -> tuple[Any, bool]:
        """A session, and whether a checkpoint made it ready; see `prepare_session`."""
    def wait_for_session(self, master: str, config: Any = None, max_wait_secs: float = ...) -> Any:
        """A session of a model that somebody else makes ready."""
class SessionRunArgs(NamedTuple):
    """What a hook adds to a run."""
    fetches: Any
    feed_dict: Any = None
    options: Any = None
class SessionRunContext:
    """A run as its hooks see it."""
    def __init__(self, original_args: tf.compat.v1.train.SessionRunArgs, session: Any) -> None: ...
    @property
    def original_args(self) -> tf.compat.v1.train.SessionRunArgs:
        """What the caller asked for."""
    @property
    def session(self) -> Any:
        """The session, without hooks."""
    @property
    def stop_requested(self) -> bool:
        """Whether a hook asked for a stop."""
    def request_stop(self) -> None:
        """Let the program's loop end after this run."""
class SessionRunHook:
    """What is done around the runs of a monitored session; subclasses override what they need."""
    def begin(self) -> None:
        """Called once before the session is made: the graph may still be changed."""
    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called when a session was made; the graph may be changed no longer."""
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs | None:
        """Called before each run; what it returns is computed with it."""
    def after_run(self, run_context: tf.compat.v1.train.SessionRunContext, run_values: tf.compat.v1.train.SessionRunValues) -> None:
        """Called after each run that raised no error."""
    def end(self, session: Any) -> None:
        """Called at the end, unless that is an error."""
class SessionRunValues(NamedTuple):
    """What came of what a hook asked for."""
    results: Any
    options: Any
    run_metadata: Any
class SingularMonitoredSession(_tidefall__api__types.MonitoredSession):
    """A monitored session that is not made again when it is lost."""
    def __init__(self, hooks: Any = None, scaffold: tf.compat.v1.train.Scaffold | None = None, master: str = '', config: Any = None, checkpoint_dir: str | None = None, stop_grace_period_secs: float = 120, checkpoint_filename_with_path: str | None = None) -> None: ...
    def raw_session(self) -> Any:
        """The session, without hooks."""
class StepCounterHook(tf.compat.v1.train.SessionRunHook):
    """Writes and logs how many steps are made in a second."""
    def __init__(self, every_n_steps: int | None = 100, every_n_secs: float | None = None, output_dir: str | None = None, summary_writer: Any = None) -> None: ...
    def begin(self) -> None:
        """Find the variable that counts the steps, and the writer."""
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs:
        """Ask for the step."""
    def after_run(self, run_context: tf.compat.v1.train.SessionRunContext, run_values: tf.compat.v1.train.SessionRunValues) -> None:
        """Write the rate if it is due."""
class StopAtStepHook(tf.compat.v1.train.SessionRunHook):
    """Stops at a step."""
    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None: ...
    def begin(self) -> None:
        """Find the variable that counts the steps."""
    def after_create_session(self, session: Any, coord: Any) -> None:
        """Find the last step."""
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs:
        """Ask for the step."""
    def after_run(self, run_context: tf.compat.v1.train.SessionRunContext, run_values: tf.compat.v1.train.SessionRunValues) -> None:
        """Stop at the last step."""
class SummarySaverHook(tf.compat.v1.train.SessionRunHook):
    """Writes summaries every so many seconds or steps."""
    def __init__(self, save_steps: int | None = None, save_secs: float | None = None, output_dir: str | None = None, summary_writer: Any = None, scaffold: Any = None, summary_op: Any = None) -> None: ...
    def begin(self) -> None:
        """Find the variable that counts the steps, and the writer."""
    def before_run(self, run_context: tf.compat.v1.train.SessionRunContext) -> tf.compat.v1.train.SessionRunArgs:
        """Ask for the step, and for the summaries if they are due."""
    def after_run(self, run_context: tf.compat.v1.train.SessionRunContext, run_values: tf.compat.v1.train.SessionRunValues) -> None:
        """Write the summaries."""
    def end(self, session: Any) -> None:
        """Write what is left."""
class WorkerSessionCreator(tf.compat.v1.train.ChiefSessionCreator):
    """Makes a session of a model that the chief makes ready."""
    def __init__(self, scaffold: tf.compat.v1.train.Scaffold | None = None, master: str = '', config: Any = None, max_wait_secs: float = 1800) -> None: ...
    def create_session(self) -> Any:
        """The session, ready."""
def add_queue_runner(qr: tf.compat.v1.train.QueueRunner, collection: str = 'queue_runners') -> None:
    """Add a queue runner to those that `start_queue_runners` starts."""
def assert_global_step(global_step_tensor: Any) -> None:
    """Refuse a tensor that cannot count steps."""
def batch(tensors: Any, batch_size: TensorLike, num_threads: int = 1, capacity: int = 32, enqueue_many: bool = False, shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """Batches of elements, which threads compute ahead."""
def batch_join(tensors_list: Any, batch_size: TensorLike, capacity: int = 32, enqueue_many: bool = False, shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """`batch` of the elements of several sources, one thread for each."""
def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Whether a checkpoint is there."""
def cosine_decay(learning_rate: Any, global_step: Any, decay_steps: Any, alpha: float = 0.0, name: str | None = None) -> tf.Tensor:
    """From `learning_rate` to `alpha` times it along half a cosine."""
def cosine_decay_restarts(learning_rate: Any, global_step: Any, first_decay_steps: TensorLike, t_mul: float = 2.0, m_mul: float = 1.0, alpha: float = 0.0, name: str | None = None) -> tf.Tensor:
    """Cosine decay that begins again, each time over more steps and from a lower rate."""
def create_global_step(graph: Any = None) -> tf.Variable:
    """Make the variable that counts the steps."""
def exponential_decay(learning_rate: Any, global_step: Any, decay_steps: TensorLike, decay_rate: Any, staircase: bool = False, name: str | None = None) -> tf.Tensor:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`."""
def export_meta_graph(filename: str | None = None, meta_info_def: Any = None, graph_def: Any = None, saver_def: Any = None, collection_list: Any = None, as_text: bool = False, graph: Any = None, export_scope: str | None = None, clear_devices: bool = False, clear_extraneous_savers: bool = False, strip_default_attrs: bool = False, save_debug_info: bool = False, **kwargs: Any) -> Any:
    """A graph and its collections as a MetaGraphDef."""
def generate_checkpoint_state_proto(save_dir: Any, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None, all_model_checkpoint_timestamps: Any = None, last_preserved_timestamp: float | None = None) -> Any:
    """The message for the file that names the checkpoints of a folder."""
def get_checkpoint_mtimes(checkpoint_prefixes: Any) -> list[float]:
    """When checkpoints were written, of those that are there."""
def get_global_step(graph: Any = None) -> Any:
    """The variable that counts the steps, or None."""
def get_or_create_global_step(graph: Any = None) -> tf.Variable:
    """The variable that counts the steps, made if there is none."""
def global_step(sess: Any, global_step_tensor: Any) -> int:
    """The number of steps in a session."""
def import_meta_graph(meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None, **kwargs: Any) -> Any:
    """Add the nodes and collections of a MetaGraphDef to the default graph."""
def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Let the variables of a graph begin with the values of a checkpoint."""
def input_producer(input_tensor: Any, element_shape: ShapeLike | None = None, num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None, capacity: int = 32, shared_name: str | None = None, summary_name: str | None = None, name: str | None = None, cancel_op: Any = None) -> Any:
    """A queue of the rows of a tensor, filled again and again."""
def inverse_time_decay(learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: str | None = None) -> Any:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`; see `exponential_decay`."""
def limit_epochs(tensor: TensorLike, num_epochs: int | None = None, name: str | None = None) -> tf.Tensor:
    """A tensor that can be computed so many times, and then raises OutOfRangeError."""
def linear_cosine_decay(learning_rate: Any, global_step: Any, decay_steps: Any, num_periods: float = 0.5, alpha: float = 0.0, beta: float = 0.001, name: str | None = None) -> Any:
    """A straight line times a cosine; see `cosine_decay`."""
def maybe_batch(tensors: Any, keep_input: TensorLike, batch_size: TensorLike, num_threads: int = 1, capacity: int = 32, enqueue_many: bool = False, shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """`batch` of the elements for which `keep_input` is true."""
def maybe_batch_join(tensors_list: Any, keep_input: Any, batch_size: TensorLike, capacity: int = 32, enqueue_many: bool = False, shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """`batch_join` of the elements for which `keep_input` is true; see `maybe_batch`."""
def maybe_shuffle_batch(tensors: Any, batch_size: TensorLike, capacity: int, min_after_dequeue: int, keep_input: Any, num_threads: int = 1, seed: int | None = None, enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """`shuffle_batch` of the elements for which `keep_input` is true; see `maybe_batch`."""
def maybe_shuffle_batch_join(tensors_list: Any, batch_size: TensorLike, capacity: int, min_after_dequeue: int, keep_input: Any, seed: int | None = None, enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """`shuffle_batch_join` of the elements for which `keep_input` is true; see `maybe_batch`."""
def natural_exp_decay(learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False, name: str | None = None) -> Any:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`; see `exponential_decay`."""
def noisy_linear_cosine_decay(learning_rate: Any, global_step: Any, decay_steps: Any, initial_variance: float = 1.0, variance_decay: float = 0.55, num_periods: float = 0.5, alpha: float = 0.0, beta: float = 0.001, name: str | None = None) -> Any:
    """`linear_cosine_decay` with noise whose variance decays."""
def piecewise_constant(x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None) -> tf.Tensor:
    """One of `values`: the first up to the first boundary, the next up to the second, and so on."""
piecewise_constant_decay = tf.compat.v1.train.piecewise_constant
def polynomial_decay(learning_rate: Any, global_step: Any, decay_steps: Any, end_learning_rate: Any = 0.0001, power: Any = 1.0, cycle: bool = False, name: str | None = None) -> tf.Tensor:
    """From `learning_rate` to `end_learning_rate` in `decay_steps` steps."""
def range_input_producer(limit: TensorLike, num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None, capacity: int = 32, shared_name: str | None = None, name: str | None = None) -> Any:
    """A queue of the integers from 0 to `limit - 1`."""
def remove_checkpoint(checkpoint_prefix: Any, checkpoint_format_version: int = 2, meta_graph_suffix: str = 'meta') -> None:
    """Delete a checkpoint and the file with its graph."""
def shuffle_batch(tensors: Any, batch_size: TensorLike, capacity: int, min_after_dequeue: int, num_threads: int = 1, seed: int | None = None, enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """Batches of shuffled elements, which threads compute ahead."""
def shuffle_batch_join(tensors_list: Any, batch_size: TensorLike, capacity: int, min_after_dequeue: int, seed: int | None = None, enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False, shared_name: str | None = None, name: str | None = None) -> Any:
    """`shuffle_batch` of the elements of several sources, one thread for each."""
def slice_input_producer(tensor_list: TensorLike, num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None, capacity: int = 32, shared_name: str | None = None, name: str | None = None) -> list[Any]:
    """One row of each of some tensors, another one each time it is computed."""
def start_queue_runners(sess: Any = None, coord: Any = None, daemon: bool = True, start: bool = True, collection: str = 'queue_runners') -> list[threading.Thread]:
    """Start the queue runners of the graph."""
def string_input_producer(string_tensor: Any, num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None, capacity: int = 32, shared_name: str | None = None, name: str | None = None, cancel_op: Any = None) -> Any:
    """A queue of strings such as the names of files."""
def summary_iterator(path: Any) -> Iterator[Any]:
    """The Event messages of an event file, one after the other."""
def update_checkpoint_state(save_dir: Any, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None, latest_filename: str | None = None, all_model_checkpoint_timestamps: Any = None, last_preserved_timestamp: float | None = None) -> None:
    """Write the file that names the checkpoints of a folder."""
def warm_start(ckpt_to_initialize_from: Any, vars_to_warm_start: Any = '.*', var_name_to_vocab_info: Any = None, var_name_to_prev_var_name: Any = None) -> None:
    """Let variables of the graph begin with the values that variables of a checkpoint have."""
