"""`tf.function`: a Python function that is traced once for each kind of arguments."""

from __future__ import annotations

import functools
import inspect
import threading
import weakref
from collections.abc import Callable
from typing import Any

from tidefall.core.exports import export, export_value
from tidefall.core.shapes import TensorShape
from tidefall.core.specs import TensorSpec
from tidefall.core.state import state
from tidefall.core.tensor import SymbolicTensor
from tidefall.core.trackable import Trackable
from tidefall.function.binding import Signature, encode
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.keywords import argument_keywords
from tidefall.function.tracing import trace

_eager = {"functions": False}


@export("config.run_functions_eagerly")
def run_functions_eagerly(run_eagerly: bool) -> None:
    """Make every `tf.function` run as the plain Python function, for debugging.

    Args:
        run_eagerly: True to run eagerly from now on.
    """
    _eager["functions"] = bool(run_eagerly)


@export("config.functions_run_eagerly")
def functions_run_eagerly() -> bool:
    """Whether `tf.function`s currently run as plain Python functions."""
    return _eager["functions"]


@export("types.experimental.Callable")
class FunctionType:
    """Base of what can be called with tensors."""


class _Traces:
    """The concrete functions made so far, by what they were made for."""

    def __init__(self) -> None:
        self.exact: dict[Any, ConcreteFunction] = {}
        self.by_skeleton: dict[Any, list[tuple[list[Any], ConcreteFunction]]] = {}
        self.all: list[ConcreteFunction] = []

    def add(self, key: Any, skeleton: Any, shapes: list[Any], function: ConcreteFunction) -> None:
        self.exact[key] = function
        self.by_skeleton.setdefault(skeleton, []).append((shapes, function))
        self.all.append(function)

    def accepting(self, skeleton: Any, shapes: list[Any]) -> ConcreteFunction | None:
        """A trace with shapes general enough for these, the newest first."""
        for traced, function in reversed(self.by_skeleton.get(skeleton, ())):
            if all(_accepts(a, b) for a, b in zip(traced, shapes, strict=True)):
                return function
        return None


def _accepts(traced: Any, given: Any) -> bool:
    if traced is None:
        return True
    if given is None or len(traced) != len(given):
        return False
    return all(t is None or t == g for t, g in zip(traced, given, strict=True))


def _merge(traced: Any, given: Any) -> Any:
    """The most specific shape that both fit."""
    if traced is None or given is None or len(traced) != len(given):
        return None
    return tuple(t if t == g else None for t, g in zip(traced, given, strict=True))


@export("types.experimental.GenericFunction", "types.experimental.PolymorphicFunction")
class Function(Trackable, FunctionType):
    """What `tf.function` returns. Call it like the Python function it was made from.

    Every new combination of dtypes, Python values and structure is traced once. When only shapes
    differ from an earlier trace, the dimensions that changed are traced as unknown, so that
    further shapes need no trace.
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
        self._traces = _Traces()
        self._lock = threading.RLock()
        self._descriptors: Any = weakref.WeakKeyDictionary()
        self._created_variables: list[Any] = []
        functools.update_wrapper(self, python_function, updated=())

    # ---- what it is ----

    @property
    def python_function(self) -> Callable[..., Any]:
        """The Python function behind this one."""
        return self._python_function

    @property
    def input_signature(self) -> Any:
        return self._signature.input_signature

    @property
    def function_spec(self) -> Signature:
        return self._signature

    @property
    def _concrete_variable_creation_fn(self) -> ConcreteFunction | None:
        """The first trace, as Keras's TensorBoard callback asks for it."""
        return next(iter(self._traces.all), None)

    @property
    def name(self) -> str:
        return self._name

    def experimental_get_tracing_count(self) -> int:
        """How many times the Python function has been traced."""
        return len(self._traces.all)

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
        if _eager["functions"]:
            return self._python_function(*args, **kwargs)
        signature = self._signature
        if kwargs or not signature.plain or len(args) != len(signature.names):
            args, kwargs = signature.bind(args, kwargs)
        if signature.input_signature is not None:
            args = signature.cast(args, kwargs)
        leaves: list[Any] = []
        shapes: list[Any] = []
        skeleton = encode((args, kwargs) if kwargs else args, leaves, shapes)
        function = self._find(skeleton, shapes, args, kwargs)
        return function._structured(function.call_flat(leaves))

    def _find(
        self, skeleton: Any, shapes: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> ConcreteFunction:
        key = (skeleton, tuple(shapes))
        found = self._traces.exact.get(key)
        if found is not None:
            return found
        if state.graph is not None:
            found = self._traces.exact.get((id(state.graph), key))
            if found is not None:
                return found
        with self._lock:
            return self._lookup_or_trace(key, skeleton, shapes, args, kwargs)

    def _lookup_or_trace(
        self,
        key: Any,
        skeleton: Any,
        shapes: list[Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> ConcreteFunction:
        if self._signature.input_signature is not None:
            wanted = self._signature_shapes(args, kwargs)
            found = self._traces.exact.get((skeleton, tuple(wanted)))
            if found is None:
                found = self._trace(key, skeleton, wanted, args, kwargs, relax=True)
            if found._garbage is None:
                self._traces.exact[key] = self._traces.exact[(skeleton, tuple(wanted))] = found
            return found
        found = self._traces.accepting(skeleton, shapes)
        if found is not None:
            self._traces.exact[key] = found
            return found
        earlier = self._traces.by_skeleton.get(skeleton)
        if earlier:
            general = [_merge(a, b) for a, b in zip(earlier[-1][0], shapes, strict=True)]
            try:
                function = self._trace(key, skeleton, general, args, kwargs, relax=True)
            except Exception:  # noqa: BLE001 - the program needs static shapes: give it some
                return self._trace(key, skeleton, shapes, args, kwargs)
            self._traces.exact[(skeleton, tuple(general))] = function
            return function
        return self._trace(key, skeleton, shapes, args, kwargs)

    def _signature_shapes(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        signature = self._signature.input_signature
        assert signature is not None
        wanted: list[Any] = []
        encode((*signature, *args[len(signature) :]), [], wanted)
        if kwargs:
            encode(kwargs, [], wanted)
        return wanted

    def _trace(
        self,
        key: Any,
        skeleton: Any,
        shapes: list[Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        relax: bool = False,
    ) -> ConcreteFunction:
        given = [TensorShape(s) for s in shapes] if relax else None
        graph = trace(self._python_function, self._name, args, kwargs, self._signature.names, given)
        self._check_variables(graph)
        function = ConcreteFunction(graph, self._jit_compile, spec=self._signature)
        if any(isinstance(c, SymbolicTensor) for c in graph.external_captures):
            # Valid only inside the graph whose tensors it captured.
            self._traces.exact[(id(state.graph), key)] = function
            function._garbage = state.graph
            self._traces.all.append(function)
            return function
        self._traces.add(key, skeleton, shapes, function)
        return function

    def _check_variables(self, graph: Any) -> None:
        created = [ref() for ref in graph.created_variables]
        if not created:
            return
        if self._created_variables or any(v is None for v in created):
            raise ValueError(
                "tf.function only supports singleton tf.Variables created on the first call. Make "
                "sure the tf.Variable is only created once or created outside tf.function. See "
                "https://www.tensorflow.org/guide/function#creating_tfvariables for more "
                "information."
            )
        self._created_variables = graph.created_variables

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
        leaves: list[Any] = []
        shapes: list[Any] = []
        skeleton = encode((args, kwargs) if kwargs else args, leaves, shapes)
        names = tuple(leaf.name if isinstance(leaf, TensorSpec) else None for leaf in leaves)
        key = (skeleton, tuple(shapes))
        with self._lock:
            if signature.input_signature is not None:
                return self._find(skeleton, shapes, args, kwargs)
            for known in (key, (*key, names)):
                found = self._traces.exact.get(known)
                if found is not None and _same_shapes(found, shapes) and _called(found, names):
                    return found
            # Names given to arguments are part of what the function is saved with.
            key = (*key, names) if any(names) else key
            return self._trace(key, skeleton, shapes, args, kwargs)

    def _list_all_concrete_functions(self) -> list[ConcreteFunction]:
        if not self._traces.all and self._signature.input_signature is not None:
            self.get_concrete_function()
        return list(self._traces.all)

    def _list_all_concrete_functions_for_serialization(self) -> list[ConcreteFunction]:
        return [f for f in self._list_all_concrete_functions() if f._garbage is None]

    @property
    def concrete_functions(self) -> list[ConcreteFunction]:
        return self._list_all_concrete_functions()

    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """The signatures traced so far, in words."""
        return "\n\n".join(f.pretty_printed_signature(verbose) for f in self._traces.all)

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        if save_type == "checkpoint":
            return {}
        concrete = self._list_all_concrete_functions_for_serialization()
        return {f"trace_{i}": function for i, function in enumerate(concrete)}

    def experimental_get_compiler_ir(self, *args: Any, **kwargs: Any) -> Any:
        """The program XLA is given, as text."""
        from tidefall.core.errors import UnimplementedError

        raise UnimplementedError(
            None, None, "experimental_get_compiler_ir is not implemented in Tidefall yet."
        )


def _same_shapes(function: ConcreteFunction, shapes: list[Any]) -> bool:
    traced = [t.shape for t in function.graph.arguments]
    if len(traced) != len(shapes):
        return True
    return all(
        t == TensorShape(s) or (t.rank is None and s is None)
        for t, s in zip(traced, shapes, strict=True)
    )


def _called(function: ConcreteFunction, names: tuple[str | None, ...]) -> bool:
    """Whether the arguments of a function have these names, as far as they are given."""
    traced = [tensor.op.name for tensor in function.graph.arguments]
    if len(traced) != len(names):
        return not any(names)
    return all(name is None or name == own for name, own in zip(names, traced, strict=True))


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
