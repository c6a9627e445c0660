"""`tf.function`: a Python function that is traced once for each kind of arguments."""

from __future__ import annotations

import functools
import inspect
import logging
import weakref
from collections.abc import Callable
from typing import Any

from tidefall.base.config import config
from tidefall.base.exports import export, export_value
from tidefall.base.state import state
from tidefall.composite.trackable.trackable import Trackable
from tidefall.function.binding import Signature
from tidefall.function.call_keys import encode
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.keywords import argument_keywords
from tidefall.function.number_arguments import as_tensors, split_numbers
from tidefall.function.tracer import Tracer
from tidefall.function.types import FunctionType, TensorCallable
from tidefall.tensor.tensor import EagerTensor

_log = logging.getLogger("tidefall.function")


@export("config.run_functions_eagerly", "config.experimental_run_functions_eagerly")
def run_functions_eagerly(run_eagerly: bool) -> None:
    """Make every `tf.function` run as the plain Python function, for debugging.

    Args:
        run_eagerly: True to run eagerly from now on.
    """
    config.functions_run_eagerly = bool(run_eagerly)


@export("config.functions_run_eagerly", "config.experimental_functions_run_eagerly")
def functions_run_eagerly() -> bool:
    """Whether `tf.function`s currently run as plain Python functions."""
    return config.functions_run_eagerly


@export("types.experimental.GenericFunction", "types.experimental.PolymorphicFunction")
class Function(Trackable, TensorCallable):
    """What `tf.function` returns. Call it like the Python function it was made from.

    Every new combination of dtypes, Python values and structure is traced once. When only shapes
    differ from an earlier trace, the dimensions that changed are traced as unknown; when Python
    numbers differ for the third time, they are traced as tensors. Further shapes and numbers then
    need no trace. A program that has to know them is traced for each.

    >>> import tidefall as tf
    >>> double = tf.function(lambda x: 2 * x)
    >>> isinstance(double, tf.types.experimental.PolymorphicFunction)
    True
    >>> int(double(tf.constant(3))), double.experimental_get_tracing_count()
    (6, 1)
    """

    def __init__(
        self,
        python_function: Callable[..., Any],
        name: str,
        input_signature: Any = None,
        autograph: bool = True,
        jit_compile: bool | None = None,
        reduce_retracing: bool = False,
        experimental_attributes: dict[str, Any] | None = None,
        experimental_implements: str | None = None,
        bound_to: Any = None,
    ):
        self._python_function = python_function
        self._name = name
        self._jit_compile = bool(jit_compile)
        self._autograph = autograph
        self._reduce_retracing = reduce_retracing
        self._attributes = experimental_attributes
        self._implements = experimental_implements
        self._bound_to = bound_to
        self._signature = Signature(python_function, input_signature)
        self._tracer = Tracer(python_function, name, self._signature, autograph, self._jit_compile)
        self._descriptors: Any = weakref.WeakKeyDictionary()
        functools.update_wrapper(self, python_function, updated=())

    # ---- what it is ----

    @property
    def python_function(self) -> Callable[..., Any]:
        """The Python function behind this one."""
        return self._python_function

    @property
    def converted_function(self) -> Callable[..., Any]:
        """The Python function as it is traced: its control flow converted, if it is to be."""
        return self._tracer.converted()

    @property
    def input_signature(self) -> Any:
        return self._signature.input_signature

    @property
    def function_type(self) -> FunctionType:
        """The parameters of the Python function."""
        return FunctionType(list(self._signature.python.parameters.values()))

    @property
    def function_spec(self) -> Signature:
        return self._signature

    @property
    def _concrete_variable_creation_fn(self) -> ConcreteFunction | None:
        """The first trace, as Keras's TensorBoard callback asks for it."""
        return next(iter(self._tracer.traces.functions), None)

    @property
    def name(self) -> str:
        return self._name

    def experimental_get_tracing_count(self) -> int:
        """How many times the Python function has been traced."""
        return self._tracer.count

    def __repr__(self) -> str:
        return f"<tidefall.function {self._name} at 0x{id(self):X}>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        try:
            found = self._descriptors.get(instance)
        except TypeError:
            return self._bind(instance)
        if found is None:
            found = self._bind(instance)
            self._descriptors[instance] = found
        return found

    def _bind(self, instance: Any) -> Function:
        reference = weakref.ref(instance)
        function = self._python_function

        @functools.wraps(function)
        def method(*args: Any, **kwargs: Any) -> Any:
            target = reference()
            if target is None:
                raise ReferenceError(f"The object that the method {self._name} belongs to is gone.")
            return function(target, *args, **kwargs)

        method.method_of = (reference, function)  # type: ignore[attr-defined]
        method.__signature__ = _without_first(inspect.signature(function))  # type: ignore[attr-defined]
        bound = self._clone(method)
        bound._bound_to = reference
        return bound

    def _clone(self, python_function: Callable[..., Any] | None = None) -> Function:
        return Function(
            python_function or self._python_function,
            self._name,
            self._signature.input_signature,
            self._autograph,
            self._jit_compile,
            self._reduce_retracing,
            self._attributes,
            self._implements,
        )

    # ---- calling ----

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if config.functions_run_eagerly:
            return self._python_function(*args, **kwargs)
        if kwargs or state.needs_dispatch:
            return self._call(args, kwargs)[0]
        # The short way: only tensors, which `_call` has seen the like of, and nothing watches.
        values: list[Any] = []
        kinds: list[Any] = []
        for arg in args:
            if type(arg) is not EagerTensor:
                return self._call(args, kwargs)[0]
            value = arg.storage
            values.append(value)
            kinds.append(value.dtype)
            kinds.append(value.shape)
        key = tuple(kinds)
        found = self._tracer.traces.direct.get(key)
        if found is not None:
            return found.call_values(values)
        result, function, leaves = self._call(args, kwargs)
        plain = self._signature.plain and not function.runs_on_mesh()
        if plain and len(leaves) == len(args) == len(self._signature.names):
            self._tracer.traces.remember_direct(key, function)
        return result

    def _call(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ConcreteFunction, list[Any]]:
        """The result of a call, the trace that gave it, and the tensors given to that."""
        signature = self._signature
        if kwargs or not signature.plain or len(args) != len(signature.names):
            args, kwargs = signature.bind(args, kwargs)
        if signature.input_signature is not None:
            args = signature.cast(args, kwargs)
        leaves: list[Any] = []
        shapes: list[Any] = []
        skeleton = encode((args, kwargs) if kwargs else args, leaves, shapes)
        function = self._tracer.find(skeleton, shapes, args, kwargs)
        if function.free_numbers is not None:
            leaves = as_tensors(split_numbers(skeleton)[1], function.free_numbers) + leaves
        return function.call_structured(leaves), function, leaves

    def flat(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The tensors in the arguments of a call, as its concrete function takes them."""
        args, kwargs = self._signature.bind(args, kwargs)
        if self._signature.input_signature is not None:
            args = self._signature.cast(args, kwargs)
        leaves: list[Any] = []
        encode((args, kwargs) if kwargs else args, leaves, [])
        return leaves

    # ---- concrete functions ----

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The trace for arguments like these; TensorSpecs may stand for tensors.

        Returns:
            A concrete function that takes just the tensors.
        """
        function = self._concrete(args, kwargs)
        if function._arg_keywords is None:
            function._arg_keywords = argument_keywords(function)
        return function

    def _concrete(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> ConcreteFunction:
        signature = self._signature
        if signature.input_signature is not None and not args and not kwargs:
            args = signature.input_signature
        args, kwargs = signature.bind(args, kwargs)
        if signature.input_signature is not None:
            args = signature.cast(args, kwargs)
        return self._tracer.concrete(args, kwargs)

    def _list_all_concrete_functions(self) -> list[ConcreteFunction]:
        if not self._tracer.traces.traces and self._signature.input_signature is not None:
            self.get_concrete_function()
        return self._tracer.traces.functions

    def _list_all_concrete_functions_for_serialization(self) -> list[ConcreteFunction]:
        if state.exporting and self._signature.input_signature is not None:
            return [self.get_concrete_function()]
        found = [f for f in self._list_all_concrete_functions() if f.free_numbers is None]
        if not state.exporting:
            return found
        # Traced again for the same arguments, with variables as they are in the file.
        signatures = [f.structured_input_signature for f in found]
        again = [self.get_concrete_function(*args, **kwargs) for args, kwargs in signatures]
        return list({id(f): f for f in again}.values())

    @property
    def concrete_functions(self) -> list[ConcreteFunction]:
        return self._list_all_concrete_functions()

    def explain(self, *args: Any, **kwargs: Any) -> str:
        """Whether a call with these arguments would be traced, and why, naming the arguments.

        Nothing is traced or run.

        >>> import tidefall as tf
        >>> square = tf.function(lambda x: x * x)
        >>> square(tf.constant(2.0)).numpy()
        np.float32(4.0)
        >>> print(square.explain(tf.constant([1, 2])))
        lambda would be traced: 'x' is int32 tensor of shape (2,); it was float32 tensor of shape ()
        """
        signature = self._signature
        args, kwargs = signature.bind(args, kwargs)
        if signature.input_signature is not None:
            args = signature.cast(args, kwargs)
        return f"{self._name} would {self._tracer.explain(args, kwargs)}"

    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """The signatures traced so far, in words."""
        return "\n\n".join(
            f.pretty_printed_signature(verbose) for f in self._tracer.traces.functions
        )

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        if save_type == "checkpoint":
            return {}
        concrete = self._list_all_concrete_functions_for_serialization()
        return {f"trace_{i}": function for i, function in enumerate(concrete)}

    def experimental_get_compiler_ir(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """The program that XLA is given, and what it makes of it.

        Args:
            args, kwargs: arguments of a call, or TensorSpecs with static shapes in their place.

        Returns:
            A function `f(stage="hlo", device_name=None)`. The stages are "hlo", "hlo_no_metadata",
            "stablehlo", "optimized_hlo" and "optimized_hlo_dot", which give text, and
            "hlo_serialized" and "optimized_hlo_serialized", which give bytes.

        Raises:
            ValueError: for a function without `jit_compile=True`, or an unknown stage.
        """
        if not self._jit_compile:
            raise ValueError(
                "Compiler IR can only be returned for functions marked with 'jit_compile=True'"
            )
        signature = self._signature
        args, kwargs = signature.bind(args, kwargs)
        leaves: list[Any] = []
        encode((args, kwargs) if kwargs else args, leaves, [])
        function = self._concrete(args, kwargs)
        return function.compiler_ir(leaves)


def _without_first(signature: inspect.Signature) -> inspect.Signature:
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        parameters = parameters[1:]
    return signature.replace(parameters=parameters)


def _function_name(function: Any) -> str:
    name = getattr(function, "__name__", None)
    if name is None and isinstance(function, functools.partial):
        name = _function_name(function.func)
    return (name or type(function).__name__).replace("<lambda>", "lambda")


@export("function")
def function(
    func: Any = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: str | None = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: dict[str, Any] | None = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """Turn a Python function into one that runs as a graph.

    Args:
        func: the function; None makes `tf.function(...)` a decorator.
        input_signature: TensorSpecs for the arguments; calls with others are refused.
        autograph: convert Python control flow over tensors.
        jit_compile: compile the whole function with XLA; an op that cannot be compiled is an error.
        reduce_retracing: accepted; traces are always generalised when shapes change.

    Returns:
        A `tf.types.experimental.PolymorphicFunction`.

    >>> import tidefall as tf
    >>> @tf.function
    ... def double(x):
    ...     return x + x
    >>> double(tf.constant(2.0)).numpy()
    np.float32(4.0)
    """
    jit = jit_compile if jit_compile is not None else experimental_compile

    def decorate(inner: Any) -> Function:
        if not callable(inner):
            raise TypeError(f"{inner!r} is not a callable object: tf.function takes a function.")
        if isinstance(inner, Function):
            inner = inner.python_function
        return Function(
            inner,
            _function_name(inner),
            input_signature,
            autograph,
            jit,
            bool(reduce_retracing or experimental_relax_shapes),
            experimental_attributes,
            experimental_implements,
        )

    return decorate if func is None else decorate(func)


export_value(Function, "__internal__.function.Function")
