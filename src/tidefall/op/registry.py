"""The op: a signature with everything known about it, and what happens when it is called.

An op is declared once, in one place:

    cumsum_op = op("Cumsum", shape=..., host=..., xla=..., effects=PURE, gradient=...)

and called with its inputs by position and its attributes by name:
`cumsum_op(x, axis, reverse=True)`. Attributes that follow from the inputs (dtypes, list lengths)
are inferred. Calling adds a node to the graph being built in this thread, or else runs the op at
once.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from tidefall.base.errors import (
    InvalidArgumentError,
    OpError,
    ResourceExhaustedError,
    UnimplementedError,
)
from tidefall.base.exports import calling_module
from tidefall.base.float_errors import QUIET, begin_quiet, end_quiet
from tidefall.base.services import services
from tidefall.base.state import state
from tidefall.op.binding import Binding
from tidefall.op.effects import Effects
from tidefall.op.results import Results
from tidefall.op.table import OpDef, op_def, op_names
from tidefall.op.traits import Trait
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, Tensor, TypedTensor, ndarray

NOT_DIFFERENTIABLE = "not differentiable"
Attrs = dict[str, Any]

_registry: dict[str, Op] = {}
_index: dict[str, str] = {}
_gradient_overrides: dict[str, Callable[..., Any] | str] = {}


class Record:
    """One executed op, as a gradient function sees it: the eager twin of a graph node."""

    __slots__ = ("attrs", "inputs", "needed", "op_type", "outputs")
    backward = None

    def __init__(self, op: Op, inputs: Sequence[Tensor], attrs: Attrs, outputs: Sequence[Tensor]):
        self.op_type = op
        self.inputs = inputs
        self.attrs = attrs
        self.outputs = outputs

    @property
    def type(self) -> str:
        """Name of the op."""
        return self.op_type.name

    def get_attr(self, name: str) -> Any:
        """Value of an attribute."""
        return self.attrs[name]


def _keyword_only(function: Any) -> tuple[str, ...]:
    """Names of the keyword-only parameters of a kernel: the attributes it wants to see."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    if code is None:
        return ()
    start = code.co_argcount
    return code.co_varnames[start : start + code.co_kwonlyargcount]


class _Facet:
    """A facet that is asked for before the module that declares the op was imported.

    The op's own value, once it has one, is found first. A `__getattr__` of ops would do the same,
    but Python reads every attribute of such a class slower.
    """

    name: str

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, op: Op | None, owner: type) -> Any:
        if op is None:
            return self
        if _load(op):
            return getattr(op, self.name)
        raise AttributeError(f"The op {op.name} is not declared, so that it has no {self.name}.")


def _facet() -> Any:
    """A facet of the type that is annotated."""
    return _Facet()


class Op(Binding, Results):
    """One op with all its facets.

    Attributes:
        definition: the signature.
        is_declared: whether the module that declares the op has been imported.
        shape: `f(c) -> shapes of the outputs`, c an inference context (`tidefall.op.inference`).
        host: NumPy kernel. Takes the inputs by position (lists for list inputs) and, as
            keyword-only parameters, the attributes it names. Returns one array, or a tuple of one
            value per output.
        xla: the same with jax arrays, traced into a compiled cluster.
        effects: what running it does besides computing its outputs.
        traits: what kind of computation it is.
        batching: `f(call) -> outputs` for many elements at once (`tidefall.ops.batching`); None
            where that follows from the traits, or where each element is worked on by itself.
        jvp: `f(op, *tangents) -> tangents of the outputs`, written in public ops; a tangent is None
            for an input that does not move. None where that follows from traits and gradient.
        gradient: `f(op, *grads) -> gradients of the inputs`, written in public ops; or the string
            "not differentiable".
        static: names of the inputs that must be known when compiling.
        xla_through: lowerings for when the first input comes from one of these ops: they take
            that op's inputs in its place, and what it computes need not be made.
    """

    shape: Callable[..., Any] | None = _facet()
    host: Callable[..., Any] | None = _facet()
    xla: Callable[..., Any] | None = _facet()
    effects: Effects = _facet()
    traits: frozenset[Trait] = _facet()
    batching: Callable[..., Any] | None = _facet()
    jvp: Callable[..., Any] | None = _facet()
    gradient: Callable[..., Any] | str | None = _facet()
    static: frozenset[str] = _facet()
    xla_through: dict[Op, Callable[..., Any]] = _facet()
    host_attrs: tuple[str, ...] = _facet()
    xla_attrs: tuple[str, ...] = _facet()
    random_blocks: Callable[..., int] | None = _facet()
    module: str = _facet()

    def __init__(self, definition: OpDef):
        self.definition = definition
        self.is_declared = False
        self.name = definition.name
        self.is_stateful = definition.is_stateful
        self.defaults: Attrs = {
            name: attr.default for name, attr in definition.attrs.items() if attr.has_default
        }
        self.has_lists = any(arg.is_list for arg in definition.inputs)
        self.lists_out = any(arg.is_list for arg in definition.outputs)
        self.n_outputs = len(definition.outputs)

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def declare(
        self,
        module: str,
        *,
        shape: Callable[..., Any] | None = None,
        host: Callable[..., Any] | None = None,
        xla: Callable[..., Any] | None = None,
        effects: object,
        traits: Collection[Trait] = (),
        batching: Callable[..., Any] | None = None,
        jvp: Callable[..., Any] | None = None,
        gradient: Callable[..., Any] | str | None = None,
        static: Sequence[str] = (),
    ) -> None:
        """Set the facets; `op` is what modules that declare ops call."""
        if not isinstance(effects, Effects):
            raise TypeError(
                f"The effects of op {self.name} must be declared, such as PURE: {effects!r}"
            )
        unknown = {*static, *effects.inputs} - {arg.name for arg in self.definition.inputs}
        if unknown:
            raise ValueError(f"Op {self.name} has no input called {sorted(unknown)}.")
        self.shape = shape
        self.host = host
        self.xla = xla
        self.effects = effects
        self.traits = frozenset(traits)
        self.batching = batching
        self.jvp = jvp
        self.gradient = gradient
        self.static = frozenset(static)
        self.xla_through = {}
        self.host_attrs = _keyword_only(host)
        self.xla_attrs = _keyword_only(xla)
        self.random_blocks = None
        self.module = module
        self.is_declared = True

    def __call__(self, *inputs: Any, name: str | None = None, **attrs: Any) -> Any:
        graph = state.graph
        if graph is not None:
            return graph.add_op(self, inputs, attrs, name)
        tensors, attrs = self.bind(inputs, attrs)
        if state.needs_dispatch:
            run = self.run if state.op_device is None else partial(state.op_device.run, self)
            outputs = run(tensors, attrs)
            observe(self, tensors, attrs, outputs)
        else:
            outputs = self.run(tensors, attrs)
        return self.pack(outputs, attrs)

    # ---- running at once ----

    def execute(self, tensors: Sequence[Any], attrs: Attrs) -> Sequence[Any]:
        """Run the op, or add a node for it, with everything bound already; the flat outputs."""
        graph = state.graph
        if graph is not None:
            return graph.add_node(self, tensors, attrs).outputs
        outputs = self.run(tensors, attrs)
        if state.needs_dispatch:
            observe(self, tensors, attrs, outputs)
        return outputs

    def run(self, tensors: Sequence[Any], attrs: Attrs) -> list[Any]:
        """Run the op on eager tensors; the outputs come back as a flat list."""
        host = self.host
        if host is None:
            return self._run_without_host(tensors, attrs)
        arguments = [
            t.storage if type(t) is EagerTensor and type(t.storage) is ndarray else _host_value(t)
            for t in tensors
        ]
        if self.has_lists:
            arguments = self.group(arguments, attrs)
        token = begin_quiet(QUIET)
        try:
            if self.host_attrs:
                result = host(*arguments, **{key: attrs[key] for key in self.host_attrs})
            else:
                result = host(*arguments)
        except Exception as error:
            raise self.explain(error, tensors, attrs) from error
        finally:
            end_quiet(token)
        return self.wrap(result, attrs)

    def _run_without_host(self, tensors: Sequence[Any], attrs: Attrs) -> list[Any]:
        if self.xla is None:
            raise UnimplementedError(None, None, f"{self.name} has no kernel in Tidefall yet.")
        try:
            return self.wrap(services.run_lowering(self, tensors, attrs), attrs)
        except Exception as error:
            raise self.explain(error, tensors, attrs) from error

    # ---- errors ----

    def explain(self, error: Exception, tensors: Sequence[Any], attrs: Attrs) -> Exception:
        """The error to raise for a failed kernel: TensorFlow's class, the op, what was wrong."""
        if isinstance(error, OpError):
            if "[Op:" in error.message or _is_control_flow(error):
                return error
            return error.restated(f"{error.message} [Op:{self.name}] name: ")
        if isinstance(error, MemoryError):
            return ResourceExhaustedError(None, None, f"{error} [Op:{self.name}] name: ")
        if not isinstance(error, (ValueError, TypeError, IndexError, ZeroDivisionError)):
            return error
        message = str(error)
        if self.shape is not None:
            from tidefall.op.inference import EagerInference

            try:
                self.shape(EagerInference(self, tensors, attrs))
            except (ValueError, TypeError) as wrong:
                message = str(wrong)
            except Exception:  # noqa: BLE001 - the kernel's own error is the one to report
                message = str(error)
        return InvalidArgumentError(None, None, f"{message} [Op:{self.name}] name: ")


def _is_control_flow(error: OpError) -> bool:
    return type(error).__name__ == "OutOfRangeError"


def _host_value(tensor: Any) -> Any:
    if isinstance(tensor, SymbolicTensor):
        from tidefall.base.errors import InaccessibleTensorError

        raise InaccessibleTensorError(
            f"{tensor!r} is out of scope and cannot be used here: it belongs to a function that "
            "was traced earlier. Use return values, explicit Python locals or TensorFlow "
            f"collections to access it. It was created at {tensor.op.user_line}."
        )
    if type(tensor) is TypedTensor or isinstance(tensor, TypedTensor):
        return tensor.storage
    return tensor.host_array()


# ---- observers: tapes and debugging hooks ----


def observe(
    op: Op,
    tensors: Sequence[Any],
    attrs: Attrs,
    outputs: Sequence[Any],
    record: Any = None,
) -> None:
    """Show an executed op, or a new graph node (`record`), to the active tapes and hooks."""
    for tape in state.tapes:
        if tape.watches(tensors):
            if record is None:
                record = Record(op, tensors, attrs, outputs)
            tape.record(record)
    for hook in state.hooks:
        hook(op, tensors, attrs, outputs)


# ---- the registry ----


def op(
    name: str,
    *,
    definition: OpDef | None = None,
    shape: Callable[..., Any],
    host: Callable[..., Any] | None = None,
    xla: Callable[..., Any] | None = None,
    effects: Effects,
    traits: Collection[Trait] = (),
    batching: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
    gradient: Callable[..., Any] | str,
    static: Sequence[str] = (),
) -> Op:
    """Declare an op: see `Op` for the facets. The signature comes from the op table.

    Args:
        name: TensorFlow's name of the op.
        definition: the signature of an op that TensorFlow does not have (`op_table.signature`).
            Such an op is private: a graph with it cannot be written to a file.
        shape: shape rule.
        host: NumPy kernel; None runs eagerly through the compiled lowering.
        xla: lowering to jax; None keeps the op on the host.
        effects: what running it does besides computing its outputs (`tidefall.op.effects`).
        traits: what kind of computation it is (`tidefall.op.traits`).
        batching: how it runs over one more leading dimension, where that does not follow from the
            traits (`tidefall.ops.batching`).
        jvp: forward-mode rule, where that follows neither from the traits nor from the gradient.
        gradient: gradient function or `NOT_DIFFERENTIABLE`.
        static: inputs whose values the lowering needs while compiling.
    """
    declared = named_op(name) if definition is None else _private_op(name, definition)
    if declared.is_declared:
        raise ValueError(f"Op {name} is declared twice.")
    declared.declare(
        calling_module(),
        shape=shape,
        host=host,
        xla=xla,
        effects=effects,
        traits=traits,
        batching=batching,
        jvp=jvp,
        gradient=gradient,
        static=static,
    )
    return declared


def register_facet(name: str, table: Mapping[Op, Any]) -> None:
    """Give ops a facet from outside their declarations: one table for each family of ops.

    For what the modules that declare the ops cannot know, since it stands above them.

    Args:
        name: the facet, which becomes an attribute of the ops.
        table: its values by op.

    Raises:
        ValueError: an op has that facet already.
    """
    for declared, value in table.items():
        if getattr(declared, name, None) is not None:
            raise ValueError(f"Op {declared.name} already has the facet {name}.")
        setattr(declared, name, value)


def registered_modules() -> dict[str, str]:
    """The module of each op declared so far."""
    return {name: found.module for name, found in _registry.items() if found.is_declared}


def load_index(ops: dict[str, str]) -> None:
    """Tell the registry which module declares which op, so that it can be loaded by name."""
    _index.update(ops)


def is_registered(name: str) -> bool:
    """True when Tidefall has an op of that name."""
    return name in _index or (name in _registry and _registry[name].is_declared)


def named_op(name: str) -> Op:
    """The op called `name`, which need not be declared yet.

    Raises:
        NotFoundError: if TensorFlow has no such op.
    """
    found = _registry.get(name)
    if found is None:
        found = _registry[name] = Op(op_def(name))
    return found


def _private_op(name: str, definition: OpDef) -> Op:
    if name in op_names():
        raise ValueError(f"Op {name} is TensorFlow's, whose signature is in the op table.")
    return _registry.setdefault(name, Op(definition))


def _load(op: Op) -> bool:
    """Import the module that declares an op; False if there is none."""
    module = _index.get(op.name)
    if not op.is_declared and module is not None:
        importlib.import_module(module)
    return op.is_declared


def find_op(name: str) -> Op:
    """The declared op called `name`, importing the module that declares it if need be.

    Where the name is known when the code is written, `raw` has it: `raw.Cumsum`.

    Raises:
        NotFoundError: if TensorFlow has no such op.
        UnimplementedError: if TensorFlow has it and Tidefall does not yet.
    """
    found = named_op(name)
    if _load(found):
        return found
    raise UnimplementedError(None, None, f"The op {name} is not implemented in Tidefall yet.")


def registered_names() -> list[str]:
    """Names of all the ops that Tidefall has."""
    return sorted({*_index, *registered_modules()})


def registered_ops() -> dict[str, Op]:
    """All declared ops by name, after importing every module that declares some."""
    return {name: find_op(name) for name in registered_names()}


def gradient_of(op: Op) -> Callable[..., Any] | str | None:
    """The gradient function of an op; one given through tf.RegisterGradient wins."""
    return _gradient_overrides.get(op.name, op.gradient)


def gradient_of_name(name: str) -> Callable[..., Any] | str | None:
    """The gradient function registered under a name, be it an op's or another; None if none."""
    if name in _gradient_overrides:
        return _gradient_overrides[name]
    return find_op(name).gradient if is_registered(name) else None


def override_gradient(name: str, function: Callable[..., Any] | str) -> None:
    """Register a gradient function for an op type from outside."""
    if name in _gradient_overrides:
        raise KeyError(f"Registering two gradient with name '{name}'!")
    _gradient_overrides[name] = function
