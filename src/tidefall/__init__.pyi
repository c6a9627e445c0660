# Written by `python -m tidefall.api.stubs`; do not edit.
"""Tidefall: the TensorFlow 2 system, built again and built small."""

import builtins as _builtins
from collections.abc import Callable
from collections.abc import Generator
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
import enum
from keras._tf_keras import keras as keras
from keras._tf_keras.keras import initializers as initializers
from keras._tf_keras.keras import losses as losses
from keras._tf_keras.keras import metrics as metrics
from keras._tf_keras.keras import optimizers as optimizers
import logging
import numpy as np
import tidefall as tf
from tidefall._api import __internal__ as __internal__
from tidefall._api import audio as audio
from tidefall._api import autodiff as autodiff
from tidefall._api import autograph as autograph
from tidefall._api import bitwise as bitwise
from tidefall._api import compat as compat
from tidefall._api import config as config
from tidefall._api import data as data
from tidefall._api import debugging as debugging
from tidefall._api import distribute as distribute
from tidefall._api import dtypes as dtypes
from tidefall._api import errors as errors
from tidefall._api import experimental as experimental
from tidefall._api import graph_util as graph_util
from tidefall._api import image as image
from tidefall._api import io as io
from tidefall._api import linalg as linalg
from tidefall._api import lite as lite
from tidefall._api import lookup as lookup
from tidefall._api import math as math
from tidefall._api import nest as nest
from tidefall._api import nn as nn
from tidefall._api import profiler as profiler
from tidefall._api import quantization as quantization
from tidefall._api import queue as queue
from tidefall._api import ragged as ragged
from tidefall._api import random as random
from tidefall._api import raw_ops as raw_ops
from tidefall._api import saved_model as saved_model
from tidefall._api import sets as sets
from tidefall._api import signal as signal
from tidefall._api import sparse as sparse
from tidefall._api import strings as strings
from tidefall._api import summary as summary
from tidefall._api import sysconfig as sysconfig
from tidefall._api import test as test
from tidefall._api import tpu as tpu
from tidefall._api import train as train
from tidefall._api import types as types
from tidefall._api import version as version
from tidefall._api import xla as xla
from tidefall._api._types import BatchableTypeSpec
from tidefall._api._types import DTypeLike
from tidefall._api._types import F
from tidefall._api._types import Initializer
from tidefall._api._types import Key
from tidefall._api._types import Op
from tidefall._api._types import P
from tidefall._api._types import R
from tidefall._api._types import Reference
from tidefall._api._types import Scope
from tidefall._api._types import ShapeLike
from tidefall._api._types import Structure
from tidefall._api._types import SupportsArray
from tidefall._api._types import T
from tidefall._api._types import TensorLike
from tidefall._api._types import TypeSpecBase
import tidefall._api._types as _tidefall__api__types
from typing import Any
from typing import Self
from typing import SupportsIndex
from typing import overload

class AggregationMethod:
    """How several gradients of one tensor are added up; the result is the same."""
    ADD_N: int
    DEFAULT: int
    EXPERIMENTAL_TREE: int
    EXPERIMENTAL_ACCUMULATE_N: int
def Assert(condition: TensorLike, data: Sequence[Any], summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error that shows `data` unless a condition holds."""
class CriticalSection:
    """Code that nobody else runs at the same time, in other threads, functions or sessions."""
    def __init__(self, name: str | None = None, shared_name: str | None = None, critical_section_def: Any = None, import_scope: str | None = None) -> None: ...
    @property
    def name(self) -> str:
        """Name of the node that makes the lock; only in graphs."""
    def execute(self, fn: Callable[[], Any], exclusive_resource_access: _builtins.bool = True, name: str | None = None) -> Any:
        """Run a function while nobody else is in this critical section."""
class DType:
    """The type of the elements of a tensor."""
    @staticmethod
    def __new__(cls, type_enum: int, handle_data: Any = None) -> tf.DType: ...
    def __getattr__(self, name: str) -> Any: ...
    @property
    def min(self) -> Any:
        """The smallest finite value: a Python int, or a NumPy scalar of a floating type."""
    @property
    def max(self) -> Any:
        """The largest finite value: a Python int, or a NumPy scalar of a floating type."""
    @property
    def limits(self) -> _builtins.tuple[Any, Any]:
        """`(0, the largest value)` of an image with this type, where 1 is white in floats."""
    def is_compatible_with(self, other: Any) -> _builtins.bool:
        """Whether a tensor of type `other` may be used where this type is asked for."""
    def is_subtype_of(self, other: Any) -> _builtins.bool:
        """Whether the types are equal; there is no hierarchy of dtypes."""
    def most_specific_common_supertype(self, types: Sequence[Any]) -> tf.DType | None:
        """This type if all of `types` equal it, else None."""
    def placeholder_value(self, placeholder_context: Any) -> None:
        """A dtype has no value in a traced function."""
    def from_tensors(self, tensors: Iterator[Any]) -> None:
        """A dtype is made of no tensors."""
    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors that make up a value: none."""
    def flatten(self) -> list[Any]:
        """The types of the tensors that make up a value: none."""
    def cast(self, value: Any, cast_context: Any) -> None:
        """Accepts None, the value of a dtype in a traced function."""
    @classmethod
    def experimental_type_proto(cls) -> Any:
        """The message class that holds a dtype, `SerializedDType`."""
    @classmethod
    def experimental_from_proto(cls, proto: Any) -> tf.DType:
        """The dtype held by a `SerializedDType` message."""
    def experimental_as_proto(self) -> Any:
        """This dtype as a `SerializedDType` message."""
    def __int__(self) -> int: ...
    as_datatype_enum: int
    as_numpy_dtype: Any
    base_dtype: tf.DType
    is_bool: _builtins.bool
    is_complex: _builtins.bool
    is_floating: _builtins.bool
    is_integer: _builtins.bool
    is_numeric: _builtins.bool
    is_numpy_compatible: _builtins.bool
    is_quantized: _builtins.bool
    is_unsigned: _builtins.bool
    name: str
    real_dtype: tf.DType
    size: int
class DeviceSpec:
    """A device, perhaps only partly named. It never changes."""
    def __init__(self, job: str | None = None, replica: int | None = None, task: int | None = None, device_type: str | None = None, device_index: int | None = None) -> None: ...
    @property
    def job(self) -> str | None: ...
    @property
    def replica(self) -> int | None: ...
    @property
    def task(self) -> int | None: ...
    @property
    def device_type(self) -> str | None: ...
    @property
    def device_index(self) -> int | None: ...
    @classmethod
    def from_string(cls, spec: str) -> tf.DeviceSpec:
        """The device a name stands for."""
    def parse_from_string(self, spec: str) -> tf.DeviceSpec:
        """The device a name stands for; nothing of this one is kept."""
    def to_string(self) -> str:
        """The name, in full form: "/job:worker/task:1/device:GPU:0"."""
    def replace(self, **kwargs: Any) -> tf.DeviceSpec:
        """A copy with some of the fields changed."""
    def make_merged_spec(self, dev: tf.DeviceSpec) -> tf.DeviceSpec:
        """A copy with the fields that `dev` names taken from it."""
class GradientTape:
    """Record the ops run inside a `with` block, to differentiate them afterwards."""
    def __init__(self, persistent: _builtins.bool = False, watch_accessed_variables: _builtins.bool = True) -> None: ...
    def __enter__(self) -> tf.GradientTape: ...
    def __exit__(self, *exc: object) -> None: ...
    def watches(self, tensors: Sequence[Any]) -> _builtins.bool:
        """True if any of the tensors is watched or was computed from one that is."""
    def record(self, record: Any) -> None:
        """Remember an executed op or a graph node."""
    def extended(self, record: Any, outputs: Sequence[Any]) -> None:
        """A recorded node has more outputs now: a differentiated loop keeps its values."""
    def link(self, outer: Any, inner: Any) -> None:
        """Follow a watched tensor into the function that captured it."""
    def watch_variable(self, variable: Any) -> None:
        """Watch a variable that is being read."""
    def watch(self, tensor: Any) -> None:
        """Record what is computed from `tensor` from now on."""
    def stop_recording(self) -> AbstractContextManager[None]:
        """Record nothing on this tape inside the block."""
    def reset(self) -> None:
        """Forget everything recorded so far."""
    def batch_jacobian(self, target: TensorLike, source: TensorLike, unconnected_gradients: Any = tf.UnconnectedGradients.NONE, parallel_iterations: int | None = None, experimental_use_pfor: _builtins.bool = True) -> tf.Tensor:
        """Derivative of each row of `target` by the same row of `source`."""
    def watched_variables(self) -> _builtins.tuple[tf.Variable, ...]:
        """Variables watched so far, in the order they were first read."""
    @overload
    def gradient(self, target: Any, sources: tf.Tensor | tf.Variable, output_gradients: Any=None, unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE) -> tf.Tensor:
        """Differentiate `target` with respect to `sources`."""
    @overload
    def gradient(self, target: Any, sources: _builtins.tuple[tf.Tensor | tf.Variable | SupportsArray, ...], output_gradients: Any=None, unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE) -> _builtins.tuple[tf.Tensor, ...]:
        """Differentiate `target` with respect to `sources`."""
    @overload
    def gradient(self, target: Any, sources: Sequence[tf.Tensor | tf.Variable | SupportsArray], output_gradients: Any=None, unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE) -> list[tf.Tensor]:
        """Differentiate `target` with respect to `sources`."""
    @overload
    def gradient(self, target: Any, sources: Mapping[Key, tf.Tensor | tf.Variable | SupportsArray], output_gradients: Any=None, unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE) -> dict[Key, tf.Tensor]:
        """Differentiate `target` with respect to `sources`."""
    @overload
    def gradient(self, target: Any, sources: Any, output_gradients: Any=None, unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE) -> Any:
        """Differentiate `target` with respect to `sources`."""
    @overload
    def jacobian(self, target: TensorLike, sources: tf.Tensor | tf.Variable, unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE, parallel_iterations: int | None=None, experimental_use_pfor: _builtins.bool=True) -> tf.Tensor:
        """Derivative of every element of `target` with respect to every source."""
    @overload
    def jacobian(self, target: TensorLike, sources: Sequence[tf.Tensor | tf.Variable | SupportsArray], unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE, parallel_iterations: int | None=None, experimental_use_pfor: _builtins.bool=True) -> list[tf.Tensor]:
        """Derivative of every element of `target` with respect to every source."""
    @overload
    def jacobian(self, target: TensorLike, sources: Any, unconnected_gradients: tf.UnconnectedGradients | str=tf.UnconnectedGradients.NONE, parallel_iterations: int | None=None, experimental_use_pfor: _builtins.bool=True) -> Any:
        """Derivative of every element of `target` with respect to every source."""
class Graph:
    """A program as data: nodes in the order they were added."""
    by_name: dict[str, tf.Operation]
    enclosing: tf.Graph | None
    seed: int | None
    created_variables: list[Any]
    first_created: _builtins.tuple[str, int, str] | None
    random_ops: Any
    jit_scopes: Any
    imported_functions: dict[Any, Any]
    kept_alive: list[Any]
    current_name_scope: Any
    scope: Any
    building_function: _builtins.bool
    notes_lines: _builtins.bool
    traced_in: Any
    def __init__(self) -> None: ...
    def add_op(self, op: Op, inputs: Sequence[Any], attrs: dict[str, Any], name: str | None) -> Any:
        """Add a node for a call of `op`; returns what the call returns."""
    def add_node(self, op: Op, tensors: Sequence[Any], attrs: dict[str, Any], name: str | None = None) -> tf.Operation:
        """Add a node for `op` with its inputs as tensors and its attributes complete."""
    def create_op(self, op_type: str, inputs: Sequence[Any], dtypes: Any = None, input_types: Any = None, name: str | None = None, attrs: dict[str, Any] | None = None, op_def: Any = None, compute_shapes: _builtins.bool = True, compute_device: _builtins.bool = True) -> tf.Operation:
        """Add a node; gradient functions and importers of other libraries use this."""
    def constant(self, value: np.ndarray, dtype: tf.DType | None, name: str) -> tf.Tensor:
        """A Const node holding `value`."""
    def capture(self, tensor: Any, name: str | None = None) -> tf.Tensor:
        """The tensor of this graph that stands for `tensor`."""
    def add_variable(self, reference: Any) -> None:
        """Remember a variable, by a weak reference, that is created while this graph is built."""
    def make_variable(self, use_resource: _builtins.bool, **options: Any) -> Any:
        """A variable of this graph, to be initialised and run by sessions."""
    def inside(self) -> AbstractContextManager[tf.Graph | None]:
        """Be the default graph, if neither this one nor a function inside of it is."""
    def scoped(self, scope: Scope) -> AbstractContextManager[None]:
        """Ask something of the nodes made in the block."""
    def unique_name(self, name: str, mark_as_used: _builtins.bool = True) -> str:
        """`name` under the current name scope, numbered if it was taken before."""
    def name_scope(self, name: str | bytes | None) -> AbstractContextManager[str]:
        """Prefix the names of the nodes made inside the block; see `tf.name_scope`."""
    def get_name_scope(self) -> str:
        """The current name scope, without a "/" at its end."""
    def device(self, device_name_or_function: Any) -> Any:
        """A context manager for the device of the nodes made inside it; see `tf.device`."""
    def control_dependencies(self, control_inputs: Any) -> AbstractContextManager[None]:
        """Make the nodes of the block wait for others; see `tf.control_dependencies`."""
    def colocate_with(self, op: Any, ignore_existing: _builtins.bool = False) -> AbstractContextManager[None]:
        """Ask that the nodes of the block live where another one does."""
    def container(self, container_name: str) -> AbstractContextManager[str]:
        """Keep the resources made in the block in a container of that name."""
    def gradient_override_map(self, op_type_map: Any) -> AbstractContextManager[None]:
        """Differentiate the nodes of the block by other gradient functions than their ops'."""
    @property
    def nodes(self) -> list[tf.Operation]:
        """The nodes in the order in which they run; the list itself, to be read only."""
    @nodes.setter
    def nodes(self, value: Any) -> None: ...
    @property
    def version(self) -> int:
        """A number that grows with every change: nodes added or replaced, other inputs, outputs."""
    def changed(self) -> None:
        """Note a change that the graph cannot see, as of a node's inputs in place."""
    def adopt(self, node: tf.Operation) -> None:
        """Add a node that was made for this graph."""
    def move_last(self, start: int, at: int) -> None:
        """Move the nodes from number `start` of the list on to position `at`."""
    def remove_nodes(self, start: int = 0) -> None:
        """Remove the nodes from number `start` of the list on."""
    def analysis(self, find: Callable[[Any], T]) -> T:
        """What a function finds out about this graph; found again after a change of the graph."""
    def consumers(self, tensor: tf.Tensor) -> list[tf.Operation]:
        """Nodes that read `tensor`."""
    def get_operations(self) -> list[tf.Operation]:
        """All nodes, in the order they were added."""
    @property
    def operations(self) -> list[tf.Operation]:
        """All nodes, in the order they were added."""
    def num_operations(self) -> int:
        """How many nodes there are."""
    def new_operations(self) -> list[tf.Operation]:
        """The nodes added since this was last asked."""
    def get_operation_by_name(self, name: str) -> tf.Operation:
        """The node called `name`."""
    def get_tensor_by_name(self, name: str) -> tf.Tensor:
        """The tensor called `node:output`."""
    def as_graph_element(self, obj: Any, allow_tensor: _builtins.bool = True, allow_operation: _builtins.bool = True) -> Any:
        """The node or tensor of this graph that an object or a name stands for."""
    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
    def add_to_collection(self, name: str, value: Any) -> None:
        """Append a value to the collection called `name`."""
    def add_to_collections(self, names: Any, value: Any) -> None:
        """Append a value to each of several collections."""
    def get_collection_ref(self, name: str) -> list[Any]:
        """The list behind a collection, empty and kept if there was none."""
    def get_collection(self, name: str, scope: str | None = None) -> list[Any]:
        """A copy of a collection."""
    def get_all_collection_keys(self) -> list[Any]:
        """The names of the collections that are strings."""
    def clear_collection(self, name: str) -> None:
        """Empty a collection."""
    @staticmethod
    def static_value(tensor: tf.Tensor) -> np.ndarray | None:
        """The value of a tensor if constants and static shapes determine it, else None."""
    @staticmethod
    def static_shape(tensor: tf.Tensor) -> tf.TensorShape:
        """The shape that an integer vector stands for, as far as it is known."""
    @staticmethod
    def evaluate(tensor: tf.Tensor) -> tf.__internal__.EagerTensor:
        """The value of a tensor that depends on no placeholder."""
    def session_of(self, session: Any) -> Any:
        """The session that is to evaluate a tensor of this graph; the default one for None."""
    def is_feedable(self, tensor: Any) -> _builtins.bool:
        """Whether a session may be given a value for `tensor`."""
    def is_fetchable(self, tensor_or_op: Any) -> _builtins.bool:
        """Whether a session may be asked for `tensor_or_op`."""
    def prevent_feeding(self, tensor: Any) -> None:
        """Let sessions refuse values for `tensor`."""
    def prevent_fetching(self, op: Any) -> None:
        """Let sessions refuse to be asked for `op`."""
    @property
    def graph_def_versions(self) -> Any:
        """The VersionDef of the GraphDef this graph would be written as."""
    def op_def_for_type(self, type: str) -> Any:
        """The OpDef message of the op called `type`."""
    def as_graph_def(self, from_version: int | None = None, add_shapes: _builtins.bool = False, use_pybind11_proto: _builtins.bool = False) -> Any:
        """The graph as a GraphDef message."""
    def finalize(self) -> None:
        """Make the graph read-only."""
    @property
    def finalized(self) -> _builtins.bool: ...
    def switch_to_thread_local(self) -> None:
        """Keep scopes per thread; they always are."""
    def get(self) -> tf.Graph:
        """This graph."""
    def Dismantle(self) -> None:
        """Drop the nodes, so that their memory is freed at once."""
    def as_default(self) -> AbstractContextManager[tf.Graph]:
        """A context manager that adds the ops created inside it to this graph."""
class IndexedSlices(tf.__internal__.CompositeTensor):
    """Rows of a tensor by index: row `indices[i]` is `values[i]`, and repeated rows add up."""
    is_tensor_like: _builtins.bool
    def __init__(self, values: Any, indices: Any, dense_shape: ShapeLike | None = None) -> None: ...
    @property
    def values(self) -> tf.Tensor:
        """The rows."""
    @property
    def indices(self) -> tf.Tensor:
        """Where each row belongs."""
    @property
    def dense_shape(self) -> tf.Tensor | None:
        """Shape of the whole tensor, or None."""
    @property
    def shape(self) -> tf.TensorShape:
        """Static shape of the whole tensor."""
    @property
    def name(self) -> str:
        """Name of the rows' tensor."""
    @property
    def device(self) -> str:
        """Device of the rows."""
    @property
    def op(self) -> Any:
        """The node that makes the rows."""
    @property
    def dtype(self) -> tf.DType:
        """Dtype of the rows."""
    @property
    def graph(self) -> Any:
        """The graph of the rows."""
    def consumers(self) -> list[Any]:
        """The nodes that read the rows."""
    def __neg__(self) -> tf.IndexedSlices: ...
class IndexedSlicesSpec(tf.TypeSpec):
    """The type of a `tf.IndexedSlices`."""
    def __init__(self, shape: ShapeLike | None = None, dtype: DTypeLike = tf.float32, indices_dtype: DTypeLike = tf.int64, dense_shape_dtype: DTypeLike | None = None, indices_shape: ShapeLike | None = None) -> None: ...
    @property
    def value_type(self) -> Any:
        """The class of the values of this type."""
    @property
    def shape(self) -> tf.TensorShape:
        """Shape of the whole tensor."""
    @property
    def dtype(self) -> tf.DType:
        """Dtype of the rows."""
class Module(tf.__internal__.tracking.AutoTrackable):
    """A container of variables, other modules, and functions that use them."""
    def __init__(self, name: str | None = None) -> None: ...
    @property
    def name(self) -> str:
        """The name given to the module, or its class name in snake case."""
    @property
    def variables(self) -> _builtins.tuple[tf.Variable, ...]:
        """All variables of this module and its submodules, ordered by attribute name."""
    @property
    def trainable_variables(self) -> _builtins.tuple[tf.Variable, ...]:
        """The trainable ones among `variables`."""
    @property
    def non_trainable_variables(self) -> _builtins.tuple[tf.Variable, ...]:
        """The ones among `variables` that are not trainable."""
    @property
    def submodules(self) -> _builtins.tuple[tf.Module, ...]:
        """All modules in attributes of this one, and in theirs, and so on."""
    @property
    def name_scope(self) -> tf.name_scope:
        """A `tf.name_scope` for the ops and variables of this module."""
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...
    @classmethod
    def with_name_scope(cls, method: F) -> F:
        """Decorate a method so that it runs in the module's name scope."""
class NoneTensorSpec(BatchableTypeSpec):
    """The type of None where a tensor might be, as in the elements of a dataset."""
    @property
    def value_type(self) -> Any:
        """`NoneTensor`."""
    @classmethod
    def from_value(cls, value: Any) -> tf.NoneTensorSpec:
        """The spec; there is only one."""
    def most_specific_compatible_shape(self, other: Any) -> tf.TypeSpec:
        """This spec; ValueError if `other` is of another class."""
    def is_compatible_with(self, spec_or_value: Any) -> _builtins.bool:
        """True for None and for another NoneTensorSpec."""
    def most_specific_compatible_type(self, other: Any) -> tf.TypeSpec:
        """This spec; ValueError if `other` is of another class."""
class Operation:
    """A node of a graph: an op, its inputs and attributes, and its outputs."""
    def __init__(self, graph: tf.Graph, name: str, op_type: Op, inputs: list[tf.Tensor], attrs: dict[str, Any], control_inputs: list[tf.Operation], device: str = '', frame: Any = ...) -> None: ...
    @property
    def site(self) -> _builtins.tuple[tf.Operation, ...]:
        """What tells this node from all others that a program runs: the traced nodes of the calls that lead to it, and its own."""
    @property
    def type(self) -> str:
        """Name of the op."""
    @property
    def user_line(self) -> str:
        """`file:line` of the user's code that made this node, or an empty string."""
    def get_attr(self, name: str) -> Any:
        """Value of an attribute: a tensor, shape or function comes as its message."""
    def colocation_groups(self) -> list[bytes]:
        """The groups of nodes that this one lives with; by default one of its own."""
    def values(self) -> _builtins.tuple[tf.Tensor, ...]:
        """The outputs."""
    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run this node in a session."""
    @property
    def op_def(self) -> Any:
        """The OpDef message of the node's op."""
    @property
    def node_def(self) -> Any:
        """The NodeDef message of the node."""
    @property
    def traceback(self) -> list[Any]:
        """Where the user's code made the node, if known."""
    def experimental_set_type(self, type_proto: Any) -> None:
        """Annotate the node with a FullTypeDef; kept, and used by nothing."""
    @classmethod
    def from_node_def(cls, node_def: Any, g: Any, inputs: Any = None, output_types: Any = None, control_inputs: Any = None, input_types: Any = None, original_op: Any = None, op_def: Any = None) -> tf.Operation:
        """Add a node like a NodeDef to a graph."""
    def describe(self) -> str:
        """The node in one line: name, op, attributes that matter, inputs."""
    attrs: dict[str, Any]
    backward: Any
    control_inputs: list[tf.Operation]
    device: str
    frame: Any
    full_type: Any
    graph: tf.Graph
    inlined_from: _builtins.tuple[int, ...]
    inputs: list[tf.Tensor]
    name: str
    needed: list[_builtins.bool] | None
    number: Any
    op_type: Op
    origin: _builtins.tuple[tf.Operation, ...] | None
    outputs: list[tf.Tensor]
    residuals: dict[int | None, int] | None
    short_value: Any
    takes_missing_gradients: Any
    traced_gradient: Any
class OptionalSpec(tf.TypeSpec):
    """The type of an optional."""
    def __init__(self, element_spec: Any) -> None: ...
    @property
    def structure(self) -> Structure:
        """The structure of the value."""
    @property
    def value_type(self) -> type[tf.data.experimental.Optional]:
        """The class of optionals."""
    @staticmethod
    def from_value(value: tf.data.experimental.Optional) -> tf.OptionalSpec:
        """The spec of an optional."""
class RaggedTensor(tf.__internal__.CompositeTensor):
    """A tensor with one or more dimensions whose slices may have different lengths."""
    is_tensor_like: _builtins.bool
    def __init__(self, values: Any, row_partition: tf.experimental.RowPartition, internal: Any = False) -> None: ...
    @classmethod
    def from_value_rowids(cls, values: TensorLike | tf.__internal__.CompositeTensor, value_rowids: TensorLike, nrows: TensorLike | None = None, name: str | None = None, validate: _builtins.bool = True) -> tf.RaggedTensor:
        """Rows given by the row number of each value."""
    @classmethod
    def from_row_splits(cls, values: TensorLike | tf.__internal__.CompositeTensor, row_splits: TensorLike, name: str | None = None, validate: _builtins.bool = True) -> tf.RaggedTensor:
        """Rows given by where they begin and end."""
    @classmethod
    def from_row_lengths(cls, values: Any, row_lengths: Any, name: str | None = None, validate: _builtins.bool = True) -> tf.RaggedTensor:
        """Rows given by their lengths."""
    @classmethod
    def from_row_starts(cls, values: Any, row_starts: Any, name: str | None = None, validate: _builtins.bool = True) -> tf.RaggedTensor:
        """Rows given by where they begin."""
    @classmethod
    def from_row_limits(cls, values: Any, row_limits: Any, name: str | None = None, validate: _builtins.bool = True) -> tf.RaggedTensor:
        """Rows given by where they end."""
    @classmethod
    def from_uniform_row_length(cls, values: TensorLike | tf.__internal__.CompositeTensor, uniform_row_length: Any, nrows: TensorLike | None = None, validate: _builtins.bool = True, name: str | None = None) -> tf.RaggedTensor:
        """Rows that all have the same length."""
    @classmethod
    def from_nested_value_rowids(cls, flat_values: Any, nested_value_rowids: Any, nested_nrows: Any = None, name: str | None = None, validate: _builtins.bool = True) -> Any:
        """Several ragged dimensions, each given by row numbers, outermost first."""
    @classmethod
    def from_nested_row_splits(cls, flat_values: Any, nested_row_splits: Any, name: str | None = None, validate: _builtins.bool = True) -> Any:
        """Several ragged dimensions, each given by row splits, outermost first."""
    @classmethod
    def from_nested_row_lengths(cls, flat_values: Any, nested_row_lengths: Any, name: str | None = None, validate: _builtins.bool = True) -> Any:
        """Several ragged dimensions, each given by row lengths, outermost first."""
    @classmethod
    def from_tensor(cls, tensor: TensorLike, lengths: TensorLike | None = None, padding: Any = None, ragged_rank: int = 1, name: str | None = None, row_splits_dtype: DTypeLike = tf.int64) -> tf.RaggedTensor:
        """A ragged tensor with the rows of a dense one, padding removed."""
    @classmethod
    def from_sparse(cls, st_input: Any, name: str | None = None, row_splits_dtype: DTypeLike = tf.int64) -> tf.RaggedTensor:
        """The values of a rank-2 sparse tensor whose rows have no gaps before their last value."""
    @property
    def dtype(self) -> tf.DType:
        """The dtype of the values."""
    @property
    def shape(self) -> tf.TensorShape:
        """The static shape: None for ragged dimensions."""
    def get_shape(self) -> tf.TensorShape:
        """The static shape; same as `.shape`."""
    @property
    def ragged_rank(self) -> int:
        """The number of partitioned dimensions."""
    @property
    def values(self) -> Any:
        """The concatenated rows: a tensor, or a ragged tensor of one dimension less."""
    @property
    def flat_values(self) -> tf.Tensor:
        """The innermost values, all partitions removed."""
    @property
    def row_splits(self) -> tf.Tensor:
        """`[nrows + 1]`, where rows begin and end in `values`."""
    @property
    def uniform_row_length(self) -> Any:
        """The length of the rows where they were made to have the same, or None."""
    @property
    def nested_row_splits(self) -> _builtins.tuple[Any, ...]:
        """The row splits of all partitioned dimensions, outermost first."""
    def value_rowids(self, name: str | None = None) -> tf.Tensor:
        """`[nvals]`, the row of each value."""
    def nested_value_rowids(self, name: str | None = None) -> _builtins.tuple[Any, ...]:
        """The row numbers of all partitioned dimensions, outermost first."""
    def nrows(self, out_type: DTypeLike | None = None, name: str | None = None) -> tf.Tensor:
        """Number of rows, a scalar."""
    def row_starts(self, name: str | None = None) -> tf.Tensor:
        """`[nrows]`, where each row begins in `values`."""
    def row_limits(self, name: str | None = None) -> tf.Tensor:
        """`[nrows]`, where each row ends in `values`."""
    def row_lengths(self, axis: int = 1, name: str | None = None) -> tf.Tensor:
        """The lengths of the rows along `axis`: ragged for deeper axes."""
    def nested_row_lengths(self, name: str | None = None) -> _builtins.tuple[Any, ...]:
        """The row lengths of all partitioned dimensions, outermost first."""
    def bounding_shape(self, axis: TensorLike | None = None, name: str | None = None, out_type: DTypeLike | None = None) -> tf.Tensor:
        """The shape of the smallest dense tensor that holds this one."""
    def with_values(self, new_values: Any) -> tf.RaggedTensor:
        """The same rows with other values."""
    def with_flat_values(self, new_values: Any) -> tf.RaggedTensor:
        """The same partitions with other innermost values."""
    def with_row_splits_dtype(self, dtype: DTypeLike) -> tf.RaggedTensor:
        """The same with row splits of another dtype."""
    def merge_dims(self, outer_axis: int, inner_axis: int) -> Any:
        """The dimensions from `outer_axis` to `inner_axis` made one."""
    def to_tensor(self, default_value: Any = None, name: str | None = None, shape: ShapeLike | None = None) -> tf.Tensor:
        """A dense tensor, short rows padded."""
    def to_sparse(self, name: str | None = None) -> tf.SparseTensor:
        """A sparse tensor with the same values."""
    def numpy(self) -> Any:
        """An array, of objects where rows differ in length."""
    def to_list(self) -> list[Any]:
        """Nested Python lists."""
    def consumers(self) -> list[Any]:
        """The nodes that read any of its tensors."""
    def __getitem__(self, key: Any) -> Any: ...
    def __iter__(self) -> Any: ...
    def __bool__(self) -> _builtins.bool: ...
    def __abs__(self) -> tf.RaggedTensor: ...
    def __add__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __and__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __floordiv__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __ge__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __gt__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __invert__(self) -> tf.RaggedTensor: ...
    def __le__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __lt__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __mod__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __mul__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __neg__(self) -> tf.RaggedTensor: ...
    def __or__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __pow__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __radd__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rand__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rfloordiv__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rmod__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rmul__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __ror__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rpow__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rsub__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rtruediv__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __rxor__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __sub__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __truediv__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
    def __xor__(self, other: tf.RaggedTensor | TensorLike) -> tf.RaggedTensor: ...
class RaggedTensorSpec(BatchableTypeSpec):
    """The type of a ragged tensor."""
    def __init__(self, shape: ShapeLike | None = None, dtype: DTypeLike = tf.float32, ragged_rank: int | None = None, row_splits_dtype: DTypeLike = tf.int64, flat_values_spec: Any = None) -> None: ...
    @property
    def shape(self) -> tf.TensorShape:
        """The static shape."""
    @property
    def dtype(self) -> tf.DType:
        """The dtype of the values."""
    @property
    def ragged_rank(self) -> int:
        """The number of partitioned dimensions."""
    @property
    def row_splits_dtype(self) -> tf.DType:
        """The dtype of the row splits."""
    @property
    def flat_values_spec(self) -> Any:
        """The type of the flat values where it was given, or None."""
    @property
    def value_type(self) -> Any:
        """`tf.RaggedTensor`, or `tf.Tensor` when nothing is partitioned."""
    def is_compatible_with(self, spec_or_value: Any) -> _builtins.bool:
        """Whether a type or value may stand where this type is expected."""
    @classmethod
    def from_value(cls, value: Any) -> tf.RaggedTensorSpec:
        """The type of a ragged tensor."""
class RegisterGradient:
    """A decorator that gives an op type its gradient function."""
    def __init__(self, op_type: str) -> None: ...
    def __call__(self, f: F) -> F:
        """Register `f`, a function of the op and the gradients of its outputs."""
class SparseTensor(tf.__internal__.CompositeTensor):
    """A tensor given by the positions and values of its non-default elements."""
    is_tensor_like: _builtins.bool
    def __init__(self, indices: Any, values: Any, dense_shape: ShapeLike | None) -> None: ...
    @property
    def indices(self) -> tf.Tensor: ...
    @property
    def values(self) -> tf.Tensor: ...
    @property
    def dense_shape(self) -> tf.Tensor: ...
    @property
    def dtype(self) -> tf.DType: ...
    @property
    def shape(self) -> tf.TensorShape:
        """The static dense shape."""
    def get_shape(self) -> tf.TensorShape:
        """The static dense shape."""
    def set_shape(self, shape: ShapeLike | None) -> None:
        """Refine the static dense shape."""
    @property
    def graph(self) -> Any: ...
    @property
    def op(self) -> Any: ...
    def with_values(self, new_values: Any) -> tf.SparseTensor:
        """The same positions with other values."""
    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> tf.SparseTensor:
        """A sparse tensor from an object with indices, values and dense_shape."""
    def __mul__(self, other: tf.SparseTensor | TensorLike) -> tf.SparseTensor: ...
    def __truediv__(self, other: tf.SparseTensor | TensorLike) -> tf.SparseTensor: ...
    def consumers(self) -> list[Any]:
        """Nodes that read the values."""
class SparseTensorSpec(BatchableTypeSpec):
    """The dense shape and dtype of a sparse tensor."""
    def __init__(self, shape: ShapeLike | None = None, dtype: DTypeLike = tf.float32) -> None: ...
    @classmethod
    def from_value(cls, value: Any) -> tf.SparseTensorSpec:
        """The spec of a sparse tensor."""
    @property
    def shape(self) -> tf.TensorShape:
        """The dense shape."""
    @property
    def dtype(self) -> tf.DType:
        """The dtype of the values."""
    @property
    def rank(self) -> int | None: ...
    @property
    def value_type(self) -> type: ...
class Tensor(tf.__internal__.types.Tensor):
    """A multi-dimensional array of one dtype; `EagerTensor` and `SymbolicTensor` are its kinds."""
    OVERLOADABLE_OPERATORS: frozenset[str]
    def __bool__(self) -> _builtins.bool: ...
    @property
    def ndim(self) -> int:
        """Number of dimensions, or -1 when the rank is unknown."""
    def get_shape(self) -> tf.TensorShape:
        """The static shape; same as `.shape`."""
    def ref(self) -> Reference:
        """A hashable reference to this tensor, for use as a key in sets and dicts."""
    def experimental_ref(self) -> Reference:
        """Old name of `ref`."""
    @property
    def is_symbolic(self) -> _builtins.bool: ...
    def __abs__(self) -> tf.Tensor: ...
    def __add__(self, other: TensorLike) -> tf.Tensor: ...
    def __and__(self, other: TensorLike) -> tf.Tensor: ...
    def __div__(self, other: TensorLike) -> tf.Tensor: ...
    def __eq__(self, other: Any) -> tf.Tensor: ...
    def __floordiv__(self, other: TensorLike) -> tf.Tensor: ...
    def __ge__(self, other: TensorLike) -> tf.Tensor: ...
    def __getitem__(self, other: Any) -> tf.Tensor: ...
    def __gt__(self, other: TensorLike) -> tf.Tensor: ...
    def __invert__(self) -> tf.Tensor: ...
    def __le__(self, other: TensorLike) -> tf.Tensor: ...
    def __lt__(self, other: TensorLike) -> tf.Tensor: ...
    def __matmul__(self, other: TensorLike) -> tf.Tensor: ...
    def __mod__(self, other: TensorLike) -> tf.Tensor: ...
    def __mul__(self, other: TensorLike) -> tf.Tensor: ...
    def __ne__(self, other: Any) -> tf.Tensor: ...
    def __neg__(self) -> tf.Tensor: ...
    def __or__(self, other: TensorLike) -> tf.Tensor: ...
    def __pow__(self, other: TensorLike) -> tf.Tensor: ...
    def __radd__(self, other: TensorLike) -> tf.Tensor: ...
    def __rand__(self, other: TensorLike) -> tf.Tensor: ...
    def __rdiv__(self, other: TensorLike) -> tf.Tensor: ...
    def __rfloordiv__(self, other: TensorLike) -> tf.Tensor: ...
    def __rmatmul__(self, other: TensorLike) -> tf.Tensor: ...
    def __rmod__(self, other: TensorLike) -> tf.Tensor: ...
    def __rmul__(self, other: TensorLike) -> tf.Tensor: ...
    def __ror__(self, other: TensorLike) -> tf.Tensor: ...
    def __rpow__(self, other: TensorLike) -> tf.Tensor: ...
    def __rsub__(self, other: TensorLike) -> tf.Tensor: ...
    def __rtruediv__(self, other: TensorLike) -> tf.Tensor: ...
    def __rxor__(self, other: TensorLike) -> tf.Tensor: ...
    def __sub__(self, other: TensorLike) -> tf.Tensor: ...
    def __truediv__(self, other: TensorLike) -> tf.Tensor: ...
    def __xor__(self, other: TensorLike) -> tf.Tensor: ...
    @property
    def dtype(self) -> tf.DType: ...
    @property
    def shape(self) -> tf.TensorShape: ...
    @shape.setter
    def shape(self, value: Any) -> None: ...
    def set_shape(self, shape: ShapeLike | None) -> None:
        """Check that this tensor's shape is compatible with `shape`."""
    def numpy(self) -> Any:
        """A copy of the value: `np.ndarray`, a NumPy scalar for shape (), `bytes` for strings."""
    def __dlpack__(self, **kwargs: Any) -> Any: ...
    def __dlpack_device__(self) -> Any: ...
    @property
    def device(self) -> str:
        """Name of the device that holds the value."""
    @property
    def backing_device(self) -> str:
        """Name of the device that holds the value."""
    def cpu(self) -> tf.__internal__.EagerTensor:
        """A tensor with the same value on the host."""
    def gpu(self, gpu_index: int = 0) -> Any:
        """A tensor with the same value on a GPU."""
    @property
    def graph(self) -> tf.Graph: ...
    @property
    def op(self) -> tf.Operation: ...
    @property
    def name(self) -> str: ...
    @property
    def value_index(self) -> int: ...
    def __len__(self) -> int: ...
    def __int__(self) -> int: ...
    def __float__(self) -> float: ...
    def __complex__(self) -> _builtins.complex: ...
    def __index__(self) -> int: ...
    def consumers(self) -> list[tf.Operation]:
        """The nodes that read this tensor."""
    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """The value in a session, by default the default one."""
    def __hash__(self) -> int: ...
    def __iter__(self) -> Iterator[tf.Tensor]: ...
    def __array__(self, dtype: Any=None, copy: _builtins.bool | None=None) -> Any: ...
class TensorArray(tf.__internal__.CompositeTensor):
    """An array of tensors, written and read by index: what loops collect their results in."""
    def __init__(self, dtype: DTypeLike, size: Any = None, dynamic_size: _builtins.bool | None = None, clear_after_read: _builtins.bool | None = None, tensor_array_name: str | None = None, handle: Any = None, flow: Any = None, infer_shape: _builtins.bool = True, element_shape: ShapeLike | None = None, colocate_with_first_write_call: _builtins.bool = True, name: str | None = None) -> None: ...
    @property
    def dtype(self) -> tf.DType:
        """The dtype of the elements."""
    @property
    def element_shape(self) -> tf.TensorShape:
        """What is known of the shape of the elements."""
    @property
    def dynamic_size(self) -> _builtins.bool:
        """Whether the array grows when it is written past its end."""
    @property
    def flow(self) -> tf.Tensor:
        """The tensor list behind the array, a variant tensor."""
    @property
    def handle(self) -> None:
        """None: arrays have no handle in TensorFlow 2."""
    def read(self, index: Any, name: str | None = None) -> tf.Tensor:
        """The element at an index."""
    def write(self, index: TensorLike, value: TensorLike, name: str | None = None) -> tf.TensorArray:
        """The array with an element replaced."""
    def size(self, name: str | None = None) -> tf.Tensor:
        """Number of elements, int32 scalar."""
    def stack(self, name: str | None = None) -> tf.Tensor:
        """All elements in one tensor `[size, ...]`; what was never written is zero."""
    def gather(self, indices: Any, name: str | None = None) -> tf.Tensor:
        """The elements at some indices, in one tensor `[n, ...]`."""
    def concat(self, name: str | None = None) -> tf.Tensor:
        """The elements joined along their first dimension."""
    def unstack(self, value: Any, name: str | None = None) -> tf.TensorArray:
        """An array of the slices of a tensor along its first dimension."""
    def scatter(self, indices: Any, value: Any, name: str | None = None) -> tf.TensorArray:
        """The array with the slices of a tensor written at some indices."""
    def split(self, value: TensorLike, lengths: TensorLike, name: str | None = None) -> tf.TensorArray:
        """An array of consecutive pieces of a tensor."""
    def identity(self) -> tf.TensorArray:
        """An array with the same elements."""
    def grad(self, source: Any, flow: Any = None, name: str | None = None) -> Any:
        """Not supported in TensorFlow 2 either: use tf.GradientTape."""
    def close(self, name: str | None = None) -> None:
        """Nothing to do: the elements are freed with the array."""
class TensorArraySpec(tf.TypeSpec):
    """The type of a `tf.TensorArray`."""
    def __init__(self, element_shape: ShapeLike | None = None, dtype: DTypeLike = tf.float32, dynamic_size: _builtins.bool = False, infer_shape: _builtins.bool = True) -> None: ...
    def is_compatible_with(self, other: Any) -> _builtins.bool:
        """True when `other`, a spec or a TensorArray, could be of this spec."""
    @property
    def value_type(self) -> type: ...
    @classmethod
    def from_value(cls, value: Any) -> tf.TensorArraySpec:
        """The type of a TensorArray."""
    def most_specific_common_supertype(self, others: Any) -> tf.TensorArraySpec | None:
        """The narrowest type of arrays that covers this type and all `others`, or None."""
class TensorShape:
    """The shape of a tensor: a size per dimension, or None where unknown; or all unknown."""
    def __init__(self, dims: Any) -> None: ...
    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None when unknown."""
    @property
    def ndims(self) -> int | None:
        """The number of dimensions, or None when unknown."""
    @property
    def dims(self) -> list[tf.compat.v1.Dimension] | None:
        """The sizes as `Dimension` objects, or None when the rank is unknown."""
    def __len__(self) -> int: ...
    def __bool__(self) -> _builtins.bool: ...
    def __iter__(self) -> Iterator[int | None]: ...
    def __getitem__(self, key: SupportsIndex | _builtins.slice) -> Any: ...
    def as_list(self) -> list[int | None]:
        """The sizes as a list."""
    def num_elements(self) -> int | None:
        """The number of elements, or None unless the shape is fully defined."""
    def is_fully_defined(self) -> _builtins.bool:
        """Whether the rank and every size are known."""
    def assert_is_fully_defined(self) -> None:
        """Raises ValueError unless the rank and every size are known."""
    def assert_has_rank(self, rank: int) -> None:
        """Raises ValueError if the rank is known and is not `rank`."""
    def assert_same_rank(self, other: Any) -> None:
        """Raises ValueError if both ranks are known and differ."""
    def with_rank(self, rank: int | None) -> tf.TensorShape:
        """This shape, known to have the rank."""
    def with_rank_at_least(self, rank: int) -> tf.TensorShape:
        """This shape; raises ValueError if its rank is known and less than `rank`."""
    def with_rank_at_most(self, rank: int) -> tf.TensorShape:
        """This shape; raises ValueError if its rank is known and greater than `rank`."""
    def merge_with(self, other: Any) -> tf.TensorShape:
        """What is known from either of two shapes of the same tensor."""
    def concatenate(self, other: Any) -> tf.TensorShape:
        """The dimensions of this shape, then those of another."""
    def __add__(self, other: Any) -> tf.TensorShape: ...
    def __radd__(self, other: Any) -> tf.TensorShape: ...
    def is_compatible_with(self, other: Any) -> _builtins.bool:
        """Whether one tensor may have both shapes: no size that both know differs."""
    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError unless one tensor may have both shapes."""
    def is_subtype_of(self, other: Any) -> _builtins.bool:
        """Whether every tensor of this shape also has the shape `other`, a TensorShape."""
    def most_specific_common_supertype(self, others: Sequence[Any]) -> tf.TensorShape | None:
        """The narrowest shape that this one and all the others fit, each a TensorShape."""
    def most_specific_compatible_shape(self, other: Any) -> tf.TensorShape:
        """The narrowest shape that both fit."""
    def placeholder_value(self, placeholder_context: Any) -> None:
        """A shape has no value in a traced function."""
    def from_tensors(self, tensors: Iterator[Any]) -> None:
        """A shape is made of no tensors."""
    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors that make up a value: none."""
    def flatten(self) -> list[Any]:
        """The types of the tensors that make up a value: none."""
    def cast(self, value: Any, cast_context: Any) -> None:
        """Accepts None, the value of a shape in a traced function."""
    def as_proto(self) -> Any:
        """This shape as a `TensorShapeProto` message."""
    @classmethod
    def experimental_type_proto(cls) -> Any:
        """The message class that holds a shape, `TensorShapeProto`."""
    @classmethod
    def experimental_from_proto(cls, proto: Any) -> tf.TensorShape:
        """The shape held by a `TensorShapeProto` message."""
    def experimental_as_proto(self) -> Any:
        """This shape as a `TensorShapeProto` message."""
class TensorSpec(BatchableTypeSpec):
    """The shape, dtype and name of a tensor."""
    def __init__(self, shape: ShapeLike | None, dtype: DTypeLike = tf.float32, name: str | None = None) -> None: ...
    @property
    def shape(self) -> tf.TensorShape:
        """The static shape."""
    @property
    def dtype(self) -> tf.DType:
        """The dtype of the elements."""
    @property
    def name(self) -> str | None:
        """The name, or None."""
    @property
    def value_type(self) -> Any:
        """`tf.Tensor`."""
    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> Self:
        """A TensorSpec with the shape and dtype of `spec`."""
    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> tf.TensorSpec:
        """The TensorSpec of a tensor."""
    def is_compatible_with(self, spec_or_tensor: Any) -> _builtins.bool:
        """Whether a spec or tensor has a compatible dtype and shape; names do not matter."""
    def is_subtype_of(self, other: Any) -> _builtins.bool:
        """Whether every tensor of this type is also one of `other`."""
    def most_specific_common_supertype(self, others: Sequence[Any]) -> tf.TensorSpec | None:
        """The narrowest TensorSpec of which this one and all `others` are subtypes, or None."""
    def placeholder_value(self, placeholder_context: Any) -> Any:
        """A new graph input of this type; see `TypeSpec.placeholder_value`."""
    def to_tensors(self, value: Any) -> list[Any]:
        """`[value]`, converted to a tensor of this type."""
    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """The next tensor of the iterator."""
    def flatten(self) -> list[Any]:
        """`[self]`."""
    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value` as a tensor of this type."""
class TypeSpec(TypeSpecBase):
    """The type of a value that TensorFlow functions take or return."""
    @property
    def value_type(self) -> Any:
        """The class of the values of this type."""
    def is_subtype_of(self, other: Any) -> _builtins.bool:
        """Whether every value of this type is also one of `other`."""
    def most_specific_common_supertype(self, others: Sequence[Any]) -> tf.TypeSpec | None:
        """The narrowest type that this one and all `others` are subtypes of, or None."""
    def is_compatible_with(self, spec_or_value: Any) -> _builtins.bool:
        """Whether a type or value may stand where this type is expected."""
    def most_specific_compatible_type(self, other: tf.TypeSpec) -> tf.TypeSpec:
        """Old form of `most_specific_common_supertype`, that raises when there is none."""
    def placeholder_value(self, placeholder_context: Any) -> Any:
        """A value of this type made of new graph inputs."""
    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors of a value, in the order of `flatten`."""
    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """A value made of the next tensors of an iterator."""
    def flatten(self) -> list[Any]:
        """The tensor specs this type is made of."""
    def cast(self, value: Any, casting_context: Any) -> Any:
        """`value` as a value of this type; `value` itself when it is one already."""
    @classmethod
    def experimental_type_proto(cls) -> Any:
        """The message class that holds a type spec, `TypeSpecProto`."""
    @classmethod
    def experimental_from_proto(cls, proto: Any) -> Any:
        """The type spec that a `TypeSpecProto` message describes."""
    def experimental_as_proto(self) -> Any:
        """This type spec as a `TypeSpecProto` message."""
class UnconnectedGradients(enum.Enum):
    """What a gradient is when the target does not depend on the source."""
    NONE = 'none'
    ZERO = 'zero'
class Variable(tf.__internal__.tracking.Trackable):
    """A tensor that can be changed in place and that training adjusts."""
    handle: Any
    def __init__(self, initial_value: Any = None, trainable: _builtins.bool | None = None, validate_shape: _builtins.bool = True, caching_device: Any = None, name: str | None = None, variable_def: Any = None, dtype: DTypeLike | None = None, import_scope: str | None = None, constraint: Callable[[Any], Any] | None = None, synchronization: tf.VariableSynchronization = tf.VariableSynchronization.AUTO, aggregation: tf.VariableAggregation = tf.VariableAggregation.NONE, shape: ShapeLike | None = None, experimental_enable_variable_lifting: _builtins.bool = True) -> None: ...
    @classmethod
    def uninitialized(cls, name: str, dtype: tf.DType, shape: ShapeLike | None, trainable: _builtins.bool = True, **options: Any) -> tf.Variable:
        """A variable without a value, to be restored or assigned later."""
    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> tf.DType: ...
    @property
    def shape(self) -> tf.TensorShape: ...
    def get_shape(self) -> tf.TensorShape:
        """The static shape; same as `.shape`."""
    @property
    def ndim(self) -> int | None: ...
    @property
    def trainable(self) -> _builtins.bool: ...
    @property
    def synchronization(self) -> tf.VariableSynchronization: ...
    @property
    def aggregation(self) -> tf.VariableAggregation: ...
    @property
    def constraint(self) -> Any: ...
    @property
    def device(self) -> str: ...
    @property
    def create(self) -> None: ...
    @property
    def initializer(self) -> None:
        """Nothing: variables are initialised when they are made."""
    @property
    def graph(self) -> Any: ...
    @property
    def op(self) -> Any: ...
    def ref(self) -> Reference:
        """A hashable reference to this variable."""
    def experimental_ref(self) -> Reference:
        """A hashable reference to this variable."""
    def numpy(self) -> Any:
        """A copy of the current value as a NumPy array."""
    def eval(self, session: Any = None) -> Any:
        """The current value as a NumPy array."""
    def sparse_read(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value; its gradient is `tf.IndexedSlices`."""
    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Rows of the value; its gradient is `tf.IndexedSlices`."""
    def gather_nd(self, indices: Any, name: str | None = None) -> Any:
        """Elements or slices of the value, one for each row of `indices` `[..., depth]`."""
    def __array__(self, dtype: DTypeLike | None = None, copy: _builtins.bool | None = None) -> Any: ...
    def __int__(self) -> int: ...
    def __float__(self) -> float: ...
    def __complex__(self) -> _builtins.complex: ...
    def __index__(self) -> int: ...
    def __bool__(self) -> _builtins.bool: ...
    def __len__(self) -> int: ...
    def set_shape(self, shape: ShapeLike | None) -> None:
        """Check that the shape is compatible with `shape`."""
    def assign(self, value: TensorLike, use_locking: _builtins.bool = False, name: str | None = None, read_value: _builtins.bool = True) -> tf.Variable:
        """Set the value."""
    def assign_add(self, delta: Any, use_locking: _builtins.bool = False, name: str | None = None, read_value: _builtins.bool = True) -> tf.Variable:
        """Add to the value; see `assign`."""
    def assign_sub(self, delta: Any, use_locking: _builtins.bool = False, name: str | None = None, read_value: _builtins.bool = True) -> tf.Variable:
        """Subtract from the value; see `assign`."""
    def count_up_to(self, limit: int) -> tf.Tensor:
        """The value of a scalar integer variable, which is one more afterwards."""
    def load(self, value: Any, session: Any = None) -> None:
        """Set the value; `session` is for graphs of TensorFlow 1."""
    def scatter_add(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Add `tf.IndexedSlices` to rows of the value."""
    def scatter_sub(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Subtract `tf.IndexedSlices` from rows of the value."""
    def scatter_mul(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Multiply rows of the value by `tf.IndexedSlices`."""
    def scatter_div(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Divide rows of the value by `tf.IndexedSlices`."""
    def scatter_max(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Raise rows of the value to at least `tf.IndexedSlices`."""
    def scatter_min(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Lower rows of the value to at most `tf.IndexedSlices`."""
    def scatter_update(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Set rows of the value to `tf.IndexedSlices`."""
    def batch_scatter_update(self, sparse_delta: Any, use_locking: _builtins.bool = False, name: str | None = None) -> Any:
        """Set rows to `tf.IndexedSlices` whose indices `[batch..., rows]` hold for each batch."""
    def scatter_nd_update(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Any:
        """Set elements or slices of the value."""
    def scatter_nd_add(self, indices: Any, updates: TensorLike, name: str | None = None) -> Any:
        """Add to elements or slices of the value; see `scatter_nd_update`."""
    def scatter_nd_sub(self, indices: Any, updates: TensorLike, name: str | None = None) -> Any:
        """Subtract from elements or slices of the value; see `scatter_nd_update`."""
    def scatter_nd_max(self, indices: Any, updates: TensorLike, name: str | None = None) -> Any:
        """Raise elements or slices of the value; see `scatter_nd_update`."""
    def scatter_nd_min(self, indices: Any, updates: TensorLike, name: str | None = None) -> Any:
        """Lower elements or slices of the value; see `scatter_nd_update`."""
    SaveSliceInfo = _tidefall__api__types.SaveSliceInfo
    def __abs__(self) -> tf.Tensor: ...
    def __add__(self, other: TensorLike) -> tf.Tensor: ...
    def __and__(self, other: TensorLike) -> tf.Tensor: ...
    def __div__(self, other: TensorLike) -> tf.Tensor: ...
    def __eq__(self, other: Any) -> tf.Tensor: ...
    def __floordiv__(self, other: TensorLike) -> tf.Tensor: ...
    def __ge__(self, other: TensorLike) -> tf.Tensor: ...
    def __getitem__(self, other: Any) -> tf.Tensor: ...
    def __gt__(self, other: TensorLike) -> tf.Tensor: ...
    def __invert__(self) -> tf.Tensor: ...
    def __le__(self, other: TensorLike) -> tf.Tensor: ...
    def __lt__(self, other: TensorLike) -> tf.Tensor: ...
    def __matmul__(self, other: TensorLike) -> tf.Tensor: ...
    def __mod__(self, other: TensorLike) -> tf.Tensor: ...
    def __mul__(self, other: TensorLike) -> tf.Tensor: ...
    def __ne__(self, other: Any) -> tf.Tensor: ...
    def __neg__(self) -> tf.Tensor: ...
    def __or__(self, other: TensorLike) -> tf.Tensor: ...
    def __pow__(self, other: TensorLike) -> tf.Tensor: ...
    def __radd__(self, other: TensorLike) -> tf.Tensor: ...
    def __rand__(self, other: TensorLike) -> tf.Tensor: ...
    def __rdiv__(self, other: TensorLike) -> tf.Tensor: ...
    def __rfloordiv__(self, other: TensorLike) -> tf.Tensor: ...
    def __rmatmul__(self, other: TensorLike) -> tf.Tensor: ...
    def __rmod__(self, other: TensorLike) -> tf.Tensor: ...
    def __rmul__(self, other: TensorLike) -> tf.Tensor: ...
    def __ror__(self, other: TensorLike) -> tf.Tensor: ...
    def __rpow__(self, other: TensorLike) -> tf.Tensor: ...
    def __rsub__(self, other: TensorLike) -> tf.Tensor: ...
    def __rtruediv__(self, other: TensorLike) -> tf.Tensor: ...
    def __rxor__(self, other: TensorLike) -> tf.Tensor: ...
    def __sub__(self, other: TensorLike) -> tf.Tensor: ...
    def __truediv__(self, other: TensorLike) -> tf.Tensor: ...
    def __xor__(self, other: TensorLike) -> tf.Tensor: ...
    def __hash__(self) -> int: ...
    def __iter__(self) -> Iterator[tf.Tensor]: ...
    def value(self) -> tf.Tensor:
        """The current value as a tensor."""
    def read_value(self) -> tf.Tensor:
        """The current value as a tensor that later assignments do not change."""
    def read_value_no_copy(self) -> tf.Tensor:
        """Same as `read_value`: reading never copies here."""
    def initialized_value(self) -> tf.Tensor:
        """The current value."""
    def is_initialized(self, name: str | None=None) -> tf.Tensor:
        """Whether the variable has a value, as a bool tensor."""
class VariableAggregation(enum.Enum):
    """How copies of a distributed variable are brought together."""
    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
class VariableSynchronization(enum.Enum):
    """When copies of a distributed variable are brought together."""
    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3
@overload
def abs(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def abs(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Absolute value, elementwise; of complex numbers the modulus."""
@overload
def acos(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def acos(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse cosine, elementwise, from 0 to pi; nan outside [-1, 1]."""
@overload
def acosh(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def acosh(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse hyperbolic cosine, elementwise; nan below 1."""
@overload
def add(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def add(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Sum of two tensors, elementwise; strings are concatenated."""
@overload
def add_n(inputs: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def add_n(inputs: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Sum of all the tensors in a list."""
def approx_top_k(input: TensorLike, k: int, reduction_dimension: int = -1, recall_target: float = 0.95, is_max_k: _builtins.bool = True, reduction_input_size_override: int = -1, aggregate_to_topk: _builtins.bool = True, name: str | None = None) -> tf.raw_ops._ApproxTopK:
    """The k largest or smallest elements along an axis, most of them."""
def argmax(input: TensorLike, axis: TensorLike | None = None, output_type: DTypeLike = tf.int64, name: str | None = None) -> tf.Tensor:
    """Index of the largest element along an axis, the first one among equals."""
def argmin(input: TensorLike, axis: TensorLike | None = None, output_type: DTypeLike = tf.int64, name: str | None = None) -> tf.Tensor:
    """Index of the smallest element along an axis, the first one among equals."""
def argsort(values: TensorLike, axis: TensorLike | None = -1, direction: str = 'ASCENDING', stable: _builtins.bool = False, name: str | None = None) -> tf.Tensor:
    """Indices that sort a tensor along one axis."""
def as_dtype(type_value: Any) -> tf.DType:
    """The DType that a value stands for."""
@overload
def as_string(input: TensorLike, precision: int = -1, scientific: _builtins.bool = False, shortest: _builtins.bool = False, width: int = -1, fill: str = '', name: str | None = None) -> tf.Tensor: ...
@overload
def as_string(input: TensorLike | tf.__internal__.CompositeTensor, precision: int = -1, scientific: _builtins.bool = False, shortest: _builtins.bool = False, width: int = -1, fill: str = '', name: str | None = None) -> Any:
    """Numbers as text."""
@overload
def asin(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def asin(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse sine, elementwise, from -pi/2 to pi/2; nan outside [-1, 1]."""
@overload
def asinh(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def asinh(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse hyperbolic sine, elementwise."""
def assert_equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x == y` for all elements."""
def assert_greater(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x > y` for all elements."""
def assert_less(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x < y` for all elements."""
def assert_rank(x: TensorLike, rank: TensorLike, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless a tensor has a rank."""
@overload
def atan(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def atan(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse tangent, elementwise, from -pi/2 to pi/2."""
@overload
def atan2(y: TensorLike, x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def atan2(y: TensorLike | tf.__internal__.CompositeTensor, x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Angle of the point `(x, y)` seen from the origin, elementwise, from -pi to pi."""
@overload
def atanh(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def atanh(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Inverse hyperbolic tangent, elementwise; nan outside [-1, 1]."""
def batch_to_space(input: TensorLike, block_shape: ShapeLike, crops: Any, name: str | None = None) -> tf.Tensor:
    """Undo `tf.space_to_batch`: put positions spread over the batch back into blocks."""
bfloat16: tf.DType
@overload
def bitcast(input: TensorLike, type: Any, name: str | None = None) -> tf.Tensor: ...
@overload
def bitcast(input: TensorLike | tf.__internal__.CompositeTensor, type: Any, name: str | None = None) -> Any:
    """Read the bytes of a tensor as another dtype."""
bool: tf.DType
def boolean_mask(tensor: TensorLike, mask: TensorLike, axis: TensorLike | None = None, name: str = 'boolean_mask') -> tf.Tensor:
    """The parts of a tensor where a mask is True."""
@overload
def broadcast_dynamic_shape(shape_x: TensorLike, shape_y: TensorLike) -> tf.Tensor: ...
@overload
def broadcast_dynamic_shape(shape_x: TensorLike | tf.__internal__.CompositeTensor, shape_y: TensorLike | tf.__internal__.CompositeTensor) -> Any:
    """The shape of a broadcast of two tensors, from their shapes as tensors."""
def broadcast_static_shape(shape_x: Any, shape_y: Any) -> tf.TensorShape:
    """The shape of a broadcast of two tensors, as far as their shapes tell."""
@overload
def broadcast_to(input: TensorLike, shape: ShapeLike, name: str | None = None) -> tf.Tensor: ...
@overload
def broadcast_to(input: TensorLike | tf.__internal__.CompositeTensor, shape: ShapeLike, name: str | None = None) -> Any:
    """Repeat a tensor along dimensions of size 1, and new leading ones, to reach a shape."""
def case(pred_fn_pairs: Any, default: Any = None, exclusive: _builtins.bool = False, strict: _builtins.bool = False, name: str = 'case') -> Any:
    """Call the function of the first condition that holds."""
@overload
def cast(x: TensorLike, dtype: DTypeLike, name: str | None = None) -> tf.Tensor: ...
@overload
def cast(x: TensorLike | tf.__internal__.CompositeTensor, dtype: DTypeLike, name: str | None = None) -> Any:
    """Convert a tensor to another dtype."""
def check_pinned(tensor: TensorLike, name: str | None = None) -> tf.Tensor:
    """Refuse to say whether a tensor is in memory pinned for a GPU: there is no such memory here."""
def clip_by_global_norm(t_list: Sequence[Any], clip_norm: Any, use_norm: Any = None, name: str | None = None) -> _builtins.tuple[list[tf.Tensor], tf.Tensor]:
    """Scale several tensors down together so that their global norm is at most `clip_norm`."""
def clip_by_norm(t: TensorLike, clip_norm: Any, axes: Any = None, name: str | None = None) -> tf.Tensor:
    """Scale a tensor down so that its Euclidean norm is at most `clip_norm`."""
@overload
def clip_by_value(t: TensorLike, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> tf.Tensor: ...
@overload
def clip_by_value(t: TensorLike | tf.__internal__.CompositeTensor, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Each element, or the limit it exceeds."""
@overload
def complex(real: TensorLike, imag: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def complex(real: TensorLike | tf.__internal__.CompositeTensor, imag: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Complex numbers of their real and imaginary parts."""
complex128: tf.DType
complex64: tf.DType
@overload
def concat(values: Sequence[TensorLike], axis: TensorLike | None, name: str = 'concat') -> tf.Tensor: ...
@overload
def concat(values: Sequence[Any], axis: TensorLike | tf.__internal__.CompositeTensor | None, name: str = 'concat') -> Any:
    """Join tensors along one dimension."""
def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None) -> Any:
    """Call one of two functions, depending on a condition."""
def constant(value: Any, dtype: DTypeLike | None = None, shape: ShapeLike | None = None, name: str | None = 'Const') -> tf.Tensor:
    """A tensor with a fixed value: eager, or a Const node while a graph is being built."""
class constant_initializer(Initializer):
    """Makes tensors of one number, or of given values."""
    value: Any
    support_partition: _builtins.bool
    def __init__(self, value: Any = 0, support_partition: _builtins.bool = False) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike | None = None, **kwargs: Any) -> tf.Tensor: ...
    def get_config(self) -> dict[str, Any]: ...
def control_dependencies(control_inputs: TensorLike | None) -> AbstractContextManager[None]:
    """Make the nodes of a graph wait for others."""
def conv(input: TensorLike, filter: TensorLike, strides: Sequence[int], padding: str, explicit_paddings: Sequence[int] = [], data_format: str = 'CHANNELS_LAST', dilations: Sequence[int] = [], batch_dims: int = 1, groups: int = 1, name: str | None = None) -> tf.Tensor:
    """Convolution in two or three dimensions, of tensors with any number of batch dimensions."""
def conv2d_backprop_filter_v2(input: TensorLike, filter: TensorLike, out_backprop: Any, strides: Sequence[int], padding: str, use_cudnn_on_gpu: _builtins.bool = True, explicit_paddings: Sequence[int] = [], data_format: str = 'NHWC', dilations: Sequence[int] = [1, 1, 1, 1], name: str | None = None) -> tf.Tensor:
    """The gradient of a 2-D convolution with respect to its filter."""
def conv2d_backprop_input_v2(input: TensorLike, filter: TensorLike, out_backprop: Any, strides: Sequence[int], padding: str, use_cudnn_on_gpu: _builtins.bool = True, explicit_paddings: Sequence[int] = [], data_format: str = 'NHWC', dilations: Sequence[int] = [1, 1, 1, 1], name: str | None = None) -> tf.Tensor:
    """The gradient of a 2-D convolution with respect to its input."""
def convert_to_tensor(value: Any, dtype: DTypeLike | None = None, dtype_hint: Any = None, name: str | None = None, *, preferred_dtype: DTypeLike | None = None) -> tf.Tensor:
    """Convert a value to a tensor."""
@overload
def cos(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def cos(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Cosine, elementwise."""
@overload
def cosh(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def cosh(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Hyperbolic cosine, elementwise."""
@overload
def cumsum(x: TensorLike, axis: TensorLike | None = 0, exclusive: _builtins.bool = False, reverse: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def cumsum(x: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = 0, exclusive: _builtins.bool = False, reverse: _builtins.bool = False, name: str | None = None) -> Any:
    """Running sum along an axis."""
@overload
def custom_gradient(f: Callable[P, Any]) -> Callable[P, Any]:
    """Give a function its own gradient."""
@overload
def custom_gradient() -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Give a function its own gradient."""
def device(device_name: Any) -> AbstractContextManager[None]:
    """Place the ops made inside the block."""
@overload
def divide(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def divide(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Quotient as Python 3's `/` gives it; same as `tf.truediv`."""
double: tf.DType
def dynamic_partition(data: TensorLike | tf.__internal__.CompositeTensor, partitions: TensorLike | tf.__internal__.CompositeTensor, num_partitions: int, name: str | None = None) -> list[tf.Tensor]:
    """Deal the elements of a tensor out to several, by number."""
def dynamic_stitch(indices: Sequence[TensorLike], data: Sequence[TensorLike], name: str | None = None) -> tf.Tensor:
    """Put the rows of several tensors into one, by row number."""
def edit_distance(hypothesis: tf.SparseTensor, truth: Any, normalize: _builtins.bool = True, name: str | None = 'edit_distance') -> tf.Tensor:
    """The Levenshtein distances between the sequences of two sparse tensors."""
def eig(tensor: TensorLike, name: str | None = None) -> _builtins.tuple[tf.Tensor, tf.Tensor]:
    """Eigenvalues and eigenvectors of square matrices."""
def eigvals(tensor: TensorLike, name: str | None = None) -> tf.Tensor:
    """Eigenvalues of square matrices, in no particular order."""
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> tf.Tensor:
    """Sums of products of tensors in index notation."""
def ensure_shape(x: TensorLike, shape: ShapeLike | None, name: str | None = None) -> tf.Tensor:
    """The tensor itself, after checking its shape; in a graph its static shape is refined."""
@overload
def equal(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether two tensors are equal, elementwise."""
def executing_eagerly() -> _builtins.bool:
    """True unless a graph is being built in this thread."""
@overload
def exp(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def exp(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """e to the power `x`, elementwise."""
@overload
def expand_dims(input: TensorLike, axis: TensorLike | None, name: str | None = None) -> tf.Tensor: ...
@overload
def expand_dims(input: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None, name: str | None = None) -> Any:
    """Insert a dimension of size 1."""
def extract_volume_patches(input: TensorLike, ksizes: TensorLike, strides: TensorLike, padding: str, name: str | None = None) -> tf.Tensor:
    """Patches of volumes, laid out along the depth."""
def eye(num_rows: TensorLike, num_columns: TensorLike | None = None, batch_shape: ShapeLike | None = None, dtype: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """Identity matrices."""
def fftnd(input: Any, fft_length: TensorLike, axes: Any, name: str | None = None) -> tf.Tensor:
    """The op FFTND; `tf.signal.fftnd` has defaults for its arguments."""
@overload
def fill(dims: Any, value: TensorLike, name: str | None = None, layout: Any = None) -> tf.Tensor: ...
@overload
def fill(dims: Any, value: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None, layout: Any = None) -> Any:
    """A tensor with one value everywhere."""
def fingerprint(data: TensorLike, method: Any = 'farmhash64', name: str | None = None) -> tf.Tensor:
    """Eight bytes for each row of a tensor that tell rows apart."""
float16: tf.DType
float32: tf.DType
float64: tf.DType
@overload
def floor(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def floor(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The largest whole number that is not greater, elementwise."""
def foldl(fn: Callable[..., Any], elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: _builtins.bool = True, swap_memory: _builtins.bool = False, name: str | None = None) -> Any:
    """Combine the slices of tensors from the first to the last."""
def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: _builtins.bool = True, swap_memory: _builtins.bool = False, name: str | None = None) -> Any:
    """Combine the slices of tensors from the last to the first; see `tf.foldl`."""
@overload
def function(func: Callable[P, R], input_signature: Any=None, autograph: _builtins.bool=True, jit_compile: _builtins.bool | None=None, reduce_retracing: _builtins.bool=False, experimental_implements: str | None=None, experimental_autograph_options: Any=None, experimental_attributes: dict[str, Any] | None=None, experimental_relax_shapes: _builtins.bool | None=None, experimental_compile: _builtins.bool | None=None, experimental_follow_type_hints: _builtins.bool | None=None) -> tf.types.experimental.GenericFunction[P, R]:
    """Turn a Python function into one that runs as a graph."""
@overload
def function(*, input_signature: Any=None, autograph: _builtins.bool=True, jit_compile: _builtins.bool | None=None, reduce_retracing: _builtins.bool=False, experimental_implements: str | None=None, experimental_autograph_options: Any=None, experimental_attributes: dict[str, Any] | None=None, experimental_relax_shapes: _builtins.bool | None=None, experimental_compile: _builtins.bool | None=None, experimental_follow_type_hints: _builtins.bool | None=None) -> Callable[[Callable[P, R]], tf.types.experimental.GenericFunction[P, R]]:
    """Turn a Python function into one that runs as a graph."""
@overload
def gather(params: Any, indices: TensorLike, validate_indices: Any = None, axis: TensorLike | None = None, batch_dims: int = 0, name: str | None = None) -> tf.Tensor: ...
@overload
def gather(params: Any, indices: TensorLike | tf.__internal__.CompositeTensor, validate_indices: Any = None, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, batch_dims: int = 0, name: str | None = None) -> Any:
    """Slices of a tensor along one axis, picked by index."""
@overload
def gather_nd(params: Any, indices: TensorLike, batch_dims: int = 0, name: str | None = None, bad_indices_policy: str = '') -> tf.Tensor: ...
@overload
def gather_nd(params: Any, indices: TensorLike | tf.__internal__.CompositeTensor, batch_dims: int = 0, name: str | None = None, bad_indices_policy: str = '') -> Any:
    """Elements or slices of a tensor, each picked by a vector of indices."""
def get_current_name_scope() -> str:
    """What the names of new nodes begin with, without the last "/"."""
def get_logger() -> logging.Logger:
    """The logger of Tidefall's messages, called "tensorflow" as programs expect."""
def get_static_value(tensor: TensorLike, partial: _builtins.bool = False) -> Any:
    """The constant value of a tensor, if it can be determined without running the program."""
def grad_pass_through(f: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function so that gradients pass through it unchanged."""
def gradients(ys: TensorLike, xs: TensorLike, grad_ys: Any = None, name: str | None = 'gradients', gate_gradients: _builtins.bool = False, aggregation_method: int | None = None, stop_gradients: TensorLike | None = None, unconnected_gradients: tf.UnconnectedGradients = tf.UnconnectedGradients.NONE) -> list[Any]:
    """Derivative of the sum of `ys` by each of `xs`, as new nodes of the graph being built."""
@overload
def greater(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def greater(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether `x > y`, elementwise."""
@overload
def greater_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def greater_equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether `x >= y`, elementwise."""
def group(*inputs: Any, **kwargs: Any) -> tf.Operation | None:
    """A node of a graph that runs after all of `inputs`."""
def guarantee_const(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The same value; once told a compiler that it never changes."""
half: tf.DType
def hessians(ys: TensorLike, xs: TensorLike, gate_gradients: _builtins.bool = False, aggregation_method: int | None = None, name: str = 'hessians') -> list[Any]:
    """Second derivatives of the sum of `ys` by each of `xs`, in the graph being built."""
def histogram_fixed_width(values: TensorLike, value_range: Any, nbins: TensorLike = 100, dtype: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """How many values fall into each of `nbins` bins of equal width."""
def histogram_fixed_width_bins(values: TensorLike, value_range: Any, nbins: TensorLike = 100, dtype: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """The bin that each value falls into, of `nbins` bins of equal width."""
def identity(input: Any, name: str | None = None) -> tf.Tensor:
    """The same value as a new tensor."""
def identity_n(input: Sequence[TensorLike], name: str | None = None) -> list[tf.Tensor]:
    """The same values as new tensors."""
def ifftnd(input: Any, fft_length: TensorLike, axes: Any, name: str | None = None) -> tf.Tensor:
    """The op IFFTND; `tf.signal.ifftnd` has defaults for its arguments."""
def import_graph_def(graph_def: Any, input_map: Mapping[str, Any] | None = None, return_elements: Sequence[str] | None = None, name: str | None = None, op_dict: Any = None, producer_op_list: Any = None) -> list[Any] | None:
    """Add the nodes of a GraphDef to the default graph."""
def init_scope() -> AbstractContextManager[None]:
    """Leave every function being traced, to run or create things outside of it."""
def inside_function() -> _builtins.bool:
    """Whether a `tf.function` is being traced."""
int16: tf.DType
int32: tf.DType
int64: tf.DType
int8: tf.DType
def irfftnd(input: Any, fft_length: TensorLike, axes: Any, Treal: Any = tf.float32, name: str | None = None) -> tf.Tensor:
    """The op IRFFTND; `tf.signal.irfftnd` has defaults for its arguments."""
def is_symbolic_tensor(tensor: Any) -> _builtins.bool:
    """Whether `tensor` is a tensor of a graph, without a value yet."""
def is_tensor(x: Any) -> _builtins.bool:
    """True when `x` is a tensor, a variable, a ragged or sparse tensor, or IndexedSlices."""
@overload
def less(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def less(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether `x < y`, elementwise."""
@overload
def less_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def less_equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether `x <= y`, elementwise."""
def linspace(start: TensorLike, stop: TensorLike, num: Any, name: str | None = None, axis: int = 0) -> tf.Tensor:
    """`num` evenly spaced numbers from `start` to `stop`, both included."""
def load_library(library_location: Any) -> None:
    """Refuse a plugin with kernels; a folder without any is accepted."""
def load_op_library(library_filename: Any) -> Any:
    """Load a library of custom ops, written against the header `tidefall/op.h`."""
@overload
def logical_and(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def logical_and(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether both inputs are true, elementwise."""
@overload
def logical_not(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def logical_not(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The opposite truth value, elementwise."""
@overload
def logical_or(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def logical_or(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether at least one input is true, elementwise."""
def make_ndarray(tensor: Any) -> np.ndarray:
    """The array of a TensorProto message."""
def make_tensor_proto(values: Any, dtype: DTypeLike | None = None, shape: ShapeLike | None = None, verify_shape: _builtins.bool = False, allow_broadcast: _builtins.bool = False) -> Any:
    """A TensorProto message of values."""
def map_fn(fn: Callable[..., Any], elems: Any, dtype: DTypeLike | None = None, parallel_iterations: int | None = None, back_prop: _builtins.bool = True, swap_memory: _builtins.bool = False, infer_shape: _builtins.bool = True, name: str | None = None, fn_output_signature: Any = None) -> Any:
    """Apply a function to the slices of tensors along their first dimension."""
@overload
def matmul(a: TensorLike, b: TensorLike, transpose_a: _builtins.bool = False, transpose_b: _builtins.bool = False, adjoint_a: _builtins.bool = False, adjoint_b: _builtins.bool = False, a_is_sparse: _builtins.bool = False, b_is_sparse: _builtins.bool = False, output_type: DTypeLike | None = None, grad_a: _builtins.bool = False, grad_b: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def matmul(a: TensorLike | tf.__internal__.CompositeTensor, b: TensorLike | tf.__internal__.CompositeTensor, transpose_a: _builtins.bool = False, transpose_b: _builtins.bool = False, adjoint_a: _builtins.bool = False, adjoint_b: _builtins.bool = False, a_is_sparse: _builtins.bool = False, b_is_sparse: _builtins.bool = False, output_type: DTypeLike | None = None, grad_a: _builtins.bool = False, grad_b: _builtins.bool = False, name: str | None = None) -> Any:
    """Product of matrices, or of stacks of matrices whose leading dimensions broadcast."""
def matrix_square_root(input: TensorLike, name: str | None = None) -> tf.Tensor:
    """The principal square root of square matrices: `root @ root` is `input`."""
@overload
def maximum(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def maximum(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The larger of two tensors, elementwise; nan if either is nan."""
def meshgrid(*args: Any, **kwargs: Any) -> list[tf.Tensor]:
    """Coordinates of a grid: each vector repeated along the axes of the others."""
@overload
def minimum(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def minimum(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The smaller of two tensors, elementwise; nan if either is nan."""
@overload
def multiply(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def multiply(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Product of two tensors, elementwise."""
class name_scope:
    """Prefix the names of the ops created inside the block."""
    def __init__(self, name: str | None) -> None: ...
    @property
    def name(self) -> str | None: ...
    def __enter__(self) -> str: ...
    def __exit__(self, *exc: object) -> None: ...
@overload
def negative(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def negative(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The negative of a tensor, elementwise."""
newaxis: None
def no_gradient(op_type: str) -> None:
    """Declare that no gradient flows through ops of a type."""
def no_op(name: str | None = None) -> tf.Operation | None:
    """Do nothing; in a graph, a node that others can be made to wait for."""
def nondifferentiable_batch_function(num_batch_threads: int, max_batch_size: int, batch_timeout_micros: int, allowed_batch_sizes: Sequence[int] | None = None, max_enqueued_batches: int = 10, autograph: _builtins.bool = True, enable_large_batch_splitting: _builtins.bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let calls from several threads be computed together: a decorator."""
def norm(tensor: TensorLike, ord: Any = 'euclidean', axis: TensorLike | None = None, keepdims: _builtins.bool | None = None, name: str | None = None) -> tf.Tensor:
    """Norms of vectors or matrices."""
@overload
def not_equal(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def not_equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Whether two tensors differ, elementwise."""
def numpy_function(func: Any = None, inp: Sequence[TensorLike] | None = None, Tout: Any = None, stateful: _builtins.bool = True, name: str | None = None) -> Any:
    """NumPy code as an op; no gradients flow through."""
@overload
def one_hot(indices: TensorLike, depth: Any, on_value: TensorLike | None = None, off_value: TensorLike | None = None, axis: int | None = None, dtype: DTypeLike | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def one_hot(indices: TensorLike | tf.__internal__.CompositeTensor, depth: Any, on_value: TensorLike | tf.__internal__.CompositeTensor | None = None, off_value: TensorLike | tf.__internal__.CompositeTensor | None = None, axis: int | None = None, dtype: DTypeLike | None = None, name: str | None = None) -> Any:
    """One value at the place each index names, another everywhere else."""
def ones(shape: ShapeLike, dtype: DTypeLike = tf.float32, name: str | None = None, layout: Any = None) -> tf.Tensor:
    """A tensor of ones (or True)."""
class ones_initializer(Initializer):
    """Makes tensors of ones."""
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike = tf.float32, **kwargs: Any) -> tf.Tensor: ...
@overload
def ones_like(input: TensorLike, dtype: DTypeLike | None = None, name: str | None = None, layout: Any = None) -> tf.Tensor: ...
@overload
def ones_like(input: TensorLike | tf.__internal__.CompositeTensor, dtype: DTypeLike | None = None, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of ones shaped like another."""
def pad(tensor: TensorLike, paddings: TensorLike, mode: str = 'CONSTANT', constant_values: Any = 0, name: str | None = None) -> tf.Tensor:
    """Add elements before and after a tensor along each dimension."""
def parallel_stack(values: Sequence[TensorLike], name: str = 'parallel_stack') -> tf.Tensor:
    """Join tensors of one static shape along a new first dimension, in a graph only."""
@overload
def pow(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def pow(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`x` to the power `y`, elementwise."""
def print(*inputs: Any, **kwargs: Any) -> tf.Operation | None:
    """Print values, of tensors in particular, when the program runs."""
def py_function(func: Any = None, inp: Sequence[TensorLike] | None = None, Tout: Any = None, name: str | None = None) -> Any:
    """Python code as an op: it runs eagerly each time the graph runs, and gradients flow through."""
qint16: tf.DType
qint32: tf.DType
qint8: tf.DType
quint16: tf.DType
quint8: tf.DType
def ragged_fill_empty_rows(value_rowids: Any, values: TensorLike, nrows: TensorLike, default_value: TensorLike, name: str | None = None) -> tf.raw_ops._RaggedFillEmptyRows:
    """Give every empty row of a ragged tensor, described by row numbers, one element."""
def ragged_fill_empty_rows_grad(reverse_index_map: Any, grad_values: Any, name: str | None = None) -> tf.raw_ops._RaggedFillEmptyRowsGrad:
    """The gradient of `tf.ragged_fill_empty_rows`."""
def random_index_shuffle(index: TensorLike, seed: TensorLike, max_index: Any, rounds: int = 4, name: str | None = None) -> tf.Tensor:
    """Where an index of `0..max_index` goes in a random order of them."""
class random_normal_initializer(Initializer):
    """Makes tensors of random numbers with a normal distribution."""
    mean: Any
    stddev: Any
    seed: Any
    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: int | None = None) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike = tf.float32, **kwargs: Any) -> tf.Tensor: ...
    def get_config(self) -> dict[str, Any]: ...
class random_uniform_initializer(Initializer):
    """Makes tensors of random numbers, uniform in [minval, maxval)."""
    minval: Any
    maxval: Any
    seed: Any
    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: int | None = None) -> None: ...
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike = tf.float32, **kwargs: Any) -> tf.Tensor: ...
    def get_config(self) -> dict[str, Any]: ...
def range(start: TensorLike, limit: TensorLike | None = None, delta: Any = 1, dtype: DTypeLike | None = None, name: str = 'range') -> tf.Tensor:
    """The numbers from `start` up to but excluding `limit`, in steps of `delta`."""
@overload
def rank(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def rank(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The number of dimensions of a tensor."""
@overload
def realdiv(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def realdiv(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Quotient of two floating or complex tensors, elementwise."""
def recompute_grad(f: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function so that its gradient runs it again instead of keeping what it computed."""
@overload
def reduce_all(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_all(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """Whether all of the elements along axes are true."""
@overload
def reduce_any(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_any(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """Whether any of the elements along axes is true."""
@overload
def reduce_logsumexp(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_logsumexp(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """`log(sum(exp(x)))` along axes, without overflow."""
@overload
def reduce_max(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_max(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """Largest of the elements along axes; nan if there is a nan among them."""
@overload
def reduce_mean(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_mean(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """Mean of the elements along axes; that of integers is truncated to an integer."""
@overload
def reduce_min(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_min(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """Smallest of the elements along axes; nan if there is a nan among them."""
@overload
def reduce_prod(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_prod(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """Product of the elements along axes."""
@overload
def reduce_sum(input_tensor: TensorLike, axis: TensorLike | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_sum(input_tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: _builtins.bool = False, name: str | None = None) -> Any:
    """Sum of the elements along axes."""
def register_tensor_conversion_function(base_type: type | _builtins.tuple[type, ...], conversion_func: Callable[..., Any], priority: int = 100) -> None:
    """Teach `tf.convert_to_tensor` about a type."""
def repeat(input: TensorLike, repeats: Any, axis: int | None = None, name: str | None = None) -> tf.Tensor:
    """Repeat each element, or each slice along an axis."""
def required_space_to_batch_paddings(input_shape: ShapeLike, block_shape: ShapeLike, base_paddings: Any = None, name: str | None = None) -> _builtins.tuple[Any, Any]:
    """Paddings that make a shape divisible by blocks, and the crops that undo them."""
@overload
def reshape(tensor: TensorLike, shape: ShapeLike, name: str | None = None) -> tf.Tensor: ...
@overload
def reshape(tensor: TensorLike | tf.__internal__.CompositeTensor, shape: ShapeLike, name: str | None = None) -> Any:
    """The same elements, in the same order, in another shape."""
resource: tf.DType
@overload
def reverse(tensor: TensorLike, axis: TensorLike | None, name: str | None = None) -> tf.Tensor: ...
@overload
def reverse(tensor: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None, name: str | None = None) -> Any:
    """Turn a tensor around along some axes."""
def reverse_sequence(input: TensorLike, seq_lengths: TensorLike, seq_axis: int | None = None, batch_axis: int | None = None, name: str | None = None) -> tf.Tensor:
    """Turn around the first `seq_lengths[b]` steps of each sequence b of a batch."""
def rfftnd(input: Any, fft_length: TensorLike, axes: Any, Tcomplex: Any = tf.complex64, name: str | None = None) -> tf.Tensor:
    """The op RFFTND; `tf.signal.rfftnd` has defaults for its arguments."""
def roll(input: TensorLike, shift: Any, axis: TensorLike | None, name: str | None = None) -> tf.Tensor:
    """Shift the elements along some axes; what falls off one end comes back at the other."""
@overload
def round(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def round(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The nearest whole number, elementwise; halves go to the even neighbour."""
@overload
def saturate_cast(value: TensorLike, dtype: DTypeLike, name: str | None = None) -> tf.Tensor: ...
@overload
def saturate_cast(value: TensorLike | tf.__internal__.CompositeTensor, dtype: DTypeLike, name: str | None = None) -> Any:
    """Convert to another dtype; values it cannot hold become the nearest one it can."""
@overload
def scalar_mul(scalar: TensorLike, x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def scalar_mul(scalar: TensorLike | tf.__internal__.CompositeTensor, x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Product of a scalar with a tensor or with `tf.IndexedSlices`."""
def scan(fn: Callable[..., Any], elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: _builtins.bool = True, swap_memory: _builtins.bool = False, infer_shape: _builtins.bool = True, reverse: _builtins.bool = False, name: str | None = None) -> Any:
    """Combine the slices of tensors one after the other and keep every intermediate result."""
def scatter_nd(indices: TensorLike, updates: TensorLike, shape: ShapeLike, bad_indices_policy: str = '', name: str | None = None) -> tf.Tensor:
    """A tensor of zeros with values added at the places given."""
def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = 'left', out_type: DTypeLike = tf.int32, name: str | None = None) -> tf.Tensor:
    """Where values would have to be inserted into sorted rows to keep them sorted."""
def sequence_mask(lengths: TensorLike, maxlen: TensorLike | None = None, dtype: DTypeLike = tf.bool, name: str | None = None) -> tf.Tensor:
    """True for the first `lengths[...]` of `maxlen` places."""
@overload
def shape(input: TensorLike, out_type: DTypeLike | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def shape(input: TensorLike | tf.__internal__.CompositeTensor, out_type: DTypeLike | None = None, name: str | None = None) -> Any:
    """The shape of a tensor, as a tensor."""
def shape_n(input: Sequence[TensorLike], out_type: DTypeLike = tf.int32, name: str | None = None) -> list[tf.Tensor]:
    """The shapes of several tensors of one dtype."""
@overload
def sigmoid(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def sigmoid(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The logistic function `1 / (1 + exp(-x))`, elementwise."""
@overload
def sign(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def sign(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """-1, 0 or 1 by the sign, elementwise; for complex numbers `x / |x|`, and 0 for 0."""
@overload
def sin(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def sin(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Sine, elementwise."""
@overload
def sinh(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def sinh(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Hyperbolic sine, elementwise."""
@overload
def size(input: TensorLike, out_type: DTypeLike | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def size(input: TensorLike | tf.__internal__.CompositeTensor, out_type: DTypeLike | None = None, name: str | None = None) -> Any:
    """The number of elements of a tensor."""
def slice(input_: TensorLike, begin: Any, size: Any, name: str | None = None) -> tf.Tensor:
    """A box of a tensor, given by its corner and its size."""
def sort(values: TensorLike, axis: TensorLike | None = -1, direction: str = 'ASCENDING', name: str | None = None) -> tf.Tensor:
    """Sort a tensor along one axis."""
def space_to_batch(input: TensorLike, block_shape: ShapeLike, paddings: TensorLike, name: str | None = None) -> tf.Tensor:
    """Cut the spatial dimensions into blocks and spread each block's positions over the batch."""
def space_to_batch_nd(input: Any, block_shape: ShapeLike, paddings: TensorLike, name: str | None = None) -> tf.Tensor:
    """The same as `tf.space_to_batch`."""
def split(value: TensorLike | tf.__internal__.CompositeTensor, num_or_size_splits: Any, axis: TensorLike | tf.__internal__.CompositeTensor | None = 0, num: int | None = None, name: str = 'split') -> list[tf.Tensor]:
    """Cut a tensor into parts along one dimension."""
@overload
def sqrt(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def sqrt(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Square root, elementwise; nan for negative numbers."""
@overload
def square(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def square(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`x * x`, elementwise."""
@overload
def squeeze(input: TensorLike, axis: TensorLike | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def squeeze(input: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, name: str | None = None) -> Any:
    """Remove dimensions of size 1."""
@overload
def stack(values: Sequence[TensorLike], axis: int = 0, name: str = 'stack') -> tf.Tensor: ...
@overload
def stack(values: Sequence[Any], axis: int = 0, name: str = 'stack') -> Any:
    """Join tensors of one shape along a new dimension."""
@overload
def stop_gradient(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def stop_gradient(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The same value, a constant as far as gradients are concerned."""
def strided_slice(input_: TensorLike, begin: TensorLike, end: TensorLike, strides: TensorLike | None = None, begin_mask: int = 0, end_mask: int = 0, ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0, var: Any = None, name: str | None = None) -> tf.Tensor:
    """A slice with strides, as `input_[begin:end:strides]`."""
string: tf.DType
@overload
def subtract(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def subtract(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Difference of two tensors, elementwise."""
def switch_case(branch_index: TensorLike, branch_fns: Any, default: Any = None, name: str = 'switch_case') -> Any:
    """Call one of several functions, chosen by number."""
@overload
def tan(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def tan(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Tangent, elementwise."""
@overload
def tanh(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def tanh(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Hyperbolic tangent, elementwise."""
def tensor_scatter_nd_add(tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = '', name: str | None = None) -> tf.Tensor:
    """A tensor with values added at some places."""
def tensor_scatter_nd_max(tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = '', name: str | None = None) -> tf.Tensor:
    """A tensor with the larger of its own value and an update at some places."""
def tensor_scatter_nd_min(tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = '', name: str | None = None) -> tf.Tensor:
    """A tensor with the smaller of its own value and an update at some places."""
def tensor_scatter_nd_sub(tensor: TensorLike, indices: TensorLike, updates: TensorLike, bad_indices_policy: str = '', name: str | None = None) -> tf.Tensor:
    """A tensor with values subtracted at some places."""
def tensor_scatter_nd_update(tensor: TensorLike, indices: TensorLike, updates: TensorLike, name: str | None = None) -> tf.Tensor:
    """A tensor with some elements or slices replaced."""
def tensordot(a: TensorLike, b: TensorLike, axes: Any, name: str | None = None) -> tf.Tensor:
    """Sum of products of two tensors over chosen axes."""
@overload
def tile(input: TensorLike, multiples: Any, name: str | None = None) -> tf.Tensor: ...
@overload
def tile(input: TensorLike | tf.__internal__.CompositeTensor, multiples: Any, name: str | None = None) -> Any:
    """Repeat a tensor along each dimension."""
def timestamp(name: str | None = None) -> tf.Tensor:
    """Seconds since 1970 at the moment the op runs: in a function, at each call."""
@overload
def transpose(a: TensorLike, perm: TensorLike | None = None, conjugate: _builtins.bool = False, name: str | None = 'transpose') -> tf.Tensor: ...
@overload
def transpose(a: TensorLike | tf.__internal__.CompositeTensor, perm: TensorLike | tf.__internal__.CompositeTensor | None = None, conjugate: _builtins.bool = False, name: str | None = 'transpose') -> Any:
    """Permute the dimensions."""
@overload
def truediv(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def truediv(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Quotient as Python 3's `/` gives it: integers are converted to floats first."""
@overload
def truncatediv(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def truncatediv(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Quotient rounded toward zero, elementwise, as C divides integers."""
@overload
def truncatemod(x: TensorLike, y: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def truncatemod(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Remainder of the division rounded toward zero, with the sign of `x`, as C's `%` gives it."""
def tuple(tensors: Sequence[TensorLike] | None, control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """Hold tensors back until all of them are there."""
def type_spec_from_value(value: Any) -> Any:
    """The `tf.TypeSpec` of a value."""
uint16: tf.DType
uint32: tf.DType
uint64: tf.DType
uint8: tf.DType
def unique(x: TensorLike, out_idx: DTypeLike = tf.int32, name: str | None = None) -> tf.raw_ops._Unique:
    """The distinct elements of a vector, in the order they first appear."""
def unique_with_counts(x: TensorLike, out_idx: DTypeLike = tf.int32, name: str | None = None) -> tf.raw_ops._UniqueWithCounts:
    """The distinct elements of a vector and how often each comes."""
def unravel_index(indices: TensorLike, dims: TensorLike, name: str | None = None) -> tf.Tensor:
    """Coordinates of positions in the row-major order of an array."""
def unstack(value: TensorLike, num: int | None = None, axis: int = 0, name: str = 'unstack') -> list[tf.Tensor]:
    """Take a tensor apart along one dimension."""
class variable_creator_scope:
    """Let a function take part in the creation of variables inside the block."""
    def __init__(self, variable_creator: Callable[..., Any]) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *exc: object) -> None: ...
variant: tf.DType
def vectorized_map(fn: Callable[..., Any], elems: Any, fallback_to_while_loop: _builtins.bool = True, warn: _builtins.bool = True) -> Any:
    """Apply a function to the slices of tensors, all at once."""
@overload
def where(condition: TensorLike, x: TensorLike | None = None, y: TensorLike | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def where(condition: TensorLike | tf.__internal__.CompositeTensor, x: TensorLike | tf.__internal__.CompositeTensor | None = None, y: TensorLike | tf.__internal__.CompositeTensor | None = None, name: str | None = None) -> Any:
    """Elements of `x` where a condition holds and of `y` elsewhere; or where it holds."""
def while_loop(cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, shape_invariants: Any = None, parallel_iterations: int = 10, back_prop: _builtins.bool = True, swap_memory: _builtins.bool = False, maximum_iterations: TensorLike | None = None, name: str | None = None) -> Any:
    """Repeat `body` while `cond` holds."""
def zeros(shape: ShapeLike, dtype: DTypeLike = tf.float32, name: str | None = None, layout: Any = None) -> tf.Tensor:
    """A tensor of zeros (False, or empty strings)."""
class zeros_initializer(Initializer):
    """Makes tensors of zeros."""
    def __call__(self, shape: ShapeLike | None, dtype: DTypeLike = tf.float32, **kwargs: Any) -> tf.Tensor: ...
@overload
def zeros_like(input: TensorLike, dtype: DTypeLike | None = None, name: str | None = None, layout: Any = None) -> tf.Tensor: ...
@overload
def zeros_like(input: TensorLike | tf.__internal__.CompositeTensor, dtype: DTypeLike | None = None, name: str | None = None, layout: Any = None) -> Any:
    """A tensor of zeros shaped like another."""
__version__: str
