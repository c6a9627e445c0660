"""The compiler bridge: a graph becomes one XLA executable, through jax.

The graph is walked once per static shape signature with traced arrays. Values that are known while
compiling stay NumPy arrays, and ops over them are computed on the spot, so shape arithmetic never
reaches the compiled program. Variables go in and come out; the ones that are assigned have their
buffers donated.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.errors import InvalidArgumentError, OpError, UnimplementedError
from tidefall.core.state import state
from tidefall.core.tensor import ndarray
from tidefall.core.variable import VariableStorage
from tidefall.graph.graph import FuncGraph, Operation, reachable
from tidefall.graph.passes.pipeline import XLA, optimize
from tidefall.ops.tensor_list_value import TracedList, traced_list
from tidefall.runtime import streams
from tidefall.runtime.jax_settings import configure_jax, jax_device
from tidefall.runtime.node_places import common_place

_log = logging.getLogger("tidefall.runtime")
FOLD_LIMIT = 4096
"""Largest value, in elements, that is computed while compiling."""

_READERS = frozenset(
    {
        "ReadVariableOp",
        "ResourceGather",
        "ResourceGatherNd",
        "VariableShape",
        "VarIsInitializedOp",
        "DisableCopyOnRead",
    }
)
_OBJECTS = (dtypes.resource, dtypes.variant)
_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})


@cache
def load_jax() -> Any:
    """Import jax, and set up its persistent compilation cache unless the user did.

    The cache lives in $TIDEFALL_CACHE, by default `~/.cache/tidefall/xla`; an empty value turns it
    off.
    """
    import jax

    config: Any = jax.config
    if not config.jax_compilation_cache_dir:
        path = os.environ.get("TIDEFALL_CACHE")
        if path is None:
            base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
            path = str(Path(base) / "tidefall" / "xla")
        if path:
            config.update("jax_compilation_cache_dir", path)
            config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    configure_jax(config)
    return jax


@cache
def x64_switch() -> tuple[Callable[[bool], Any], Callable[[Any], None]]:
    """Two functions: the first turns 64-bit numbers on in this thread, as `jax.enable_x64` does at
    twice the price of a small compiled call; the second puts back what the first returned.
    """
    jax = load_jax()
    try:
        from jax._src.config import enable_x64 as setting

        if setting._update_thread_local_hook is None:
            return setting.swap_local, setting.set_local
    except (ImportError, AttributeError):  # another jax keeps it elsewhere: take the public way
        pass

    def begin(on: bool) -> Any:
        scope = jax.enable_x64(on)
        scope.__enter__()
        return scope

    return begin, lambda scope: scope.__exit__(None, None, None)


class TracedVariable:
    """A variable inside a program being compiled; the kernels of resource ops work on it."""

    __slots__ = ("dtype", "name", "shape", "value")
    lock = nullcontext()

    def __init__(self, like: Any, value: Any):
        self.name = like.name
        self.dtype = like.dtype
        self.shape = like.shape
        self.value = value

    def read(self) -> Any:
        return self.value


def blocking_ops(graph: FuncGraph) -> list[Operation]:
    """The nodes that have no lowering and so keep a graph from being compiled."""
    found: list[Operation] = []
    for node in reachable(graph.outputs, graph.nodes):
        op = node.op_type
        if node.type in ("Const", "Placeholder", "NoOp", "Assert"):
            continue
        if node.type in _CALLS:
            found.extend(blocking_ops(node.attrs["f"].graph))
        elif (op.xla is None and not _folds(node)) or any(
            t.dtype == dtypes.string for t in (*node.inputs, *node.outputs)
        ):
            found.append(node)
    # A node that passes a string on is there because another one made it: that one is named.
    makers = {id(node) for node in found}
    return [n for n in found if n.type != "Identity" or id(n.inputs[0].op) not in makers]


def _folds(node: Operation) -> bool:
    from tidefall.graph.static import static_value

    return bool(node.outputs) and all(static_value(t) is not None for t in node.outputs)


def check_compilable(graph: FuncGraph, name: str) -> None:
    """Raise one error that lists every op keeping a function from being compiled."""
    blocked = blocking_ops(graph)
    if not blocked:
        return
    lines = "\n".join(
        f"  {node.type} (node {node.name})" + (f" at {node.user_line}" if node.user_line else "")
        for node in blocked
    )
    raise InvalidArgumentError(
        None,
        None,
        f"Detected unsupported operations when trying to compile graph {name} on XLA_CPU_JIT. "
        f"These ops have no XLA lowering:\n{lines}\nMove them out of the function, or drop "
        "jit_compile=True.",
    )


def written_inputs(graph: FuncGraph) -> set[int]:
    """Positions of the resource inputs that a graph may assign to."""
    cached = graph.__dict__.get("_written_inputs")
    if cached is not None and cached[0] == len(graph.nodes):
        return cached[1]
    position = {id(t): i for i, t in enumerate(graph.inputs)}
    origin = dict(position)
    written: set[int] = set()
    for node in reachable(graph.outputs, graph.nodes):
        if node.type in ("Identity", "IdentityN", "StopGradient"):
            for source, out in zip(node.inputs, node.outputs, strict=True):
                if id(source) in origin:
                    origin[id(out)] = origin[id(source)]
            continue
        if node.type in _READERS:
            continue
        inner: set[int] | None = None
        if node.type in _CALLS:
            inner = written_inputs(node.attrs["f"].graph)
        for i, source in enumerate(node.inputs):
            if source.dtype != dtypes.resource or id(source) not in origin:
                continue
            if inner is None or i in inner:
                written.add(origin[id(source)])
    graph.__dict__["_written_inputs"] = (len(graph.nodes), written)
    return written


class Lowering:
    """One walk over a graph with traced values."""

    def __init__(self, arguments: Sequence[Any], graph: FuncGraph):
        self.values: dict[int, Any] = {
            id(t): v for t, v in zip(graph.inputs, arguments, strict=True)
        }
        self.graph = graph

    def run(self) -> list[Any]:
        """Lower every node that is needed; returns the values of the graph's outputs."""
        for node in reachable(self.graph.outputs, self.graph.nodes):
            self._node(node)
        return [self.values[id(t)] for t in self.graph.outputs]

    def _node(self, node: Operation) -> None:
        kind = node.type
        if kind == "Const":
            self.values[id(node.outputs[0])] = node.attrs["value"]
            return
        if kind in ("Placeholder", "NoOp", "Assert"):  # compiled code checks no assertions
            return
        arguments = [self.values[id(t)] for t in node.inputs]
        if kind in _CALLS:
            outputs = lower_call(node.attrs["f"], arguments)
        else:
            outputs = self._kernel(node, arguments)
        for tensor, value in zip(node.outputs, outputs, strict=True):
            self.values[id(tensor)] = value

    def _kernel(self, node: Operation, arguments: list[Any]) -> list[Any]:
        op = node.op_type
        folded = _fold(node, arguments)
        if folded is not None:
            return folded
        if op.xla is None:
            raise UnimplementedError(
                None, None, f"{node.type} (node {node.name}) has no XLA lowering in Tidefall."
            )
        grouped = op.group(arguments, node.attrs) if op.has_lists else arguments
        for arg, value in zip(op.definition.inputs, grouped, strict=True):
            if arg.name in op.static and not _is_known(value):
                raise InvalidArgumentError(
                    None,
                    None,
                    f"Input `{arg.name}` of {node.type} must be a compile-time constant under XLA, "
                    f"but it depends on values known only at run time. [[{{{{node {node.name}}}}}]]"
                    + (f" defined at {node.user_line}" if node.user_line else ""),
                )
        attrs = {key: node.attrs[key] for key in op.xla_attrs if key != "stream"}
        blocks = getattr(op, "random_blocks", None)
        try:
            if blocks is not None:
                attrs["stream"] = streams.draw(node, blocks(*grouped))
            result = op.xla(*grouped, **attrs)
        except OpError as error:
            raise _at(node, error) from error
        except (TypeError, ValueError, IndexError) as error:
            raise _at(node, InvalidArgumentError(None, None, str(error))) from error
        if op.n_outputs == 0:
            return []
        if op.n_outputs == 1 and not op.lists_out:
            return [result]
        return op._flatten_outputs(result) if op.lists_out else list(result)


def _is_known(value: Any) -> bool:
    """True for an array, or a list of arrays, whose values are known while compiling."""
    if isinstance(value, list):
        return all(_is_known(item) for item in value)
    return isinstance(value, (ndarray, np.generic))


def _at(node: Operation, error: OpError) -> OpError:
    """Add the node and the user's line to an error of a lowering."""
    if "{{node" in error.message:
        return error
    where = f" defined at {node.user_line}" if node.user_line else ""
    return error.restated(
        f"{error.message} [Op:{node.type}]\n\t [[{{{{node {node.name}}}}}]]{where}", node
    )


_SHAPE_OPS = frozenset({"Shape", "ShapeN", "Size", "Rank"})
_NEVER_FOLDED = frozenset({"Placeholder", "PlaceholderWithDefault"})


def _fold(node: Operation, arguments: list[Any]) -> list[Any] | None:
    """The outputs of a node whose inputs are known while compiling, or None."""
    op = node.op_type
    kind = node.type
    if kind in _SHAPE_OPS:
        return _fold_shape(node, arguments)
    if op.is_stateful or op.host is None or kind in _NEVER_FOLDED:
        return None
    if any(t.dtype == dtypes.variant for t in node.outputs):
        return None
    if kind == "Fill" and not _is_shape_arithmetic(node, arguments):
        return None
    size = 0
    for value in arguments:
        if not isinstance(value, (ndarray, np.generic)):
            return None
        size += value.size
    if size > FOLD_LIMIT:
        return None
    known = [t.shape.num_elements() for t in node.outputs]
    if any(n is not None and n > FOLD_LIMIT for n in known):
        return None
    grouped = op.group(arguments, node.attrs) if op.has_lists else arguments
    result = op.host(*grouped, **{key: node.attrs[key] for key in op.host_attrs})
    if op.n_outputs == 1 and not op.lists_out:
        values = [result]
    else:
        values = op._flatten_outputs(result) if op.lists_out else list(result)
    return [np.asarray(v) for v in values]


def _is_shape_arithmetic(node: Operation, arguments: list[Any]) -> bool:
    """True for a small vector of integers: a larger Fill is better made by the program itself."""
    dims = arguments[0]
    if not node.outputs[0].dtype.is_integer or not _is_known(dims):
        return False
    return int(np.prod(dims)) <= 64


def _fold_shape(node: Operation, arguments: list[Any]) -> list[Any]:
    out = node.outputs[0].dtype.as_numpy_dtype
    if node.type == "Rank":
        return [np.array(len(arguments[0].shape), out)]
    if node.type == "Size":
        return [np.array(int(np.prod(arguments[0].shape)), out)]
    return [np.array(a.shape, out) for a in arguments]


def lower_call(function: Any, arguments: Sequence[Any]) -> list[Any]:
    """Lower a call of another graph in place."""
    return Lowering(arguments, function.graph).run()


CONSTANT_LIMIT = 64
"""Integer arguments of at most this many elements may become constants of a compiled program."""


class XlaExecutable:
    """A graph compiled by XLA, once for every combination of static shapes it is called with.

    Args:
        graph: the graph.
        name: its name, for messages.
        specialize: compile again for each value of its small integer arguments, if the program
            needs them as constants (as a shape, say).
    """

    def __init__(self, graph: FuncGraph, name: str, specialize: bool = True):
        check_compilable(graph, name)
        self.name = name
        self._jax = load_jax()
        self.graph = graph = optimize(graph, XLA, gpu=self._jax.default_backend() == "gpu")
        self._place = common_place(graph)
        inputs = graph.inputs
        written = written_inputs(graph)
        self._is_resource = [t.dtype == dtypes.resource for t in inputs]
        self._written = [i for i in range(len(inputs)) if i in written]
        self._read = [i for i, r in enumerate(self._is_resource) if r and i not in written]
        self._plain = [i for i, r in enumerate(self._is_resource) if not r]
        self._resource_outputs: dict[int, int] = {}
        self._array_outputs: list[int] = []
        passed_on = {id(t): j for j, t in enumerate(inputs) if t.dtype in _OBJECTS}
        for i, out in enumerate(graph.outputs):
            if id(out) in passed_on:
                self._resource_outputs[i] = passed_on[id(out)]
            else:
                self._array_outputs.append(i)
        self._lists = [i for i, t in enumerate(inputs) if t.dtype == dtypes.variant]
        self._streams = streams.ProgramStreams(graph)
        self._stateless = (
            len(self._plain) == len(inputs) and not self._resource_outputs and not self._streams
        )
        self._jitted = self._jax.jit(self._traced, donate_argnums=(0,))
        self._specialize = specialize
        self._constants: list[int] = []
        self._specialized: dict[Any, Any] = {}
        self._lock = threading.Lock()
        self._last_locks: tuple[list[Any], list[Any]] = ([], [])
        self._traced_at = 0.0
        self._x64_on, self._x64_back = x64_switch()

    def _traced(
        self,
        written: list[Any],
        read: list[Any],
        plain: list[Any],
        random: Any = None,
        constants: Sequence[np.ndarray] = (),
    ) -> Any:
        arguments: list[Any] = [None] * len(self._is_resource)
        for i, constant in zip(self._constants, constants, strict=True):
            arguments[i] = constant
        for i, value in zip(self._plain, plain, strict=True):
            arguments[i] = value
        for positions, values in ((self._written, written), (self._read, read)):
            for i, value in zip(positions, values, strict=True):
                arguments[i] = TracedVariable(self.graph.inputs[i], value)
        self._traced_at = perf_counter()
        with streams.tracing(self._streams, random) as tracing:
            outputs = Lowering(arguments, self.graph).run()
            random = tracing.value
        # An output that is a variable's unchanged value must not share its buffer, which a later
        # call may give away.
        held = {id(v) for v in (*written, *read)}
        results = [
            self._jax.numpy.copy(outputs[i]) if id(outputs[i]) in held else outputs[i]
            for i in self._array_outputs
        ]
        results = [
            r if hasattr(r, "aval") or isinstance(r, TracedList) else self._jax.numpy.asarray(r)
            for r in results
        ]
        return results, [arguments[i].value for i in self._written], random

    def __call__(self, arguments: Sequence[Any]) -> list[Any]:
        """Run with the values of the graph's inputs (variables as their storage)."""
        place = self._place if self._place is not None else state.place
        if place is None:
            return self._call(arguments)
        with self._jax.default_device(jax_device(place.name)):
            return self._call(arguments)

    def _call(self, arguments: Sequence[Any]) -> list[Any]:
        if self._lists:
            arguments = list(arguments)
            for i in self._lists:
                arguments[i] = traced_list(arguments[i])
        specialized = bool(self._constants)
        try:
            results = self._run(arguments)
            if self._traced_at:
                self._log_compilation(arguments)
            return results
        except InvalidArgumentError as error:
            if specialized or not self._specialize or not self._take_constants(arguments):
                raise
            try:
                return self._run(arguments)
            except InvalidArgumentError:
                self._specialize = False
                self._plain, self._constants = sorted(self._plain + self._constants), []
                raise error from None

    def _run(self, arguments: Sequence[Any]) -> list[Any]:
        if self._stateless:
            before = self._x64_on(True)
            try:
                return self._jitted((), (), arguments)[0]
            finally:
                self._x64_back(before)
        if not self._written:
            try:
                return self._run_with_variables(arguments)
            except (RuntimeError, ValueError) as error:
                # Another thread gave the buffer of a variable to a program that updates it.
                if "deleted" not in str(error):
                    raise
        locks = self._locks_of(arguments)
        for lock in locks:
            lock.acquire()
        try:
            return self._run_with_variables(arguments)
        finally:
            for lock in locks:
                lock.release()

    def _locks_of(self, arguments: Sequence[Any]) -> list[Any]:
        """The locks of the program's variables, in an order that is the same for all programs."""
        storages = [arguments[i] for i in (*self._written, *self._read)]
        known, locks = self._last_locks
        if known != storages:
            locks = sorted({s.lock for s in storages}, key=id)
            self._last_locks = storages, locks
        return locks

    def _run_with_variables(self, arguments: Sequence[Any]) -> list[Any]:
        before = self._x64_on(True)
        try:
            jitted = self._jitted if not self._constants else self._for_values(arguments)
            written = [self._value_of(arguments[i]) for i in self._written]
            read = [self._value_of(arguments[i]) for i in self._read]
            plain = [arguments[i] for i in self._plain]
            if self._streams:
                random = self._streams.positions()
                results, updated, random = jitted(written, read, plain, random)
                self._streams.moved(random)
            else:
                results, updated, _ = jitted(written, read, plain)
            for i, value in zip(self._written, updated, strict=True):
                arguments[i].value = value
        finally:
            self._x64_back(before)
        if not self._resource_outputs:
            return results
        outputs: list[Any] = [None] * len(self.graph.outputs)
        for i, value in zip(self._array_outputs, results, strict=True):
            outputs[i] = value
        for i, source in self._resource_outputs.items():
            outputs[i] = arguments[source]
        return outputs

    def _log_compilation(self, arguments: Sequence[Any]) -> None:
        seconds, self._traced_at = perf_counter() - self._traced_at, 0.0
        shapes = [np.shape(arguments[i]) for i in self._plain]
        values = [np.asarray(arguments[i]).tolist() for i in self._constants]
        _log.info(
            "%s compiled for arguments of shapes %s%s: they are new to it; tracing and compiling "
            "took %.2f s",
            self.name,
            shapes,
            f" and the constants {values}" if values else "",
            seconds,
        )

    def lowered(self, arguments: Sequence[Any]) -> Any:
        """The program for these arguments, lowered but not compiled (a `jax.stages.Lowered`)."""
        before = self._x64_on(True)
        try:
            written = [self._value_of(arguments[i]) for i in self._written]
            read = [self._value_of(arguments[i]) for i in self._read]
            plain = [arguments[i] for i in self._plain]
            if self._streams:
                return self._jitted.lower(written, read, plain, self._streams.positions())
            return self._jitted.lower(written, read, plain)
        finally:
            self._x64_back(before)

    def _take_constants(self, arguments: Sequence[Any]) -> bool:
        """From now on, give the program its small integer arguments as constants."""
        with self._lock:
            if not self._constants:
                self._constants = [
                    i
                    for i in self._plain
                    if self.graph.inputs[i].dtype.is_integer
                    and np.size(arguments[i]) <= CONSTANT_LIMIT
                ]
                self._plain = [i for i in self._plain if i not in self._constants]
                self._stateless = False
        return bool(self._constants)

    def _for_values(self, arguments: Sequence[Any]) -> Any:
        """The program for these values of the constants."""
        values = [np.asarray(arguments[i]) for i in self._constants]
        key = tuple([(v.shape, v.tobytes()) for v in values])
        found = self._specialized.get(key)
        if found is None:
            traced = partial(self._traced, constants=values)
            found = self._specialized[key] = self._jax.jit(traced, donate_argnums=(0,))
        return found

    def _value_of(self, storage: VariableStorage) -> Any:
        """A variable's value as a jax array that only the variable holds.

        The array may share the memory of the NumPy one it is made of. That is safe: XLA never takes
        over such memory, it copies when asked to donate it.
        """
        value = storage.value
        if type(value) is ndarray:
            value = storage.value = self._jax.device_put(value)
        elif value is None:
            storage.read()
        return value
