# Written by `python -m tidefall.api.stubs`; do not edit.
"""Types that signatures share, and classes that they name."""

from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import jax
import numpy as np
import tidefall as tf
import types
from typing import Any
from typing import BinaryIO
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
TensorLike: TypeAlias = tf.Tensor | tf.Variable | np.ndarray[Any, Any] | SupportsArray | int | float | complex | str | bytes | Sequence[Any]
DTypeLike: TypeAlias = tf.DType | np.dtype[Any] | type[Any] | str | int
ShapeLike: TypeAlias = tf.TensorShape | tf.Tensor | SupportsArray | Sequence[Any] | int
Nest: TypeAlias = T | Sequence[Nest[T]] | Mapping[str, Nest[T]]
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
class DynamicRaggedShapeSpec(tf.TypeSpec):
    """The type of a ragged shape: how many partitions, and what is known of the sizes."""
    def __init__(self, row_partitions: Any, static_inner_shape: ShapeLike, dtype: DTypeLike) -> None: ...
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
class EventFileWriter:
    """Writes an event file."""
    logdir: Any
    path: Any
    def __init__(self, logdir: Any, filename_suffix: str = '.v2') -> None: ...
    def write(self, event: Any) -> None:
        """Append an event."""
    def flush(self) -> None:
        """Make everything written so far visible to readers."""
    def close(self) -> None:
        """Finish the file. Closing again does nothing."""
    def __enter__(self) -> EventFileWriter: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None: ...
class FileStatistics:
    """What `tf.io.gfile.stat` tells."""
    def __init__(self, length: int, mtime_nsec: int, is_directory: bool) -> None: ...
    is_directory: bool
    length: int
    mtime_nsec: int
class IteratorSaveable:
    """The position of an iterator, for savers."""
    op: Any
    specs: list[SaveSpec]
    name: str
    def __init__(self, resource: Any, policy: tf.data.experimental.ExternalStatePolicy) -> None: ...
    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """The node that restores the iterator."""
    @property
    def device(self) -> str:
        """The device it lives on."""
class Op:
    """One op with all its facets."""
    definition: OpDef
    name: Any
    module: str
    shape: Callable[..., Any] | None
    host: Callable[..., Any] | None
    xla: Callable[..., Any] | None
    gradient: Callable[..., Any] | str | None
    static: frozenset[str]
    xla_through: dict[str, Callable[..., Any]]
    host_attrs: tuple[str, ...]
    xla_attrs: tuple[str, ...]
    is_stateful: Any
    defaults: dict[str, Any]
    has_lists: Any
    lists_out: Any
    n_outputs: Any
    def __init__(self, definition: OpDef, module: str) -> None: ...
    def __call__(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Any: ...
    def execute(self, tensors: Sequence[Any], attrs: dict[str, Any]) -> Sequence[Any]:
        """Run the op, or add a node for it, with everything bound already; the flat outputs."""
    def run(self, tensors: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Run the op on eager tensors; the outputs come back as a flat list."""
    def explain(self, error: Exception, tensors: Sequence[Any], attrs: dict[str, Any]) -> Exception:
        """The error to raise for a failed kernel: TensorFlow's class, the op, what was wrong."""
    def bind(self, inputs: Sequence[Any], given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Convert the inputs to a flat list of tensors and complete the attributes."""
    def group(self, flat: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Arrange a flat list of inputs by argument: list arguments become lists."""
    def wrap(self, result: Any, attrs: dict[str, Any]) -> list[Any]:
        """Make eager tensors of what a kernel returned."""
    def output_dtypes(self, attrs: dict[str, Any]) -> list[tf.DType]:
        """Dtypes of all the outputs, flat."""
    def pack(self, outputs: Sequence[Any], attrs: dict[str, Any]) -> Any:
        """What a call returns: a tensor, a list for a list output, or a tuple of outputs."""
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
class RecordWriter:
    """Writes a TFRecord file."""
    path: Any
    def __init__(self, path: Any, compression: str | None = '', *, level: int = -1, window_bits: int = 15, mem_level: int = 9, strategy: int = 0) -> None: ...
    def write(self, record: bytes | str) -> None:
        """Append one record."""
    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
    def close(self) -> None:
        """Finish the file. Closing again does nothing."""
    def __enter__(self) -> RecordWriter: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None: ...
class Reference:
    """A hashable handle of a tensor or variable, compared by identity (`Tensor.ref()`)."""
    def __init__(self, target: Any) -> None: ...
    def deref(self) -> Any:
        """The tensor or variable behind this reference."""
class Reuse:
    """Whether variables are shared: `AUTO_REUSE` shares the ones that are there."""
    def __init__(self, name: str) -> None: ...
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
class SessionPlan:
    """A part of a graph ready to run with some tensors given."""
    input_slots: Any
    def __init__(self, nodes: Sequence[tf.Operation], feeds: Sequence[tf.Tensor], fetches: Sequence[tf.Tensor], resources: Resources) -> None: ...
    def run(self, arguments: Sequence[Any]) -> list[Any]:
        """Run with the values given; returns those of the fetches."""
class Shape:
    """The element shape that all versions of one array share, refined as it is written."""
    def __init__(self, shape: ShapeLike) -> None: ...
    shape: Any
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
class StructuredTensorSpec(tf.TypeSpec):
    """The types of the fields of a structured tensor, and the type of its shape."""
    def __init__(self, _fields: Any, _ragged_shape: ShapeLike) -> None: ...
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
class Watched:
    """A session, the coordinator of its threads, and the hooks around its runs."""
    session: Any
    coord: Any
    stopped: Any
    def __init__(self, session: Any, hooks: Sequence[tf.compat.v1.train.SessionRunHook], seconds: float) -> None: ...
    def should_stop(self) -> bool:
        """Whether a hook or a thread asked for a stop."""
    def run(self, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
        """Run with hooks; the error of a thread counts more than the one it brought about."""
    def close(self) -> None:
        """Stop the threads and close the session."""
class WrappedFunction(tf.types.experimental.ConcreteFunction):
    """A concrete function whose graph can be cut into others with `prune`."""
    def prune(self, feeds: Any, fetches: Any, name: str | None = None, input_signature: Any = None) -> WrappedFunction:
        """A function of some tensors of the graph that returns others."""
class Measured:
    """What was measured of one stage."""
    node: Node | None
    inputs: dict[Any, Measured]
    waiting: Measured | None
    full: Measured | None
    threads: Any
    takings: Any
    found: Any
    size: Any
    def __init__(self, node: Node | None) -> None: ...
    def add_time(self, seconds: float) -> None:
        """Charge time of this thread."""
    def add_asked(self, seconds: float) -> None:
        """Tell how long someone waited for elements."""
    def add_elements(self, count: int) -> None:
        """Count elements that were given."""
    @property
    def own(self) -> float:
        """Seconds spent in the stage itself, by all threads together."""
    @property
    def asked(self) -> float:
        """Seconds that whoever asked for its elements waited for them, whatever took them."""
    @property
    def elements(self) -> int:
        """How many elements it gave."""
    def input(self, node: Node) -> Measured:
        """The measurements of a stage that this one takes elements from."""
    def stands_for(self, node: Node) -> None:
        """These are also the measurements of that node: remember its inputs as inputs."""
    def ready_made(self) -> None:
        """Elements are made by threads, ahead of time."""
class Node:
    """One stage of a pipeline: the value of a dataset's variant tensor."""
    inputs: tuple[Node, ...]
    functions: tuple[UserFunction, ...]
    options: tf.data.Options | None
    shapes: Sequence[tf.TensorShape] | None
    is_transparent: bool
    tuning: tuple[str, ...]
    replayed: str
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
class OpDef:
    """The signature of an op."""
    def __init__(self, name: str, inputs: tuple[ArgDef, ...], outputs: tuple[ArgDef, ...], attrs: dict[str, AttrDef], is_stateful: bool = False, is_commutative: bool = False, deprecated: str = '', inferred: frozenset[str] = ...) -> None: ...
    attrs: dict[str, AttrDef]
    deprecated: str
    inferred: frozenset[str]
    inputs: tuple[ArgDef, ...]
    is_commutative: bool
    is_stateful: bool
    name: str
    outputs: tuple[ArgDef, ...]
class PartitionedVariable:
    """What `get_variable` with a partitioner gives: the parts in order, and their whole."""
    def __init__(self, name: str, shape: ShapeLike, dtype: DTypeLike, variable_list: Any, partitions: Sequence[int]) -> None: ...
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
class Resources:
    """What lives in a session: variables and tables by name, generators by node."""
    by_name: dict[tuple[str, str, str], Any]
    def __init__(self) -> None: ...
    def keep(self, node: tf.Operation, make: Callable[..., Any], inputs: Sequence[Any], attrs: dict[str, Any]) -> Any:
        """The value of a node that makes a resource, the same one every time."""
    def node(self, node: tf.Operation) -> Any:
        """A node with a state that is this session's own, as generators keep it."""
    def clear(self, containers: Iterable[str] | None = None) -> None:
        """Forget all resources, or those in some containers."""
class SaveSpec(NamedTuple):
    """A tensor to save: the tensor, its part of a larger one, its name in files, and its dtype."""
    tensor: Any
    slice_spec: Any
    name: Any
    dtype: Any
    def value(self) -> Any:
        """The tensor as it is now."""
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
    def rows(self, count: int) -> tuple[int, list[Any]]:
        """The next elements, stacked: at most `count`, fewer only at the end."""
    def skip(self, count: int) -> int:
        """Drop the next `count` elements; returns how many there were."""
    def save(self) -> Any:
        """Where it stands."""
    def restore(self, state: Any) -> None:
        """Stand where another iterator over the same pipeline stood when it was saved."""
    def saves_position(self) -> bool:
        """Whether `save` is quick and its result small: positions, and no elements."""
class RandomAccess:
    """Elements that can be had in any order, by number."""
    size: int
    by_rows: bool
    def element(self, index: int) -> Sequence[Any]:
        """One element."""
    def gather(self, indices: np.ndarray) -> list[Any]:
        """The elements with these numbers, stacked."""
    def part(self, start: int, end: int) -> list[Any]:
        """The elements `start` to `end`, not included, stacked."""
class SessionNode:
    """A node as one session sees it: what is kept on it does not reach other sessions."""
    def __init__(self, node: tf.Operation) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
class Stage:
    """How one stage runs."""
    way: str
    arguments: dict[str, Any]
    notes: list[str]
    asks: str
    def __init__(self, way: str, asks: str = 'one by one', arguments: dict[str, Any] = ..., notes: list[str] = ...) -> None: ...
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
