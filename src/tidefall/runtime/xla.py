"""The compiler bridge: a graph becomes one XLA executable, through jax.

The graph is lowered (`lowering`) once per static shape signature. Variables go in and come out; the
ones that are assigned have their buffers donated.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.errors import InvalidArgumentError, UnimplementedError
from tidefall.core.state import state
from tidefall.core.tensor import ndarray
from tidefall.core.variable_storage import StoredValue, VariableStorage
from tidefall.graph.analysis import written_inputs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.passes.pipeline import XLA
from tidefall.ops.tensor_list_value import TracedList, traced_list
from tidefall.runtime import streams
from tidefall.runtime.checks import prepared
from tidefall.runtime.compilable import (
    MissingLowering,
    check_compilable,
    not_compilable,
    shares_variables,
    sharing_inputs,
)
from tidefall.runtime.jax_bridge import jax_device, load_jax, x64_switch
from tidefall.runtime.lowering import Lowering, TracedVariable
from tidefall.runtime.node_places import common_place
from tidefall.runtime.program_log import ProgramLog
from tidefall.runtime.repeated import Repeated

_OBJECTS = (dtypes.resource, dtypes.variant)
_NOT_ON_DEVICE = frozenset({ndarray, StoredValue, type(None)})
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
        self.graph = graph = prepared(graph, XLA, gpu=self._jax.default_backend() == "gpu")
        self._place = common_place(graph)
        inputs = graph.inputs
        written = written_inputs(graph)
        self._is_resource = [t.dtype == dtypes.resource for t in inputs]
        self._sharing = sharing_inputs(graph) if written else []
        self._written = [i for i in range(len(inputs)) if i in written]
        self._read = [i for i, r in enumerate(self._is_resource) if r and i not in written]
        self._variables = sorted(self._written + self._read)
        self._plain = [i for i, r in enumerate(self._is_resource) if not r]
        self._resource_outputs: dict[int, int] = {}
        self._array_outputs: list[int] = []
        passed_on = {id(t): j for j, t in enumerate(inputs) if t.dtype in _OBJECTS}
        for i, out in enumerate(graph.outputs):
            if id(out) in passed_on:
                self._resource_outputs[i] = passed_on[id(out)]
            else:
                self._array_outputs.append(i)
        self._repeated = [(i, Repeated(self._jax.device_put)) for i in self._plain]
        self._lists = [i for i, t in enumerate(inputs) if t.dtype == dtypes.variant]
        self._streams = streams.ProgramStreams(graph)
        # Whether it does nothing but compute its outputs.
        self._pure = not (self._written or self._resource_outputs or self._streams)
        self._direct = False
        self._jitted = self._new_program()
        self._specialize = specialize
        self._constants: list[int] = []
        self._specialized: dict[Any, Any] = {}
        self._lock = threading.Lock()
        self._last_locks: tuple[list[Any], list[Any]] = ([], [])
        self._traced_at = 0.0
        self._programs = ProgramLog(name, [t.op.name for t in inputs])
        self.seconds = 0.0
        """How long the last compilation took."""
        self._x64_on, self._x64_back = x64_switch()

    def _new_program(self) -> Any:
        """The compiled program, as a function that jax has not met yet."""
        if self._pure:
            return self._jax.jit(partial(self._computed))
        return self._jax.jit(partial(self._traced), donate_argnums=(0,))

    def _computed(self, *values: Any) -> Any:
        """The program of a graph that only computes, of the values of all inputs in their order:
        flat, since jax takes longer to look through lists of arguments."""
        read, plain = [values[i] for i in self._read], [values[i] for i in self._plain]
        return self._traced([], read, plain)[0]

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
            try:
                outputs = Lowering(arguments, self.graph).run()
            except MissingLowering as error:
                raise not_compilable(self.graph, self.name) from error
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
        if self._direct and state.place is None:
            before = self._x64_on(True)
            try:
                results = self._jitted(*self._values(arguments))
                if self._traced_at:
                    self._note_program(arguments)
                return results
            except (RuntimeError, ValueError, InvalidArgumentError):
                self._direct = False  # the way around finds out what to do about it
            finally:
                self._x64_back(before)
        if self._sharing and shares_variables(self._sharing, arguments):
            raise UnimplementedError(
                None,
                None,
                f"Duplicate variable passed to XLA cluster: {self.name} is given a variable that "
                "it also uses in another way. Drop jit_compile=True, or use it in one way only.",
            )
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
            return self._run(arguments)
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
        self._traced_at = 0.0  # of a program that could not be compiled
        results = self._run_compiled(arguments)
        if self._traced_at:
            self._note_program(arguments)
        plain = not (self._lists or self._constants)
        self._direct = self._pure and plain and self._place is None
        return results

    def _run_compiled(self, arguments: Sequence[Any]) -> list[Any]:
        if not self._written:
            try:
                return self._execute(arguments)
            except (RuntimeError, ValueError) as error:
                # Another thread gave the buffer of a variable to a program that updates it.
                if "deleted" not in str(error):
                    raise
        locks = self._locks_of(arguments)
        for lock in locks:
            lock.acquire()
        try:
            return self._execute(arguments)
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

    def _execute(self, arguments: Sequence[Any]) -> list[Any]:
        before = self._x64_on(True)
        try:
            program, given = self._call_of(arguments)
            if self._pure and not self._constants:
                return program(*given)
            results, updated, random = program(*given)
            if self._streams:
                self._streams.moved(random)
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

    def _call_of(self, arguments: Sequence[Any]) -> tuple[Any, list[Any]]:
        """The compiled program for these arguments, and what it is called with."""
        values = self._values(arguments)
        if self._pure and not self._constants:
            return self._jitted, values
        given: list[Any] = [
            [values[i] for i in positions] for positions in (self._written, self._read, self._plain)
        ]
        if self._streams:
            given.append(self._streams.positions())
        return self._for_values(arguments) if self._constants else self._jitted, given

    def _values(self, arguments: Sequence[Any]) -> list[Any]:
        """The values of the inputs in their order, those of variables as jax arrays."""
        values = list(arguments)
        for i in self._variables:
            value = values[i].value
            values[i] = value if type(value) not in _NOT_ON_DEVICE else self._moved(values[i])
        for i, known in self._repeated:
            value = values[i]
            if type(value) is ndarray:
                values[i] = known.of(value)
        return values

    def _note_program(self, arguments: Sequence[Any]) -> None:
        seconds, self._traced_at = perf_counter() - self._traced_at, 0.0
        self.seconds = seconds
        given = {i: arguments[i] for i in self._plain}
        constants = {i: arguments[i] for i in self._constants}
        if self._programs.add(given, constants, seconds):
            with self._lock:
                # A function that is new to jax takes no memory of the programs of the old one.
                self._jitted = self._new_program()
                self._specialized = {}

    def lowered(self, arguments: Sequence[Any]) -> Any:
        """The program for these arguments, lowered but not compiled (a `jax.stages.Lowered`)."""
        before = self._x64_on(True)
        try:
            program, given = self._call_of(arguments)
            return program.lower(*given)
        finally:
            self._x64_back(before)

    def compile_ahead(self, arguments: Sequence[Any]) -> Any:
        """The program for arguments of these shapes, compiled (a `jax.stages.Compiled`). It takes
        all inputs of the graph in their order, those too that it does not use.

        Args:
            arguments: a `jax.ShapeDtypeStruct` for every input, for variables too.

        Raises:
            UnimplementedError: if it does more than compute its outputs.
        """
        if not self._pure or self._lists:
            what = (
                "assigns variables" if self._written else "has outputs or uses that are no arrays"
            )
            what = "draws random numbers" if self._streams else what
            raise UnimplementedError(
                None,
                None,
                f"{self.name} {what}: it cannot be compiled ahead of time, only when it is called.",
            )

        before = self._x64_on(True)
        try:
            return self._jax.jit(self._computed, keep_unused=True).lower(*arguments).compile()
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

    def _moved(self, storage: VariableStorage) -> Any:
        """The value of a variable, from now on a jax array that only the variable holds.

        The array may share the memory of the NumPy one it is made of. That is safe: XLA never takes
        over such memory, it copies when asked to donate it.
        """
        value = storage.value
        if value is None or type(value) is StoredValue:
            value = storage.read()
        if type(value) is ndarray:
            value = storage.value = self._jax.device_put(value)
        return value
