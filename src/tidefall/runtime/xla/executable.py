"""The compiler bridge: a graph becomes one XLA executable, through jax.

The graph is lowered (`lowering`) once per static shape signature. Variables go in and come out; the
ones that are assigned have their buffers donated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError, UnimplementedError, as_op_error
from tidefall.base.run_state import RunState, running_state
from tidefall.base.state import state as context
from tidefall.composite.variables.storage import StoredValue, VariableStorage
from tidefall.graph.passes.pipeline import XLA
from tidefall.ops.lists.tensor_list_value import TracedList, traced_list
from tidefall.runtime.backend import Aval, Shardings
from tidefall.runtime.debugging.checks import optimized
from tidefall.runtime.devices.node_placement import common_device
from tidefall.runtime.policy.tuning import tuner
from tidefall.runtime.program import Program
from tidefall.runtime.xla import random_streams
from tidefall.runtime.xla.compilable import (
    MissingLowering,
    check_compilable,
    not_compilable,
    shares_variables,
)
from tidefall.runtime.xla.jax_bridge import jax_device, load_jax, x64_switch
from tidefall.runtime.xla.lowering import Lowering, TracedVariable
from tidefall.runtime.xla.program_log import ProgramLog
from tidefall.runtime.xla.sharding import ProgramShardings
from tidefall.runtime.xla.transfer_cache import TransferCache
from tidefall.tensor.placement import MeshDevice
from tidefall.tensor.tensor import ndarray

_Streams = random_streams.Streams | None
_OBJECTS = (dtypes.resource, dtypes.variant)
_NOT_ON_DEVICE = frozenset({ndarray, StoredValue, type(None)})
CONSTANT_LIMIT = 64
"""Integer arguments of at most this many elements may become constants of a compiled program."""


class XlaBackend:
    """Compiles programs with XLA, for one device or for those of a mesh.

    Args:
        specialize: compile again for each value of a program's small integer arguments, if it
            needs them as constants (as a shape, say).
    """

    def __init__(self, specialize: bool = True):
        self._specialize = specialize

    def compile(
        self,
        program: Program,
        avals: Sequence[Aval] | None = None,
        shardings: Shardings | None = None,
    ) -> XlaExecutable:
        """A program for XLA; see `Backend.compile`.

        Raises:
            InvalidArgumentError: for ops that cannot be compiled; all of them are named. With
                `avals` also for a value that XLA needs while compiling and does not get.
        """
        executable = XlaExecutable(program, self._specialize, shardings)
        if avals is not None:
            executable.compile_now(avals)
        return executable


class XlaExecutable:
    """A program compiled by XLA, once for every combination of static shapes it is called with.

    Args:
        program: the program.
        specialize: see `XlaBackend`.
        shardings: how its arrays lie on several devices.
        replicate: makes of a function of one replica that of all, where the program is to run on
            several devices, on each with arrays of its own.
    """

    def __init__(
        self,
        program: Program,
        specialize: bool = True,
        shardings: Shardings | None = None,
        replicate: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    ):
        check_compilable(program.graph, program.name)
        self._replicate = replicate
        self.name = program.name
        self._jax = load_jax()
        gpu = self._jax.default_backend() == "gpu"
        self.graph = graph = optimized(program.graph, XLA, gpu=gpu)
        self._op_device = None if shardings is not None else common_device(graph)
        inputs = graph.inputs
        self._written, self._read = list(program.writes), list(program.reads)
        self._variables = sorted(self._written + self._read)
        self._sharing = program.may_share if self._written else ()
        self._plain = [i for i, t in enumerate(inputs) if t.dtype != dtypes.resource]
        self._shardings = None
        if shardings is not None:
            self._shardings = ProgramShardings(self._jax, shardings, graph, self.name)
        self._resource_outputs: dict[int, int] = {}
        self._array_outputs: list[int] = []
        passed_on = {id(t): j for j, t in enumerate(inputs) if t.dtype in _OBJECTS}
        for i, out in enumerate(graph.outputs):
            if id(out) in passed_on:
                self._resource_outputs[i] = passed_on[id(out)]
            else:
                self._array_outputs.append(i)
        self._transfers = [(i, TransferCache(self._put(i))) for i in self._plain]
        self._lists = [i for i, t in enumerate(inputs) if t.dtype == dtypes.variant]
        self._random = [s for s in program.random if s[-1].op_type.random_blocks is not None]
        self._streams: WeakKeyDictionary[RunState, random_streams.ProgramStreams] = (
            WeakKeyDictionary()
        )
        # Whether it does nothing but compute its outputs.
        self._pure = not (self._written or self._resource_outputs or self._random)
        self._direct = False
        self._brings_together = False
        self._jitted = self._new_program()
        self._specialize = specialize
        self._constants: list[int] = []
        self._specialized: dict[Any, Any] = {}
        self._lock = threading.Lock()
        self._last_locks: tuple[list[Any], list[Any]] = ([], [])
        self._checked = False
        self._traced_at = 0.0
        self._programs = ProgramLog(self.name, [t.op.name for t in inputs])
        self.seconds = 0.0
        """How long the last compilation took."""
        self._x64_on, self._x64_back = x64_switch()

    def _put(self, index: int) -> Callable[[Any], Any]:
        """Takes an array for an input to where the program wants it."""
        if self._shardings is None:
            return self._jax.device_put
        return partial(self._jax.device_put, device=self._shardings.inputs[index])

    def _new_program(self) -> Any:
        """The compiled program, as a function that jax has not met yet."""
        options: dict[str, Any] = {}
        if self._pure:
            if self._shardings is not None:
                options = self._shardings.of_flat_call(self._array_outputs)
            return self._jit(partial(self._computed), **options)
        return self._jitted_update()

    def _jit(self, function: Callable[..., Any], **options: Any) -> Any:
        if self._replicate is not None:
            function = self._replicate(function)
        return self._jax.jit(function, **options)

    def _jitted_update(self, **given: Any) -> Any:
        """The program with its variables given up for their new values."""
        options: dict[str, Any] = {}
        if self._shardings is not None:
            options = self._shardings.of_update(
                self._written, self._read, self._plain, self._array_outputs, bool(self._random)
            )
        return self._jit(partial(self._traced, **given), donate_argnums=(0,), **options)

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
        arguments: list[Any] = [None] * len(self.graph.inputs)
        for i, constant in zip(self._constants, constants, strict=True):
            arguments[i] = constant
        for i, value in zip(self._plain, plain, strict=True):
            arguments[i] = value
        for positions, values in ((self._written, written), (self._read, read)):
            for i, value in zip(positions, values, strict=True):
                arguments[i] = TracedVariable(self.graph.inputs[i], value)
        self._traced_at = perf_counter()
        with random_streams.tracing(self._random, random) as tracing:
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

    def run(self, arguments: Sequence[Any], state: RunState | None = None) -> list[Any]:
        """Run with the values of the graph's inputs (variables as their storage).

        Args:
            arguments: the values.
            state: where the program's random streams are; that of what runs by default.
        """
        if self._direct and context.op_device is None:
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
        if not self._checked:
            self._check_resources(arguments)
        drawn: _Streams = None
        if self._random:
            drawn = self._streams_of(running_state() if state is None else state)
        op_device = self._op_device if self._op_device is not None else context.op_device
        try:
            if op_device is None or isinstance(op_device, MeshDevice):  # a mesh is no device of jax
                return self._call(arguments, drawn)
            with self._jax.default_device(jax_device(op_device.name)):
                return self._call(arguments, drawn)
        except self._jax.errors.JaxRuntimeError as error:
            raise as_op_error(error) from error

    def _check_resources(self, arguments: Sequence[Any]) -> None:
        """See that what the program reads and writes are variables, not iterators, say."""
        for i in self._variables:
            if not hasattr(arguments[i], "locks"):
                raise UnimplementedError(
                    None,
                    None,
                    f"{self.name} uses a {type(arguments[i]).__name__} in a loop or a conditional, "
                    "which cannot be compiled: of resources, XLA takes variables. Use it outside, "
                    "or drop jit_compile=True.",
                )
        self._checked = True

    def _streams_of(self, state: RunState) -> random_streams.ProgramStreams:
        found = self._streams.get(state)
        if found is None:
            found = random_streams.ProgramStreams(self._random, state)
            found = self._streams.setdefault(state, found)
        return found

    def _call(self, arguments: Sequence[Any], drawn: _Streams) -> list[Any]:
        if self._lists:
            arguments = list(arguments)
            for i in self._lists:
                arguments[i] = traced_list(arguments[i])
        specialized = bool(self._constants)
        try:
            return self._run(arguments, drawn)
        except InvalidArgumentError as error:
            if specialized or not self._specialize or not self._take_constants(arguments):
                raise
            try:
                return self._run(arguments, drawn)
            except InvalidArgumentError:
                self._specialize = False
                self._plain, self._constants = sorted(self._plain + self._constants), []
                raise error from None

    def _run(self, arguments: Sequence[Any], drawn: _Streams) -> list[Any]:
        self._traced_at = 0.0  # of a program that could not be compiled
        results = self._run_compiled(arguments, drawn)
        if self._traced_at:
            self._note_program(arguments)
        plain = not (self._lists or self._constants)
        self._direct = self._pure and plain and self._op_device is None
        return results

    def _run_compiled(self, arguments: Sequence[Any], drawn: _Streams) -> list[Any]:
        if not self._written:
            try:
                return self._execute(arguments, drawn)
            except (RuntimeError, ValueError) as error:
                # Another thread gave the buffer of a variable to a program that updates it.
                if "deleted" not in str(error):
                    raise
        locks = self._locks_of(arguments)
        for lock in locks:
            lock.acquire()
        try:
            return self._execute(arguments, drawn)
        finally:
            for lock in locks:
                lock.release()

    def _locks_of(self, arguments: Sequence[Any]) -> list[Any]:
        """The locks of the program's variables, in an order that is the same for all programs."""
        storages = [arguments[i] for i in (*self._written, *self._read)]
        known, locks = self._last_locks
        if known != storages:
            locks = sorted({lock for s in storages for lock in s.locks}, key=id)
            self._last_locks = storages, locks
        return locks

    def _execute(self, arguments: Sequence[Any], drawn: _Streams) -> list[Any]:
        try:
            return self._execute_where_they_are(arguments, drawn)
        except ValueError as error:
            # Variables of several replicas, say, which were computed on several devices.
            if self._brings_together or "incompatible devices" not in str(error):
                raise
            self._brings_together = True
            return self._execute_where_they_are(arguments, drawn)

    def _execute_where_they_are(self, arguments: Sequence[Any], drawn: _Streams) -> list[Any]:
        before = self._x64_on(True)
        try:
            program, given = self._call_of(arguments, drawn)
            if self._pure and not self._constants:
                return program(*given)
            results, updated, random = program(*given)
            if drawn is not None:
                drawn.moved(random)
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

    def _call_of(self, arguments: Sequence[Any], drawn: _Streams) -> tuple[Any, list[Any]]:
        """The compiled program for these arguments, and what it is called with."""
        values = self._values(arguments)
        if self._pure and not self._constants:
            return self._jitted, values
        given: list[Any] = [
            [values[i] for i in positions] for positions in (self._written, self._read, self._plain)
        ]
        if drawn is not None:
            given.append(drawn.positions())
        return self._for_values(arguments) if self._constants else self._jitted, given

    def _values(self, arguments: Sequence[Any]) -> list[Any]:
        """The values of the inputs in their order, those of variables as jax arrays."""
        values = list(arguments)
        for i in self._variables:
            value = values[i].value
            values[i] = value if type(value) not in _NOT_ON_DEVICE else self._moved(values[i], i)
        for i, cache in self._transfers:
            value = values[i]
            if type(value) is ndarray:
                values[i] = cache.of(value)
        if self._shardings is not None:
            self._distribute(values, arguments)
        elif self._brings_together:
            values = [self._brought(value) for value in values]
        return values

    def _brought(self, value: Any) -> Any:
        """A jax array on the device where the others are brought to."""
        target = self._jax.config.jax_default_device or self._jax.local_devices()[0]
        is_elsewhere = isinstance(value, self._jax.Array) and value.devices() != {target}
        return self._jax.device_put(value, target) if is_elsewhere else value

    def _distribute(self, values: list[Any], arguments: Sequence[Any]) -> None:
        """Take arrays that lie elsewhere to where the program wants them; variables stay there."""
        assert self._shardings is not None
        for i, sharding in enumerate(self._shardings.inputs):
            value = values[i]
            if isinstance(value, self._jax.Array) and value.sharding != sharding:
                values[i] = self._put(i)(value)
                if i in self._variables:
                    arguments[i].value = values[i]

    def _note_program(self, arguments: Sequence[Any]) -> None:
        seconds, self._traced_at = perf_counter() - self._traced_at, 0.0
        self.seconds = seconds
        tuner.compiled()
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
            state = RunState()
            drawn = random_streams.ProgramStreams(self._random, state) if self._random else None
            program, given = self._call_of(arguments, drawn)
            return program.lower(*given)
        finally:
            self._x64_back(before)

    def compile_now(self, avals: Sequence[Aval]) -> None:
        """Compile for arguments of these shapes, so that no call needs to."""
        values = [self._jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals]
        given: list[Any] = values
        if not self._pure:
            given = [[values[i] for i in of] for of in (self._written, self._read, self._plain)]
            if self._random:
                given.append(self._jax.ShapeDtypeStruct((len(self._random), 3), np.uint64))
        before = self._x64_on(True)
        start = perf_counter()
        try:
            self._jitted.lower(*given).compile()
        finally:
            self._x64_back(before)
        self.seconds, self._traced_at = perf_counter() - start, 0.0
        tuner.compiled()

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
            what = "draws random numbers" if self._random else what
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
            found = self._specialized[key] = self._jitted_update(constants=values)
        return found

    def _moved(self, storage: VariableStorage, index: int) -> Any:
        """The value of a variable, from now on a jax array that only the variable holds.

        The array may share the memory of the NumPy one it is made of. That is safe: XLA never takes
        over such memory, it copies when asked to donate it.
        """
        value = storage.value
        if value is None or type(value) is StoredValue:
            value = storage.read()
        if type(value) is ndarray:
            value = storage.value = self._put(index)(value)
        return value
