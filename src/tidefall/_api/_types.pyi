# Written by `python -m tidefall.api.stubs`; do not edit.
"""Types that signatures share, and classes that they name."""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
import enum
import jax
import numpy as np
import tidefall as tf
import tidefall._api._types as _tidefall__api__types
import types
from typing import Any
from typing import NamedTuple
from typing import ParamSpec
from typing import Protocol
from typing import TypeAlias
from typing import TypeVar

P = ParamSpec('P')
T = TypeVar('T')
R = TypeVar('R')
Q = ParamSpec('Q')
S = TypeVar('S')
F = TypeVar('F', bound=Callable[..., Any])
Key = TypeVar('Key')
class SupportsArray(Protocol):
    """What NumPy makes an array of: its arrays and numbers, JAX's arrays, Keras's variables."""

    def __array__(self) -> Any:
        ...
HostArray: TypeAlias = np.ndarray[Any, Any]
XlaArray: TypeAlias = jax.Array
Scalar: TypeAlias = int | float | complex | str | bytes
TensorLike: TypeAlias = tf.Tensor | tf.Variable | SupportsArray | tf.TensorShape | Scalar | Sequence[Any]
DTypeLike: TypeAlias = tf.DType | np.dtype[Any] | type[Any] | str | int
ShapeLike: TypeAlias = tf.TensorShape | tf.Tensor | SupportsArray | Sequence[Any] | int
Nest: TypeAlias = T | Sequence[Nest[T]] | Mapping[str, Nest[T]]
class AllReduce(tf.distribute.CrossDeviceOps):
    """Brings values together on all devices at once."""
    num_packs: int
    def __init__(self, num_packs: int = 1) -> None: ...
class BaseSession:
    """What both kinds of session do."""
    def __init__(self, target: str = '', graph: tf.Graph | None = None, config: Any = None) -> None: ...
    @property
    def graph(self) -> tf.Graph:
        """The graph that is run."""
    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef message."""
    @property
    def sess_str(self) -> bytes:
        """The server the session runs on: this process."""
    def close(self) -> None:
        """Free the session's variables; it cannot be run any more."""
    def list_devices(self) -> list[Any]:
        """The devices that nodes can be placed on."""
    def as_default(self) -> AbstractContextManager[Any]:
        """Be the session that `eval` and `Operation.run` use inside the block."""
    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Run the nodes that fetches need, once."""
    def make_callable(self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False) -> Callable[..., Any]:
        """A function that runs fetches with its arguments as feeds."""
    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> Any:
        """Runs in several parts are not implemented."""
    def partial_run(self, handle: Any, fetches: Any, feed_dict: Any = None) -> Any:
        """Runs in several parts are not implemented."""
class BatchableTypeSpec(tf.TypeSpec):
    """A type whose values can be stacked along a new outermost dimension, as `batch` does."""
class Blocks(tf.linalg.LinearOperator):
    """What block operators share: arguments that come in blocks, and the dense matrix."""
    def matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = 'matmul') -> tf.Tensor:
        """The product with matrices, with a list of blocks of rows, or with another operator."""
    def solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = 'solve') -> tf.Tensor:
        """The x with `operator @ x = rhs`."""
    def matvec(self, x: TensorLike, adjoint: bool = False, name: str = 'matvec') -> Any:
        """The product with vectors `[..., n]`, or with a list of blocks `[..., n_i]`."""
    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = 'solve') -> Any:
        """The x with `operator @ x = rhs` for vectors `[..., m]`, or a list of blocks."""
class CheckpointReader:
    """What `tf.train.load_checkpoint` returns: the tensors of a checkpoint by name."""
    def __init__(self, prefix: str) -> None: ...
    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a tensor of that name."""
    def get_tensor(self, tensor_str: str) -> Any:
        """The value of a tensor, as an array that may be changed."""
    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shape of each tensor by name."""
    def get_variable_to_dtype_map(self) -> dict[str, tf.DType]:
        """The dtype of each tensor by name."""
    def debug_string(self) -> bytes:
        """The tensors in words, one on a line."""
class Circulant(tf.linalg.LinearOperator):
    """What circulant operators of any depth share."""
    @property
    def spectrum(self) -> Any:
        """The spectrum: the eigenvalues, by frequency."""
    @property
    def block_depth(self) -> int:
        """How many dimensions are transformed."""
    @property
    def block_shape(self) -> tf.TensorShape:
        """The static sizes of the dimensions that are transformed."""
    def block_shape_tensor(self) -> Any:
        """These sizes as an int32 vector."""
    def convolution_kernel(self, name: str = 'convolution_kernel') -> Any:
        """What the operator convolves with: the inverse transform of the spectrum."""
    def eigvals(self, name: str = 'eigvals') -> Any:
        """The eigenvalues `[..., n]`."""
    def assert_hermitian_spectrum(self, name: str = 'assert_hermitian_spectrum') -> Any:
        """Check that the operator is real: that its convolution kernel is."""
class DTensor(MeshTensor):
    """A tensor that lies on a mesh: a jax array, or for strings a NumPy array."""
    def __init__(self, value: Any, layout: tf.experimental.dtensor.Layout, mesh_device: Any) -> None: ...
    def summary(self) -> str:
        """The value on each device, or once if it is the same on all, and the layout."""
    layout: tf.experimental.dtensor.Layout
class DatasetV2:
    """Marks datasets for Keras and others, who tell them by the name and module of a base class."""
class DebugEventsWriter:
    """Six TFRecord files of DebugEvent messages in one folder."""
    run_id: str
    host_name: Any
    def __init__(self, dump_root: str, tfdbg_run_id: str, circular_buffer_size: int = 1000) -> None: ...
    @property
    def dump_root(self) -> str:
        """The folder."""
    @property
    def closed(self) -> bool:
        """Whether the files are finished."""
    def WriteSourceFile(self, source_file: Any) -> None:
        """Add the text of a source file, a `SourceFile` message or a dict of its fields."""
    def WriteStackFrameWithId(self, stack_frame_with_id: Any) -> None:
        """Add a place in a source file, a `StackFrameWithId` message or a dict of its fields."""
    def WriteGraphOpCreation(self, graph_op_creation: Any) -> None:
        """Add a node of a graph, a `GraphOpCreation` message or a dict of its fields."""
    def WriteDebuggedGraph(self, debugged_graph: Any) -> None:
        """Add a graph, a `DebuggedGraph` message or a dict of its fields."""
    def WriteExecution(self, execution: Any) -> None:
        """Add an eager op or a call of a function, an `Execution` message or a dict."""
    def WriteGraphExecutionTrace(self, graph_execution_trace: Any) -> None:
        """Add what a node computed, a `GraphExecutionTrace` message or a dict of its fields."""
    def RegisterDeviceAndGetId(self, device_name: str) -> int:
        """The number of a device, which is written when it is met first."""
    def FlushNonExecutionFiles(self) -> None:
        """Hand the files on programs and graphs to the operating system."""
    def FlushExecutionFiles(self) -> None:
        """Write the events of execution that are kept, and forget them."""
    def Close(self) -> None:
        """Write everything and finish the files. Closing again does nothing."""
class DistributedVariable(tf.Variable, tf.distribute.DistributedValues):
    """A variable with a component for each replica."""
    is_distributed_variable: bool
    def __init__(self, strategy: tf.distribute.Strategy, components: Sequence[tf.Variable]) -> None: ...
    @property
    def distribute_strategy(self) -> tf.distribute.Strategy:
        """The strategy in whose scope it was made."""
    @property
    def primary(self) -> tf.Variable:
        """The component of replica 0."""
    def component(self) -> tf.Variable:
        """The component that code which runs here sees."""
    def on_components(self, fn: Callable[[tf.Variable], Any]) -> Any:
        """Call a function with each component that code which runs here is to change."""
    @property
    def handle(self) -> Any:
        """The handle of the component that code which runs here sees."""
    @property
    def device(self) -> str: ...
    def is_initialized(self, name: str | None = None) -> Any:
        """Whether all components have values, as a bool tensor."""
    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any: ...
class DynamicRaggedShapeSpec(tf.TypeSpec):
    """The type of a ragged shape: how many partitions, and what is known of the sizes."""
    def __init__(self, row_partitions: Any, static_inner_shape: ShapeLike | None, dtype: DTypeLike) -> None: ...
    @classmethod
    def from_value(cls, value: tf.experimental.DynamicRaggedShape) -> DynamicRaggedShapeSpec:
        """The type of a shape."""
    @property
    def value_type(self) -> Any:
        """`tf.experimental.DynamicRaggedShape`."""
    @property
    def dtype(self) -> tf.DType:
        """int32 or int64."""
    @property
    def inner_rank(self) -> int | None:
        """The rank of the flat values, or None."""
    @property
    def num_row_partitions(self) -> int:
        """How many dimensions are partitioned."""
    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None."""
class FileDataset(tf.data.Dataset):
    """A dataset that reads files. A subclass makes the dataset of one file."""
class FileStatistics:
    """What `tf.io.gfile.stat` tells."""
    def __init__(self, length: int, mtime_nsec: int, is_directory: bool) -> None: ...
    is_directory: bool
    length: int
    mtime_nsec: int
class Gaussian(Initializer_):
    mean: Any
    stddev: Any
    seed: Any
    dtype: Any
    def __init__(self, mean: Any = 0.0, stddev: Any = 1.0, seed: int | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]: ...
class GraphFunction:
    """A graph with a name: what the `f` attribute of a call node refers to."""
    name: str
    graph: tf.__internal__.FuncGraph
    jit_compile: bool
    prepared: Executable | None
    own_state: RunState | None
    def __init__(self, name: str, graph: tf.__internal__.FuncGraph, jit_compile: bool = False) -> None: ...
    def call(self, values: Sequence[Any]) -> list[Any]:
        """Run it by itself with raw values (arrays, resources) of the graph's inputs: what its nodes keep from call to call is its own."""
    def run(self, values: Sequence[Any]) -> list[Any]:
        """Run as a part of what runs in this thread, which keeps what the nodes keep; by itself if there is none."""
    @property
    def state(self) -> RunState:
        """What its nodes keep between the calls of `call`."""
    def use(self, executable: Executable | None) -> None:
        """Run with another executable from now on; None: with one made at the next call."""
    def executable(self, shared: bool = False) -> Executable:
        """What runs the graph; made when first asked for."""
    def prepare(self) -> Executable:
        """Make what is to run the graph."""
    def with_graph(self, graph: tf.__internal__.FuncGraph) -> GraphFunction:
        """A function like this one with another graph."""
class Initializer:
    """Base of the initialisers: called with a shape and a dtype, it gives a tensor."""
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, **kwargs: Any) -> Any:
        """Make a tensor."""
    def get_config(self) -> dict[str, Any]:
        """The arguments that make an initialiser like this one."""
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initialiser from what `get_config` returned; a "dtype" in it is left out."""
class Initializer_:
    """Base of the initialisers: called with a shape, it gives a tensor."""
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, partition_info: Any = None) -> Any: ...
    def get_config(self) -> dict[str, Any]:
        """The arguments that make an initialiser like this one."""
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initialiser from what `get_config` returned."""
class IteratorSaveable(Saveable):
    """The position of an iterator, for savers."""
    def __init__(self, resource: Any, policy: tf.data.experimental.ExternalStatePolicy) -> None: ...
    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """The node that restores the iterator."""
class LayerError:
    """How far a layer of a quantized model is from the float one."""
    name: str
    operator: str
    layer: str
    scale: float
    zero_point: int
    signal: float
    noise: float
    largest: float
    used: float
    count: int
    def see(self, wanted: np.ndarray, got: np.ndarray, integers: np.ndarray) -> None:
        """Take in a run."""
    @property
    def snr(self) -> float:
        """Signal-to-noise ratio in decibels."""
    def __init__(self, name: str, operator: str, layer: str, scale: float, zero_point: int, signal: float = 0.0, noise: float = 0.0, largest: float = 0.0, used: float = 0.0, count: int = 0, _seen: list[int] = ...) -> None: ...
class LayoutType(enum.Enum):
    """What kind of layout one is."""
    STATIC = 1
    PARTED = 2
    SINGLE_DEVICE = 3
class LiteProgram:
    """A model: its subgraphs, the first one or more of which people call."""
    subgraphs: list[Subgraph]
    signatures: list[Signature_]
    origins: dict[int, tuple[Value, Value]]
    def __init__(self) -> None: ...
    def all_subgraphs(self) -> list[Subgraph]:
        """All subgraphs that are reached, those that are called by people first."""
    def operators(self) -> Iterable[Operator]:
        """All operators of all subgraphs."""
    def copy(self) -> LiteProgram:
        """A copy that may be changed; constants' data are shared."""
class LookupInterface(tf.saved_model.experimental.TrackableResource):
    """Base of the tables of `tf.lookup`."""
    def __init__(self, key_dtype: DTypeLike, value_dtype: DTypeLike) -> None: ...
    @property
    def key_dtype(self) -> tf.DType:
        """The dtype of the keys."""
    @property
    def value_dtype(self) -> tf.DType:
        """The dtype of the values."""
    @property
    def name(self) -> Any:
        """The table's name."""
    def size(self, name: str | None = None) -> Any:
        """The number of entries, int64."""
    def lookup(self, keys: Any, name: str | None = None) -> Any:
        """The value of each key."""
    def __getitem__(self, keys: Any) -> Any: ...
class MeshDimension(NamedTuple):
    """A dimension of a mesh."""
    name: Any
    size: Any
class MonitoredSession:
    """What both kinds of monitored sessions do."""
    StepContext = _tidefall__api__types.StepContext
    def __init__(self, creator: tf.compat.v1.train.SessionCreator, hooks: Any, should_recover: bool, stop_grace_period_secs: float) -> None: ...
    @property
    def graph(self) -> Any:
        """The graph that is run."""
    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Run nodes, with the hooks around; see `tf.compat.v1.Session.run`."""
    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """Run a function of the session."""
    def should_stop(self) -> bool:
        """Whether the program's loop should end."""
    def is_closed(self) -> bool:
        """Whether the session is closed."""
    def close(self) -> None:
        """End the hooks and close the session."""
    def __enter__(self) -> Any: ...
    def __exit__(self, kind: Any, value: Any, trace: Any) -> bool: ...
class MutableTable(LookupInterface):
    """A table that checkpoints store."""
    def __init__(self, key_dtype: DTypeLike, value_dtype: DTypeLike, default_value: Any, name: str, checkpoint: bool) -> None: ...
    @property
    def name(self) -> str:
        """The table's name."""
    def remove(self, keys: TensorLike, name: str | None = None) -> Any:
        """Take keys and their values out; those that are not there do not matter."""
    def insert(self, keys: TensorLike, values: Any, name: str | None = None) -> Any:
        """Set the values of keys."""
    def export(self, name: str | None = None) -> Any:
        """All keys and their values: two tensors in one order, that of insertion."""
class Op:
    """One op with all its facets."""
    definition: OpDef
    is_declared: Any
    name: Any
    is_stateful: Any
    shape: Callable[..., Any] | None
    host: Callable[..., Any] | None
    xla: Callable[..., Any] | None
    effects: Effects
    traits: frozenset[Trait]
    batching: Callable[..., Any] | None
    jvp: Callable[..., Any] | None
    gradient: Callable[..., Any] | str | None
    static: frozenset[str]
    xla_through: dict[Op, Callable[..., Any]]
    host_attrs: tuple[str, ...]
    xla_attrs: tuple[str, ...]
    random_blocks: Callable[..., int] | None
    module: str
    def __init__(self, definition: OpDef) -> None: ...
    def load(self) -> bool:
        """Whether the op is declared, once the module that does so, if any, is imported."""
    def declare(self, module: str, *, shape: Callable[..., Any] | None = None, host: Callable[..., Any] | None = None, xla: Callable[..., Any] | None = None, effects: object, traits: Collection[Trait] = (), batching: Callable[..., Any] | None = None, jvp: Callable[..., Any] | None = None, gradient: Callable[..., Any] | str | None = None, static: Sequence[str] = ()) -> None:
        """Set the facets; `op` is what modules that declare ops call."""
    def __call__(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Any: ...
    def execute(self, tensors: Sequence[Any], attrs: dict[str, Any]) -> Sequence[Any]:
        """Run the op, or add a node for it, with everything bound already; the flat outputs."""
    def run(self, tensors: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Run the op on eager tensors; the outputs come back as a flat list."""
    def run_lowering(self, tensors: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Do what `run` does by the compiled lowering, also where there is a host kernel."""
    def explain(self, error: Exception, tensors: Sequence[Any], attrs: dict[str, Any]) -> Exception:
        """The error to raise for a failed kernel: TensorFlow's class, the op, what was wrong."""
class OptionsBase:
    """A fixed set of typed attributes, each None until it is set."""
    def __init__(self) -> None: ...
class OwnedIterator(tf.data.Iterator):
    """The iterator over one dataset."""
    def __init__(self, dataset: tf.data.Dataset | None = None, components: Any = None, element_spec: Any = None) -> None: ...
    @property
    def element_spec(self) -> Any: ...
    def __iter__(self) -> OwnedIterator: ...
    def __next__(self) -> Any: ...
    def next(self) -> Any:
        """The next element, as `next(iterator)` gives it."""
    def get_next(self) -> Any: ...
    def get_next_as_optional(self) -> tf.data.experimental.Optional: ...
class PerWorkerDataset:
    """A dataset of which each worker has its own."""
    def __init__(self, make_dataset: Callable[[], Any], element_spec: Any, is_distributed: bool, maker: ResourceMaker) -> None: ...
    @property
    def element_spec(self) -> Any:
        """The type spec of an element."""
    def __iter__(self) -> PerWorkerDistributedIterator: ...
class Plan:
    """A pipeline as it will run: `print` it, or look at its `stages`."""
    stages: list[PlannedStage]
    options: dict[str, Any]
    def __init__(self, stages: list[PlannedStage], options: dict[str, Any]) -> None: ...
class Profile:
    """Where the time of a pipeline went."""
    seconds: Any
    def __init__(self, node: Node) -> None: ...
    def __enter__(self) -> Profile: ...
    def __exit__(self, *_: object) -> None: ...
    @property
    def elements(self) -> int: ...
    @property
    def waited(self) -> float: ...
    @property
    def stages(self) -> list[ProfiledStage]:
        """The stages, in the order in which elements pass them."""
    @property
    def bottleneck(self) -> ProfiledStage | None:
        """The stage that keeps a thread busy the longest; None if nothing was measured."""
    @property
    def advice(self) -> str:
        """Which stage takes the most time, and what to do about it."""
class Reference:
    """A hashable handle of a tensor or variable, compared by identity (`Tensor.ref()`)."""
    def __init__(self, target: Any) -> None: ...
    def deref(self) -> Any:
        """The tensor or variable behind this reference."""
class Report:
    """What conversion does to a model."""
    obstacles: list[Obstacle]
    flex: list[tuple[str, str, str]]
    float_layers: list[FloatLayer]
    operators: dict[str, int]
    ranges: dict[str, tuple[float, float]]
    outliers: list[str]
    differences: dict[str, float]
    kept: list[str]
    size: int
    @property
    def is_clean(self) -> bool:
        """Whether all goes into builtins, and into integers where they were asked for."""
    def __init__(self, obstacles: list[Obstacle] = ..., flex: list[tuple[str, str, str]] = ..., float_layers: list[FloatLayer] = ..., operators: dict[str, int] = ..., size: int = 0, ranges: dict[str, tuple[float, float]] = ..., outliers: list[str] = ..., differences: dict[str, float] = ..., kept: list[str] = ...) -> None: ...
class Reuse:
    """Whether variables are shared: `AUTO_REUSE` shares the ones that are there."""
    def __init__(self, name: str) -> None: ...
class RuleOptimizer(tf.compat.v1.train.Optimizer):
    """An optimizer whose update is one op: `_rule` and what it is given besides the gradient."""
class SaveSliceInfo:
    """That a variable is saved as a part of a larger one."""
    full_name: str | None
    full_shape: Any
    var_offset: Any
    var_shape: Any
    def __init__(self, full_name: str | None = None, full_shape: ShapeLike | None = None, var_offset: Any = None, var_shape: ShapeLike | None = None, save_slice_info_def: Any = None, import_scope: str | None = None) -> None: ...
    @classmethod
    def from_spec(cls, spec: str) -> SaveSliceInfo:
        """The part that a text such as "5 2 2,3:0,2" describes; it says no name."""
    @property
    def spec(self) -> str:
        """The part as a text: the shape of the whole, then start and length in each dimension."""
    def of_slot(self, name: str) -> SaveSliceInfo:
        """The like part of what belongs to the whole, such as its momentum."""
    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaveSliceInfoDef message; None if the variable is outside of `export_scope`."""
class Scope:
    """What the blocks that a graph is in ask of its new nodes."""
    def colocated_with(self, groups: Iterable[bytes]) -> Scope:
        """This scope, with more groups to live with."""
    def alone(self) -> Scope:
        """This scope, with nobody to live with."""
    def kept_in(self, container: str) -> Scope:
        """This scope, with another container."""
    def differentiated_by(self, op_type_map: Any) -> Scope:
        """This scope, with other gradient functions for some ops."""
    def mark(self, node: tf.Operation) -> None:
        """Note on a new node what is asked of it."""
    def __init__(self, colocated: frozenset[bytes] = ..., container: str = '', gradients: Mapping[str, str] = ...) -> None: ...
    colocated: frozenset[bytes]
    container: str
    gradients: Mapping[str, str]
class Sealed:
    """Fields that are set while the constructor runs and not afterwards."""
class Signature:
    """The parameters of a Python function, and how calls bind to them."""
    input_signature: Any
    names: Any
    plain: Any
    python: Any
    def __init__(self, function: Callable[..., Any], input_signature: Any = None) -> None: ...
    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments in canonical form, defaults filled in."""
    def cast(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Convert the arguments to the input signature."""
    def describe(self) -> str:
        """The parameters with their specs, as in a function header."""
class SignatureRunner:
    """Runs one signature of an interpreter's model; made by `get_signature_runner`."""
    def __init__(self, engine: Engine, signature_key: str) -> None: ...
    def __call__(self, **kwargs: Any) -> dict[str, Any]:
        """Run the signature."""
    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """What the inputs are, by name, as `Interpreter.get_input_details`."""
    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """What the outputs are, by name, as `Interpreter.get_input_details`."""
class Source:
    """One way to call what is converted."""
    key: str
    function: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tensor_prefix: str
    @property
    def arguments(self) -> Sequence[Any]:
        """The placeholders of the arguments."""
    @property
    def assigned(self) -> list[Any]:
        """The handles of variables that it assigns to."""
    def call(self, values: Sequence[Any]) -> list[Any]:
        """What the source gives for arrays in the order of the inputs, as arrays in that of the outputs. Variables are as before afterwards."""
    def __init__(self, key: str, function: Any, inputs: tuple[str, ...], outputs: tuple[str, ...], tensor_prefix: str = '') -> None: ...
class Structure:
    """How elements of one spec are taken apart into flat values and put together again."""
    spec: Any
    leaves: list[tf.TypeSpec]
    flat_specs: list[tf.TensorSpec]
    pack: Callable[[Sequence[Any]], Any]
    def __init__(self, spec: Any) -> None: ...
    @property
    def dtypes(self) -> list[tf.DType]:
        """The dtypes of the flat components: the attribute `output_types` of dataset ops."""
    @property
    def shapes(self) -> list[tf.TensorShape]:
        """The shapes of the flat components: the attribute `output_shapes` of dataset ops."""
    @property
    def attrs(self) -> dict[str, Any]:
        """Both attributes, as most dataset ops call them."""
    def to_tensors(self, element: Any) -> list[Any]:
        """The flat tensors of an element of this spec."""
    def from_tensors(self, tensors: Sequence[Any]) -> Any:
        """The element made of flat tensors, eager or symbolic."""
class StructuredTensorSpec(BatchableTypeSpec):
    """The types of the fields of a structured tensor, and the type of its shape."""
    def __init__(self, _fields: Any, _ragged_shape: ShapeLike | None) -> None: ...
    @classmethod
    def from_value(cls, value: Any) -> StructuredTensorSpec:
        """The type of a structured tensor."""
    @property
    def value_type(self) -> Any:
        """`tf.experimental.StructuredTensor`."""
    @property
    def rank(self) -> int | None:
        """The number of dimensions."""
    @property
    def shape(self) -> tf.TensorShape:
        """What is known of the shape."""
class Switch:
    """Sets strict broadcasting in this thread inside a `with` block."""
    def __init__(self, on: bool) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None: ...
class TableInitializer(tf.__internal__.tracking.Trackable):
    """Fills a table."""
    def __init__(self, key_dtype: DTypeLike, value_dtype: DTypeLike) -> None: ...
    @property
    def key_dtype(self) -> tf.DType:
        """The dtype of the keys."""
    @property
    def value_dtype(self) -> tf.DType:
        """The dtype of the values."""
    @property
    def is_known(self) -> bool:
        """Whether the contents are known now, rather than when a traced function runs."""
    def initialize(self, table: Any) -> Any:
        """Fill a table; in a graph, returns the node that does it."""
class Template(tf.__internal__.tracking.Trackable):
    """A function whose calls share their variables; its variables and templates are its children."""
    def __init__(self, name: str, function: Callable[..., Any], unique_name: str | None, custom_getter: Any, kwargs: dict[str, Any]) -> None: ...
    @property
    def variable_scope(self) -> tf.compat.v1.VariableScope:
        """The scope, which is opened when it is first asked for."""
    @property
    def name(self) -> str:
        """Name of the scope."""
    @property
    def variables(self) -> list[Any]:
        """The variables that calls made."""
    @property
    def global_variables(self) -> list[Any]:
        """The variables that calls made."""
    @property
    def trainable_variables(self) -> list[Any]:
        """Those of them that are trained."""
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
class TypeSpecBase:
    """Marks every type spec, so that `nest` recognises one without importing `specs`."""
class Unstored(tf.linalg.LinearOperator):
    """What the operators below share: their size, and arguments repeated to it."""
class VariableStore:
    """The variables that `get_variable` made in one graph."""
    variables: dict[str, Any]
    partitioned: dict[str, PartitionedVariable]
    made_at: dict[str, str]
    def __init__(self) -> None: ...
    @classmethod
    def current(cls) -> VariableStore:
        """The store of the default graph."""
    def get(self, name: str, custom_getter: Callable[..., Any] | None = None, **options: Any) -> Any:
        """The variable of that name, made if it may be; `custom_getter` may step in."""
class WrappedFunction(tf.types.experimental.ConcreteFunction):
    """A concrete function whose graph can be cut into others with `prune`."""
    def prune(self, feeds: Any, fetches: Any, name: str | None = None, input_signature: Any = None) -> WrappedFunction:
        """A function of some tensors of the graph that returns others."""
class Wrapper(tf.Module):
    """What the wrappers share: all that they do not change is the cell's."""
    trainable: Any
    cell: Any
    built: Any
    dtype: Any
    def __init__(self, cell: Any, dtype: DTypeLike | None = None, name: str | None = None, **kwargs: Any) -> None: ...
    def __call__(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        """Outputs and new state; builds the cell at the first call."""
    def build(self, inputs_shape: ShapeLike | None) -> None:
        """Give the cell its variables, if it has none yet."""
    def call(self, inputs: Any, state: TensorLike, **kwargs: Any) -> Any:
        """Outputs and new state."""
    @property
    def state_size(self) -> Any:
        """Sizes of the state: a number, a shape, or a nest of them."""
    @property
    def output_size(self) -> Any:
        """Size of the outputs: a number, a shape, or a nest of them."""
    def zero_state(self, batch_size: TensorLike, dtype: DTypeLike) -> Any:
        """The cell's own state of zeros."""
    def get_initial_state(self, inputs: TensorLike | None = None, batch_size: TensorLike | None = None, dtype: DTypeLike | None = None) -> Any:
        """A state of zeros."""
    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes the same wrapper of."""
    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The wrapper that a configuration describes."""
class Effects:
    """What an op does. Two of them are joined by `|`."""
    def __or__(self, other: Effects) -> Effects: ...
    @property
    def inputs(self) -> frozenset[str]:
        """Names of all the inputs it mentions."""
    def __init__(self, reads: frozenset[str] = ..., writes: frozenset[str] = ..., calls: tuple[str, ...] = (), keeps: bool = False, refers: bool = False, makes: bool = False, draws: bool = False, checks: bool = False, prints: bool = False, reads_outside: bool = False, writes_outside: bool = False, anything: bool = False, given: bool = False) -> None: ...
    anything: bool
    calls: tuple[str, ...]
    checks: bool
    draws: bool
    given: bool
    is_needed: bool
    is_outside: bool
    is_pure: bool
    keeps: bool
    makes: bool
    prints: bool
    reads: frozenset[str]
    reads_outside: bool
    refers: bool
    writes: frozenset[str]
    writes_outside: bool
class Engine:
    """A model and the arrays that go in and come out, subgraph by subgraph."""
    program: Any
    signatures: Any
    def __init__(self, name: str, content: Any, compile_often_used: bool = True, preserve_all_tensors: bool = False, threads: int = 0) -> None: ...
    def graph(self, subgraph_index: int) -> Graph:
        """A subgraph."""
    def info(self, subgraph_index: int, tensor_index: int) -> TensorInfo:
        """What the file says of a tensor."""
    def is_compiled(self, subgraph_index: int = 0) -> bool:
        """Whether a subgraph has been compiled for inputs of some shapes."""
    def allocate(self, subgraph_index: int) -> None:
        """Make the inputs of a subgraph ready to be set."""
    def resize(self, subgraph_index: int, input_index: int, shape: Sequence[int], strict: bool = False) -> None:
        """Give an input another shape; see `Interpreter.resize_tensor_input`."""
    def set(self, subgraph_index: int, tensor_index: int, value: Any) -> None:
        """Copy a value into an input; see `Interpreter.set_tensor`."""
    def current(self, subgraph_index: int, tensor_index: int) -> np.ndarray[Any]:
        """The present value of a tensor, without a copy; see `Interpreter.get_tensor`."""
    def invoke(self, subgraph_index: int) -> None:
        """Run a subgraph on the inputs that were set; see `Interpreter.invoke`."""
    def details_of(self, subgraph_index: int, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """The details of some tensors of a subgraph."""
    def details(self, subgraph_index: int, tensor_index: int) -> dict[str, Any]:
        """The details of a tensor; see `Interpreter.get_input_details`."""
class Executable(Protocol):
    """A program that is ready to run."""
    def run(self, arguments: Sequence[Any], state: RunState | None = None, /) -> list[Any]:
        """Run once."""
class FloatLayer:
    """An operator that stays float in a quantized model."""
    operator: str
    layer: str
    line: str
    reason: str
    def __init__(self, operator: str, layer: str, line: str, reason: str) -> None: ...
class MeshTensor(tf.__internal__.EagerTensor):
    """An eager tensor that lies on all devices of a mesh, whole or in parts."""
    def __init__(self, value: Any, mesh_device: Any) -> None: ...
    @property
    def device(self) -> str: ...
    mesh_device: Any
class Node:
    """One stage of a pipeline: the value of a dataset's variant tensor."""
    inputs: tuple[Node, ...]
    functions: tuple[UserFunction, ...]
    options: tf.data.Options | None
    shapes: Sequence[tf.TensorShape] | None
    made_by: MadeBy | None
    is_transparent: bool
    tuning: tuple[str, ...]
    replayed: Op | None
    per_call: bool
    def make_iterator(self) -> ElementIterator:
        """A new iterator, at the beginning. Nodes without random access say which."""
    def cardinality(self) -> int:
        """The number of elements, INFINITE or UNKNOWN."""
    def random_access(self) -> RandomAccess | None:
        """The elements by number, where that costs no more than one after the other."""
    title: str
    def describe(self, asked: str) -> Stage:
        """How it runs, for `Dataset.explain`."""
    def advice(self) -> str:
        """What may help if it is this stage that takes the time."""
    def describe_passing(self, asked: str, **arguments: Any) -> Stage:
        """The same for a stage that asks its inputs as it is asked itself."""
    @property
    def random_ops(self) -> frozenset[int]:
        """The random ops in the functions of the pipeline, by identity."""
    @property
    def draws_random(self) -> bool:
        """Whether there are such ops, there or in datasets that the functions use."""
    @property
    def captured_random_ops(self) -> frozenset[int]:
        """The random ops in datasets that the functions of the pipeline use, by identity."""
    def with_inputs(self, inputs: Sequence[Node]) -> Node:
        """The same stage over other inputs. What iterators share is not shared with it."""
    def save_shared(self) -> Any:
        """The state that all iterators share, here and in the inputs: random streams and seeds."""
    def restore_shared(self, state: Any) -> None:
        """Take up what `save_shared` told."""
class Obstacle:
    """A node without builtin operators."""
    op: str
    layer: str
    line: str
    reason: str
    signature: str
    is_input: bool
    def __init__(self, op: str, layer: str, line: str, reason: str, signature: str = '', is_input: bool = False) -> None: ...
class OpDef:
    """The signature of an op."""
    def group_inputs(self, flat: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Arrange a flat list of inputs as a kernel takes them."""
    def flatten_inputs(self, grouped: Sequence[Any]) -> list[Any]:
        """The flat list of inputs that `group_inputs` arranged."""
    def flatten_outputs(self, result: Any) -> list[Any]:
        """The flat list of outputs in what a kernel returned."""
    def pack_outputs(self, flat: Sequence[Any], attrs: dict[str, Any]) -> Any:
        """What a call returns: a tensor, a list for a list output, or a tuple of outputs."""
    def output_dtypes(self, attrs: dict[str, Any]) -> list[tf.DType]:
        """Dtypes of all the outputs, flat."""
    def __init__(self, name: str, inputs: tuple[ArgDef, ...], outputs: tuple[ArgDef, ...], attrs: dict[str, AttrDef], is_stateful: bool = False, is_commutative: bool = False, deprecated: str = '', library: str = '') -> None: ...
    attrs: dict[str, AttrDef]
    bindings: dict[Any, Any]
    defaults: dict[str, Any]
    deprecated: str
    has_lists: bool
    has_references: bool
    inferred: frozenset[str]
    inputs: tuple[ArgDef, ...]
    is_commutative: bool
    is_stateful: bool
    library: str
    lists_out: bool
    n_outputs: int
    name: str
    outputs: tuple[ArgDef, ...]
class Operator:
    """One operator of a subgraph."""
    code: str
    inputs: list[Value | None]
    outputs: list[Value]
    options: dict[str, Any]
    layer: str
    line: str
    custom: bytes | None
    @property
    def output(self) -> Value:
        """The first output."""
    def input(self, index: int) -> Value:
        """An input that must be there."""
    def subgraphs(self) -> list[Subgraph]:
        """The subgraphs it runs."""
    def __init__(self, code: str, inputs: list[Value | None], outputs: list[Value], options: dict[str, Any] = ..., layer: str = '', line: str = '', custom: bytes | None = None) -> None: ...
class PartitionedVariable:
    """What `get_variable` with a partitioner gives: the parts in order, and their whole."""
    def __init__(self, name: str, shape: ShapeLike | None, dtype: DTypeLike, variable_list: Any, partitions: Sequence[int]) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    @property
    def name(self) -> str:
        """Name of the whole."""
    @property
    def dtype(self) -> tf.DType:
        """Dtype of the whole."""
    @property
    def shape(self) -> tf.TensorShape:
        """Shape of the whole."""
    def get_shape(self) -> tf.TensorShape:
        """Shape of the whole."""
    def as_tensor(self) -> Any:
        """The whole as one tensor."""
    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> list[Any]:
        """Set the whole; what the parts' `assign` returns."""
    def assign_add(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> list[Any]:
        """Add to the whole; see `assign`."""
    def assign_sub(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> list[Any]:
        """Subtract from the whole; see `assign`."""
class PerWorkerDistributedIterator(tf.distribute.coordinator.PerWorkerValue):
    """The iterators of all workers over a per-worker dataset."""
    def __next__(self) -> Any: ...
    def get_next(self) -> Any:
        """Raise: a scheduled function, which is given one worker's iterator, calls it."""
class PlannedStage:
    """One stage of a plan."""
    name: str
    inputs: list[int]
    cardinality: int
    spec: Any
    way: str
    notes: list[str]
    def __init__(self, name: str, inputs: list[int], cardinality: int, spec: Any, way: str, notes: list[str]) -> None: ...
class ProfiledStage:
    """What was measured of one stage."""
    name: str
    depth: int
    elements: int
    own: float
    input: float
    waited: float | None
    full: float | None
    threads: int
    ready: float | None
    size: int
    advice: str
    def __init__(self, name: str, depth: int, elements: int, own: float, input: float, waited: float | None, full: float | None, threads: int, ready: float | None, size: int, advice: str) -> None: ...
class ResourceMaker(Protocol):
    """What gives each worker a resource."""
    def create_per_worker_resources(self, build: Callable[[ResourceOwner], Any], type_spec: Any) -> tuple[PerWorkerResource, ...]: ...
class RunState:
    """The state of one program, or of a function that it calls in one place."""
    def __init__(self, follows_seed: bool = True, root: RunState | None = None, replica: int = 0) -> None: ...
    def at(self, calls: tuple[Any, ...]) -> RunState:
        """The state of the function that is reached by these calls, nodes from the outermost on."""
    def keep(self, site: tuple[Any, ...], make: Callable[[], T], is_stale: Callable[[T], bool] | None = None) -> T:
        """What a node keeps."""
    def part(self, key: Any) -> RunState:
        """The state of a part that runs by itself, the same one for the same key."""
    def of_replica(self, index: int) -> RunState:
        """The state of one of several replicas that run at the same time."""
    follows_seed: bool
    replica: int
    root: Any
class Saveable:
    """Base of what savers take."""
    op: Any
    specs: list[SaveSpec]
    name: str
    def __init__(self, owner: Any, specs: list[SaveSpec], name: str) -> None: ...
    @property
    def device(self) -> str:
        """The device it lives on."""
    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """Restore it; in a graph, the node that does so."""
class Signature_:
    """One way to call the model: names of the inputs and outputs of a subgraph, in their order."""
    key: str
    inputs: list[str]
    outputs: list[str]
    subgraph: Subgraph
    def __init__(self, key: str, inputs: list[str], outputs: list[str], subgraph: Subgraph) -> None: ...
class StepContext:
    """What a step function is given."""
    def __init__(self, session: Any, run_with_hooks_fn: Callable[..., Any]) -> None: ...
    @property
    def session(self) -> Any:
        """The session, without hooks."""
    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """`MonitoredSession.run`."""
    def request_stop(self) -> None:
        """End the step function, and the program's loop."""
class Subgraph:
    """Operators in the order in which they run, with what comes in and goes out."""
    name: str
    inputs: list[Value]
    outputs: list[Value]
    operators: list[Operator]
    def __init__(self, name: str) -> None: ...
    def uses(self) -> dict[int, list[Operator]]:
        """The operators that read each value, by its id."""
    def replace(self, old: Value, new: Value) -> None:
        """Let everyone who reads `old` read `new`."""
    def remove_dead(self) -> None:
        """Remove operators whose outputs nobody reads, but for those that change something."""
class Trait:
    """Something that is true of many ops."""
    def __init__(self, name: str, meaning: str) -> None: ...
    meaning: str
    name: str
class Value:
    """A tensor of a subgraph."""
    def __init__(self, name: str, dtype: DTypeLike, shape: Sequence[int | None], data: np.ndarray | None = None, quantization: Quantization | None = None) -> None: ...
    @property
    def rank(self) -> int:
        """How many dimensions it has."""
    @property
    def is_constant(self) -> bool:
        """Whether its value is known."""
    @property
    def is_static(self) -> bool:
        """Whether all its sizes are known."""
    @property
    def is_float(self) -> bool:
        """Whether it holds real numbers that are not quantized."""
    data: np.ndarray | None
    dtype: Any
    is_variable: Any
    layer: str
    name: str
    producer: Operator | None
    quantization: Quantization | None
    shape: tuple[int | None, ...]
class ArgDef:
    """One input or output: a fixed dtype, a type attribute, or a list of either."""
    @property
    def is_list(self) -> bool: ...
    def length(self, attrs: dict[str, Any]) -> int:
        """How many tensors a list argument has, given the op's attributes."""
    def __init__(self, name: str, dtype: tf.DType | None = None, type_attr: str | None = None, number_attr: str | None = None, type_list_attr: str | None = None, is_ref: bool = False) -> None: ...
    dtype: tf.DType | None
    is_ref: bool
    name: str
    number_attr: str | None
    type_attr: str | None
    type_list_attr: str | None
class AttrDef:
    """One attribute: its kind ("type", "int", "list(shape)", ...), default and allowed values."""
    def __init__(self, name: str, kind: str, has_default: bool, default: Any, allowed: frozenset[Any] | None, allowed_order: tuple[Any, ...], minimum: int | None) -> None: ...
    allowed: frozenset[Any] | None
    allowed_order: tuple[Any, ...]
    default: Any
    has_default: bool
    kind: str
    minimum: int | None
    name: str
class ElementIterator:
    """Gives the elements of a node, one by one or many at a time."""
    def __iter__(self) -> ElementIterator: ...
    def __next__(self) -> Sequence[Any]:
        """The next element; StopIteration at the end and ever after."""
    def batch(self, count: int) -> tuple[int, list[Any]]:
        """The next elements, stacked: at most `count`, fewer only at the end."""
    def skip(self, count: int) -> int:
        """Drop the next `count` elements; returns how many there were."""
    def save(self) -> Any:
        """Where it stands."""
    def restore(self, state: Any) -> None:
        """Stand where another iterator over the same pipeline stood when it was saved."""
    def saves_position(self) -> bool:
        """Whether `save` is quick and its result small: positions, and no elements."""
class Graph:
    """A subgraph."""
    def __init__(self, name: str, tensors: list[TensorInfo], inputs: tuple[int, ...], outputs: tuple[int, ...], steps: list[Step] = ..., variables: list[TensorInfo] = ..., start: list[Any] | None = None, unfolded: list[Step] | None = None, has_layers: bool = False, plans: dict[Any, Plan_ | None] = ...) -> None: ...
    has_layers: bool
    inputs: tuple[int, ...]
    name: str
    outputs: tuple[int, ...]
    plans: dict[Any, Plan_ | None]
    start: list[Any] | None
    steps: list[Step]
    tensors: list[TensorInfo]
    unfolded: list[Step] | None
    variables: list[TensorInfo]
class MadeBy(NamedTuple):
    """The op that made a node, and what it was given: enough to write its graph."""
    op: Any
    inputs: Any
    attrs: Any
    shapes: Any
class PerWorkerResource(tf.distribute.coordinator.RemoteValue):
    """What one worker has of a resource."""
    def __init__(self, build: Callable[[ResourceOwner], Any], owner: ResourceOwner, type_spec: Any) -> None: ...
    def get(self) -> Any:
        """The resource, made if need be."""
    def in_life(self, life: int) -> Any:
        """The resource of one life of the worker, made if need be."""
    def fetch(self) -> Any: ...
class Quantization:
    """How integers stand for reals: `real = scale * (integer - zero_point)`."""
    scale: np.ndarray
    zero_point: np.ndarray
    axis: int
    @staticmethod
    def of(scale: float, zero_point: int = 0) -> Quantization:
        """One scale for the whole tensor."""
    def same_as(self, other: Quantization | None) -> bool:
        """Whether the same integers stand for the same numbers."""
    def quantize(self, values: np.ndarray, dtype: DTypeLike) -> np.ndarray:
        """The nearest integers of a dtype."""
    def __init__(self, scale: np.ndarray, zero_point: np.ndarray, axis: int = 0) -> None: ...
class RandomAccess:
    """Elements that can be had in any order, by number."""
    size: int
    vectorized: bool
    def element(self, index: int) -> Sequence[Any]:
        """One element."""
    def gather(self, indices: np.ndarray) -> list[Any]:
        """The elements with these numbers, stacked."""
    def part(self, start: int, end: int) -> list[Any]:
        """The elements `start` to `end`, not included, stacked."""
class ResourceOwner(Protocol):
    """A worker, for the resources that it has."""
    @property
    def index(self) -> int: ...
    @property
    def task(self) -> WorkerTask: ...
    @property
    def life(self) -> int: ...
class SaveSpec(NamedTuple):
    """A tensor to save: the tensor, its part of a larger one, its name in files, and its dtype."""
    tensor: Any
    slice_spec: Any
    name: Any
    dtype: Any
    def value(self) -> Any:
        """The tensor as it is now."""
class Stage:
    """How one stage runs."""
    way: str
    arguments: dict[str, Any]
    notes: list[str]
    asks: str
    def __init__(self, way: str, asks: str = 'one by one', arguments: dict[str, Any] = ..., notes: list[str] = ...) -> None: ...
class TensorInfo:
    """What a file says of a tensor."""
    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of arrays that hold it."""
    @property
    def is_quantized(self) -> bool:
        """Whether its integers stand for real numbers."""
    @property
    def scale(self) -> np.float32:
        """The scale of a tensor that has one for all; 0 for one without."""
    @property
    def zero_point(self) -> int:
        """The zero point of a tensor that has one for all."""
    def __init__(self, index: int, name: str, type: TensorType, shape: tuple[int, ...], signature: tuple[int, ...], scales: np.ndarray = ..., zero_points: np.ndarray = ..., axis: int = 0, constant: np.ndarray | None = None, is_variable: bool = False) -> None: ...
    axis: int
    constant: np.ndarray | None
    index: int
    is_variable: bool
    name: str
    scales: np.ndarray
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    type: TensorType
    zero_points: np.ndarray
class UserFunction(Protocol):
    """A function of the user's."""
    @property
    def described(self) -> str:
        """Its name, and where it was written."""
    @property
    def random_ops(self) -> frozenset[int]:
        """The random ops in it, by identity."""
    @property
    def captured_nodes(self) -> Sequence[Node]:
        """The datasets it uses from outside."""
class Plan_:
    """How a subgraph runs on inputs of certain shapes."""
    def __init__(self, steps: list[Step | LayerSequence], known: dict[int, Any] = ...) -> None: ...
    known: dict[int, Any]
    steps: list[Step | LayerSequence]
class Step:
    """An operator, and the kernel that runs it once it was made."""
    def is_foldable(self) -> bool:
        """Whether it only makes a constant of another, so that once is enough."""
    def __init__(self, index: int, node: Node_, inputs: tuple[int, ...], outputs: tuple[int, ...], release: tuple[int, ...] = (), kernel: Callable[..., Any] | None = None, output: int | None = None) -> None: ...
    index: int
    inputs: tuple[int, ...]
    kernel: Callable[..., Any] | None
    node: Node_
    output: int | None
    outputs: tuple[int, ...]
    release: tuple[int, ...]
class TensorType(enum.IntEnum):
    FLOAT32 = 0
    FLOAT16 = 1
    INT32 = 2
    UINT8 = 3
    INT64 = 4
    STRING = 5
    BOOL = 6
    INT16 = 7
    COMPLEX64 = 8
    INT8 = 9
    FLOAT64 = 10
    COMPLEX128 = 11
    UINT64 = 12
    RESOURCE = 13
    VARIANT = 14
    UINT32 = 15
    UINT16 = 16
    INT4 = 17
    BFLOAT16 = 18
    INT2 = 19
    UINT4 = 20
    FLOAT8_E4M3FN = 21
    FLOAT8_E5M2 = 22
class WorkerTask(Task, Protocol):
    """A process that runs functions."""
    def run(self, function: tf.types.experimental.ConcreteFunction, inputs: Sequence[Any]) -> Sequence[Any]:
        """Run a function there."""
    def iterator(self, dataset: Any) -> Any:
        """Make an iterator over a dataset there."""
class LayerSequence:
    """Steps that run as native layers."""
    def run(self, values: list[Any]) -> None:
        """Set the values of its outputs."""
    def bound(self, values: Mapping[int, np.ndarray[Any]]) -> tuple[Callable[[], None], dict[int, np.ndarray[Any]]]:
        """What runs it on the same arrays again and again, and where its results are then."""
    @property
    def writes(self) -> Sequence[int]:
        """Numbers of all tensors that it sets."""
    def __init__(self, steps: Sequence[Step], inputs: Sequence[int], outputs: Sequence[int], prepared: Any, reshaped: Sequence[tuple[int, int, tuple[int, ...]]], release: tuple[int, ...] = ()) -> None: ...
    inputs: Sequence[int]
    outputs: Sequence[int]
    prepared: Any
    release: tuple[int, ...]
    reshaped: Sequence[tuple[int, int, tuple[int, ...]]]
    steps: Sequence[Step]
class Node_:
    """An operator of a subgraph, as its kernel is made for it."""
    program: Program
    operator: str
    version: int
    options: Table | None
    custom_options: bytes
    inputs: tuple[TensorInfo | None, ...]
    outputs: tuple[TensorInfo, ...]
    temporaries: tuple[TensorInfo, ...]
    def __init__(self, program: Program, operator: str, version: int, options: Table | None, custom_options: bytes, inputs: tuple[TensorInfo | None, ...], outputs: tuple[TensorInfo, ...], temporaries: tuple[TensorInfo, ...] = ()) -> None: ...
    def option(self, cls: type[Any]) -> Any:
        """The options, which must be of this class; its defaults where the file has none."""
    def input(self, index: int) -> TensorInfo:
        """An input that must be there."""
    def optional(self, index: int) -> TensorInfo | None:
        """An input that may be absent."""
    def output(self, index: int = 0) -> TensorInfo:
        """An output."""
    def unsupported(self, what: str = '') -> tf.errors.UnimplementedError:
        """The error for types that the kernel has no code for."""
class Task(Protocol):
    """One process of a cluster."""
    @property
    def name(self) -> str: ...
    def incarnation(self) -> int:
        """A number that the process drew when it began."""
class Program:
    """A model whose operators have kernels."""
    model: Model
    name: str
    state: Any
    depth: Any
    threads: int
    graphs: Any
    def __init__(self, model: Model, name: str = 'the model', threads: int = 0) -> None: ...
    def invalid(self, why: str) -> tf.errors.InvalidArgumentError:
        """The error for a model that cannot be."""
    def run(self, index: int, inputs: Sequence[np.ndarray[Any]], keep: list[Any] | None = None) -> list[np.ndarray[Any]]:
        """Run a subgraph."""
    def bound(self, index: int, inputs: Sequence[np.ndarray[Any]]) -> Bound | None:
        """A subgraph's run on the same arrays again and again, if native code does all of it."""
    def variable_tensor(self, index: int, tensor: TensorInfo) -> np.ndarray[Any]:
        """The value of a variable tensor: zeros at first."""
    def failure(self, step: Step | LayerSequence, error: Exception) -> RuntimeError:
        """The error for an operator that failed."""
    def reset(self) -> None:
        """Set variable tensors to zero."""
class Table:
    """A table of the schema. Fields are given by name; the rest have the schema's defaults."""
    def __init__(self, **fields: Any) -> None: ...
class Bound:
    """A run of a subgraph whose inputs and outputs stay where they are."""
    def __init__(self, run: Callable[[], None], outputs: dict[int, np.ndarray[Any]]) -> None: ...
    outputs: dict[int, np.ndarray[Any]]
    run: Callable[[], None]
class Model(Table):
    version: Any
    operator_codes: list[Any]
    subgraphs: list[Any]
    description: str
    buffers: list[Any]
    metadata_buffer: list[Any]
    metadata: list[Any]
    signature_defs: list[Any]
    external_buffer_groups: list[Any]
    external_buffers: list[Any]
