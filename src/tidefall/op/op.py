"""The op: a signature with everything known about it, and what happens when it is called.

An op is declared once, in one place (`tidefall.op.registry`):

    cumsum_op = op("Cumsum", shape=..., host=..., xla=..., effects=PURE, gradient=...)

and called with its inputs by position and its attributes by name:
`cumsum_op(x, axis, reverse=True)`. Attributes that follow from the inputs (dtypes, list lengths)
are inferred. Calling adds a node to the graph being built in this thread, or else runs the op at
once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from tidefall.base.errors import (
    InaccessibleTensorError,
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
)
from tidefall.base.float_errors import QUIET, begin_quiet, end_quiet
from tidefall.base.services import services
from tidefall.base.state import state
from tidefall.op.binding import bind
from tidefall.op.definition import Attrs, OpDef
from tidefall.op.effects import Effects
from tidefall.op.index import import_op
from tidefall.op.inference import EagerInference
from tidefall.op.observers import observe
from tidefall.op.results import wrap_results
from tidefall.op.traits import Trait
from tidefall.tensor.tensor import (
    EagerTensor,
    MeshTensor,
    OnMesh,
    SymbolicTensor,
    TypedTensor,
    ndarray,
)


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
        if op.load():
            return getattr(op, self.name)
        raise AttributeError(f"The op {op.name} is not declared, so that it has no {self.name}.")


def _facet() -> Any:
    """A facet of the type that is annotated."""
    return _Facet()


class Op:
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

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def load(self) -> bool:
        """Whether the op is declared, once the module that does so, if any, is imported."""
        if not self.is_declared:
            import_op(self.name)
        return self.is_declared

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
        tensors, attrs = bind(self.definition, inputs, attrs)
        if state.needs_dispatch:
            run = self.run if state.op_device is None else partial(state.op_device.run, self)
            outputs = run(tensors, attrs)
            observe(self, tensors, attrs, outputs)
        else:
            outputs = self.run(tensors, attrs)
        return self.definition.pack_outputs(outputs, attrs)

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
            return self.run_lowering(tensors, attrs)
        try:
            arguments = [
                t.storage
                if type(t) is EagerTensor and type(t.storage) is ndarray
                else _host_value(t)
                for t in tensors
            ]
        except OnMesh as found:
            return found.device.run(self, tensors, attrs)
        definition = self.definition
        if definition.has_lists:
            arguments = definition.group_inputs(arguments, attrs)
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
        return wrap_results(definition, result, attrs)

    def run_lowering(self, tensors: Sequence[Any], attrs: Attrs) -> list[Any]:
        """Do what `run` does by the compiled lowering, also where there is a host kernel."""
        if self.xla is None:
            raise UnimplementedError(None, None, f"{self.name} has no kernel in Tidefall yet.")
        for tensor in tensors:
            if isinstance(tensor, MeshTensor):
                return tensor.mesh_device.run(self, tensors, attrs)
        try:
            result = services.run_lowering(self, tensors, attrs)
            return wrap_results(self.definition, result, attrs)
        except Exception as error:
            raise self.explain(error, tensors, attrs) from error

    # ---- errors ----

    def explain(self, error: Exception, tensors: Sequence[Any], attrs: Attrs) -> Exception:
        """The error to raise for a failed kernel: TensorFlow's class, the op, what was wrong."""
        if isinstance(error, OpError):
            if "[Op:" in error.message or isinstance(error, OutOfRangeError):
                return error
            return error.restated(f"{error.message} [Op:{self.name}] name: ")
        if isinstance(error, MemoryError):
            return ResourceExhaustedError(None, None, f"{error} [Op:{self.name}] name: ")
        if not isinstance(error, (ValueError, TypeError, IndexError, ArithmeticError)):
            return error
        message = str(error)
        if self.shape is not None:
            try:
                self.shape(EagerInference(self.definition, tensors, attrs))
            except (ValueError, TypeError) as wrong:
                message = str(wrong)
            except Exception:  # noqa: BLE001 - the kernel's own error is the one to report
                message = str(error)
        return InvalidArgumentError(None, None, f"{message} [Op:{self.name}] name: ")


def _host_value(tensor: Any) -> Any:
    if isinstance(tensor, SymbolicTensor):
        raise InaccessibleTensorError(
            f"{tensor!r} is out of scope and cannot be used here: it belongs to a function that "
            "was traced earlier. Use return values, explicit Python locals or TensorFlow "
            f"collections to access it. It was created at {tensor.op.user_line}."
        )
    if type(tensor) is TypedTensor or isinstance(tensor, TypedTensor):
        return tensor.storage
    if isinstance(tensor, MeshTensor):
        raise OnMesh(tensor.mesh_device)
    return tensor.host_array()
