# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.types.experimental`."""

from collections.abc import Iterator
from collections.abc import Sequence
import collections.abc as _collections_abc
import inspect
import tidefall as tf
from tidefall._api._types import GraphFunction
from tidefall._api._types import P
from tidefall._api._types import Q
from tidefall._api._types import R
from tidefall._api._types import Signature
from tidefall._api._types import TensorLike as TensorLike
import tidefall._api._types as _tidefall__api__types
from tidefall._api.types.experimental import distributed as distributed
from typing import Any
from typing import Concatenate
from typing import Generic
from typing import Protocol
from typing import Self
from typing import overload

class AtomicFunction(tf.types.experimental.Callable):
    """One graph as a function, without gradients."""
    @property
    def function_type(self) -> tf.types.experimental.FunctionType:
        """The parameters and their types."""
    def call_with_captures(self, args: Any, kwargs: Any, captures: Any) -> Any:
        """Call with arguments, and with values in place of what was captured."""
class Callable:
    """Base of what can be called with tensors."""
    @property
    def function_type(self) -> tf.types.experimental.FunctionType:
        """The parameters and their types."""
class ConcreteFunction(tf.__internal__.tracking.Trackable, tf.types.experimental.Callable):
    """A function traced for one signature."""
    name: str
    jit_compile: bool
    function_spec: Any
    belongs_to: Any
    free_numbers: tuple[int, ...] | None
    output_specs: Any
    kept_alive: Sequence[Any]
    graph: Any
    graph_function: GraphFunction
    def __init__(self, graph: tf.__internal__.FuncGraph, jit_compile: bool = False, name: str | None = None, spec: Any = None) -> None: ...
    @property
    def inputs(self) -> list[tf.Tensor]:
        """Placeholders of the arguments, then of the captures."""
    @property
    def outputs(self) -> list[tf.Tensor]:
        """The tensors returned, flat."""
    @property
    def function_type(self) -> tf.types.experimental.FunctionType:
        """The parameters with their types, and the type of what is returned."""
    @property
    def inference_fn(self) -> tf.types.experimental.AtomicFunction:
        """The graph as a function without gradients."""
    @property
    def captured_inputs(self) -> list[Any]:
        """What the function uses from outside, in the order of the trailing inputs."""
    @property
    def variables(self) -> tuple[tf.Variable, ...]:
        """Variables the function uses."""
    @property
    def trainable_variables(self) -> tuple[tf.Variable, ...]:
        """Trainable variables the function uses."""
    @property
    def structured_input_signature(self) -> Any: ...
    @property
    def structured_outputs(self) -> Any:
        """What the Python function returned: symbolic tensors, or specs if it was loaded."""
    @property
    def output_dtypes(self) -> Any: ...
    @property
    def output_shapes(self) -> Any: ...
    @property
    def function_def(self) -> Any:
        """The function as a FunctionDef message."""
    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """The signature in words."""
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call with tensors of the traced signature."""
    def call_structured(self, flat: Sequence[Any]) -> Any:
        """Call with the flat tensor arguments; the result has the function's own structure."""
    def call_with_captures(self, args: tuple[Any, ...], kwargs: dict[str, Any], captures: Sequence[Any]) -> Any:
        """Call with values in place of what was captured; no tape follows what happens inside."""
    def call_flat(self, arguments: Sequence[Any]) -> list[Any]:
        """Call with the tensors of all arguments; captures are added. Returns flat outputs."""
    def call_values(self, values: list[Any]) -> Any:
        """Call with the arrays of all arguments while nothing watches (`state.needs_dispatch` is False)."""
    def runs_on_mesh(self) -> bool:
        """Whether what it uses from outside puts it on the devices of a mesh."""
    def compiler_ir(self, arguments: Sequence[Any]) -> Any:
        """The stages of compiling this function for arguments, or TensorSpecs, of static shapes."""
    def add_to_graph(self, g: Any = None, overwrite: bool = False) -> None:
        """Functions are part of every graph that calls them; nothing to do."""
    def set_external_captures(self, captures: Sequence[Any]) -> None:
        """Let the captures be these tensors from now on, in order."""
    def replace_capture_with_deferred_capture(self, tensor: _tidefall__api__types.TensorLike, closure: Any, spec: Any, placeholder: Any = None, default_value: Any = None) -> None:
        """Ask for a captured tensor at each call instead."""
class FunctionType(inspect.Signature):
    """The parameters of a function with their types, and the type of what it returns."""
    @classmethod
    def from_callable(cls, obj: Any, *, follow_wrapped: bool = True) -> tf.types.experimental.FunctionType:
        """The parameters of a Python function."""
    @property
    def output(self) -> Any:
        """The type of what is returned; None where it is not known."""
class GenericFunction(tf.__internal__.tracking.Trackable, Generic[P, R]):
    """What `tf.function` returns. Call it like the Python function it was made from."""
    def __init__(self, python_function: _collections_abc.Callable[..., Any], name: str, input_signature: Any = None, autograph: bool = True, jit_compile: bool | None = None, reduce_retracing: bool = False, experimental_attributes: dict[str, Any] | None = None, experimental_implements: str | None = None, bound_to: Any = None) -> None: ...
    @property
    def converted_function(self) -> _collections_abc.Callable[..., Any]:
        """The Python function as it is traced: its control flow converted, if it is to be."""
    @property
    def input_signature(self) -> Any: ...
    @property
    def function_type(self) -> tf.types.experimental.FunctionType:
        """The parameters of the Python function."""
    @property
    def function_spec(self) -> Signature: ...
    @property
    def name(self) -> str: ...
    def experimental_get_tracing_count(self) -> int:
        """How many times the Python function has been traced."""
    def flat(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The tensors in the arguments of a call, as its concrete function takes them."""
    def get_concrete_function(self, *args: Any, **kwargs: Any) -> tf.types.experimental.ConcreteFunction:
        """The trace for arguments like these; TensorSpecs may stand for tensors."""
    @property
    def concrete_functions(self) -> list[tf.types.experimental.ConcreteFunction]: ...
    def explain(self, *args: Any, **kwargs: Any) -> str:
        """Whether a call with these arguments would be traced, and why, naming the arguments."""
    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """The signatures traced so far, in words."""
    def experimental_get_compiler_ir(self, *args: Any, **kwargs: Any) -> _collections_abc.Callable[..., Any]:
        """The program that XLA is given, and what it makes of it."""
    @property
    def python_function(self) -> _collections_abc.Callable[P, R]:
        """The Python function behind this one."""
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __get__(self, instance: None, owner: Any=None) -> Self: ...
    @overload
    def __get__(self: tf.types.experimental.GenericFunction[Concatenate[Any, Q], R], instance: object, owner: Any=None) -> tf.types.experimental.GenericFunction[Q, R]: ...
PolymorphicFunction = tf.types.experimental.GenericFunction
class SupportsTracingProtocol(Protocol):
    """Objects that say which type they are to `tf.function`."""
class TraceType:
    """What an object is to `tf.function`: calls with equal types share a trace."""
    def is_subtype_of(self, other: tf.types.experimental.TraceType) -> bool:
        """Whether a trace made for `other` serves objects of this type."""
    def most_specific_common_supertype(self, others: Sequence[tf.types.experimental.TraceType]) -> tf.types.experimental.TraceType | None:
        """The narrowest type that covers this one and `others`; None if there is none."""
    def placeholder_value(self, placeholder_context: Any) -> Any:
        """What stands for an object of this type while a function is traced."""
    def to_tensors(self, value: Any) -> list[Any]:
        """The tensors inside a value of this type."""
    def from_tensors(self, tensors: Iterator[Any]) -> Any:
        """A value of this type, made of tensors."""
    def flatten(self) -> list[tf.types.experimental.TraceType]:
        """The types of the tensors inside."""
    def cast(self, value: Any, cast_context: Any) -> Any:
        """A value as one of this type."""
