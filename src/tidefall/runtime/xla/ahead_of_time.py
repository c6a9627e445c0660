"""Programs compiled ahead of time: an XLA executable as bytes, and a call that needs no compiler.

Only XLA's own bytes are kept, with a description of inputs and outputs beside them; no pickles.
The bytes hold machine code, so whoever loads them trusts whoever made them.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import platform
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import DataLossError, InternalError
from tidefall.base.run_state import RunState
from tidefall.base.state import state as context
from tidefall.base.type_guards import is_sequence
from tidefall.composite.variables.storage import VariableStorage
from tidefall.graph.func_graph import FuncGraph
from tidefall.native import library
from tidefall.runtime.backend import Executable, Lowerable
from tidefall.runtime.policy.tiers import current_tier
from tidefall.runtime.xla.jax_bridge import load_jax, without_compilation_cache, x64_switch

_log = logging.getLogger("tidefall.runtime")


_DAMAGE = (
    *(ArithmeticError, AttributeError, DataLossError, LookupError),
    *(OSError, RuntimeError, TypeError, ValueError),
)
"""What loading a program that somebody spoiled may lead to."""


@dataclass(frozen=True)
class ProgramInput:
    """An input of a program: a variable that it reads, or an array."""

    is_variable: bool
    dtype: str
    shape: tuple[int, ...]

    @property
    def described(self) -> tuple[np.dtype, tuple[int, ...]]:
        """The NumPy dtype and the shape.

        Raises:
            TypeError: if there is no such dtype.
        """
        return np.dtype(dtypes.as_dtype(self.dtype).as_numpy_dtype), self.shape


@dataclass(frozen=True)
class Program:
    """A compiled program.

    Attributes:
        inputs: its inputs, in the order of those of the graph it was made of.
        content: the executable; gives the bytes when called.
        sha256: their checksum, in hexadecimal digits.
        made_for: what it was compiled for (`machine`).
        kernels: the native kernels that it calls.
    """

    inputs: tuple[ProgramInput, ...]
    content: Callable[[], bytes]
    sha256: str
    made_for: Mapping[str, Any]
    kernels: tuple[str, ...] = ()

    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of the arrays among its inputs."""
        return tuple([i.shape for i in self.inputs if not i.is_variable])


def machine(backend: str | None = None) -> dict[str, Any]:
    """What an executable depends on: the compiler's version and the processor.

    Args:
        backend: "cpu" or "gpu"; jax's default if None.
    """
    jax = load_jax()
    device = jax.devices(backend)[0] if backend else jax.devices()[0]
    jaxlib = importlib.import_module("jaxlib")
    found = {
        "jax": jax.__version__,
        "jaxlib": jaxlib.version.__version__,
        "platform": device.platform,
        "processor": platform.machine(),
        "device": device.device_kind,
        "compiler": device.client.platform_version,
        "cpu_features": list(cpu_features()),
    }
    if device.platform != "cpu":
        found["cpu_features"] = []
    return found


@cache
def cpu_features() -> tuple[str, ...]:
    """The instructions that the processor has beyond the basic ones, by name."""
    if sys.platform.startswith("linux"):
        try:
            with open("/proc/cpuinfo", encoding="utf-8") as file:
                for line in file:
                    name, _, value = line.partition(":")
                    if name.strip() in ("flags", "Features"):
                        return tuple(sorted(set(value.split())))
        except OSError:
            pass
    return (platform.processor(),)


def compile_program(
    graph: FuncGraph, name: str, arguments: Sequence[Any], backend: str | None = None
) -> Program:
    """Compile a graph for arrays of given shapes.

    Args:
        graph: the graph.
        name: its name, for messages.
        arguments: for each input of the graph the storage of a variable, an array, or a pair of
            shape and NumPy dtype.
        backend: "cpu" or "gpu"; jax's default if None.

    Raises:
        InvalidArgumentError: if it cannot be compiled; the ops in the way are named.
        UnimplementedError: if it assigns variables or draws random numbers.
    """
    from tidefall.runtime.program import analyse
    from tidefall.runtime.xla.executable import XlaBackend

    jax = load_jax()
    executable = XlaBackend(specialize=False).compile(analyse(graph, name))
    inputs: list[ProgramInput] = []
    given: list[Any] = []
    for argument in arguments:
        variable = isinstance(argument, VariableStorage)
        value = argument.read() if variable else argument
        shape, dtype = value if is_sequence(value) else (np.shape(value), value.dtype)
        inputs.append(ProgramInput(variable, np.dtype(dtype).name, tuple(map(int, shape))))
        given.append(jax.ShapeDtypeStruct(tuple(shape), np.dtype(dtype)))
    device = jax.devices(backend)[0] if backend else jax.devices()[0]
    with jax.default_device(device), without_compilation_cache():
        compiled = executable.compile_ahead(given)
    made = compiled.runtime_executable()
    content = made.serialize()
    checksum = hashlib.sha256(content).hexdigest()
    program = Program(
        tuple(inputs), lambda: content, checksum, machine(backend), _native_kernels(made)
    )
    if device == jax.devices()[0]:
        _try_program(program, name)
    return program


def _native_kernels(executable: Any) -> tuple[str, ...]:
    """The native kernels that an executable calls."""
    text = "".join([module.to_string() for module in executable.hlo_modules()])
    return tuple(sorted(set(re.findall(rf'custom_call_target="{library.TARGET}(\w+)"', text))))


def _register_kernels(names: Sequence[str]) -> None:
    """Make native kernels known to XLA, which refuses programs that call others.

    Raises:
        DataLossError: if they are not here.
    """
    if not names:
        return
    called = f"it calls native kernels ({', '.join(names)})"
    if not library.enabled():
        raise DataLossError(None, None, f"{called}, which are {library.status().reason}")
    try:
        for name in names:
            library.register(name)
    except AttributeError as error:
        raise DataLossError(None, None, f"{called}, not all of which are there: {error}") from None


def _try_program(program: Program, name: str) -> None:
    """Make sure that a program can be loaded again, by running it on zeros.

    Raises:
        InternalError: if it cannot.
    """
    turn_on, turn_back = x64_switch()
    before = turn_on(True)
    try:
        described = [i.described for i in program.inputs]
        _Loaded(program)([np.zeros(shape, dtype) for dtype, shape in described])
    except (DataLossError, RuntimeError, TypeError, ValueError) as error:
        raise InternalError(
            None, None, f"{name}: the compiled program does not run once it is stored: {error}"
        ) from error
    finally:
        turn_back(before)


class _Loaded:
    """An executable in this process."""

    has_run = False

    def __init__(self, program: Program):
        content = program.content()
        if hashlib.sha256(content).hexdigest() != program.sha256:
            raise DataLossError(None, None, "its checksum does not match")
        jax = load_jax()
        here = machine()
        for key in ("platform", "device", "compiler"):
            if here[key] != program.made_for[key]:
                raise DataLossError(
                    None, None, f"it was made for {key} {program.made_for[key]}, not {here[key]}"
                )
        self._device = jax.devices()[0]
        self._sharding = jax.sharding.SingleDeviceSharding(self._device)
        self._put = jax.device_put
        _register_kernels(program.kernels)
        bindings = importlib.import_module("jaxlib._jax")
        devices = bindings.DeviceList((self._device,))
        self._executable = self._device.client.deserialize_executable(
            content, executable_devices=devices
        )
        takes = _parameters(bindings, self._executable)
        self._inputs = [i.described for i in program.inputs]
        if takes != self._inputs:
            raise DataLossError(None, None, "it takes other inputs than its description says")
        abstract = jax.core.ShapedArray
        self._avals = [abstract(shape, dtype) for dtype, shape in self._inputs]
        self._put_batch = getattr(bindings, "batched_device_put", None)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        given: list[Any] = []
        sharding = self._sharding
        for i, value in enumerate(values):
            if type(value) is VariableStorage:
                value = value.value
                if not hasattr(value, "sharding"):
                    value = self._upload(i, values[i].read())
                    values[i].value = value
            elif type(value) is np.ndarray or not hasattr(value, "sharding"):
                value = self._upload(i, np.asarray(value))
            if value.sharding is not sharding:
                self._check(i, value)
                if value.sharding != sharding:
                    value = self._put(value, sharding)
            given.append(value)
        results = self._executable.execute_sharded(given)
        arrays = [parts[0] for parts in results.disassemble_into_single_device_arrays()]
        if not self.has_run:  # what is wrong with the program shows when its results are there
            for array in arrays:
                array.block_until_ready()
            self.has_run = True
        return arrays

    def _check(self, i: int, value: Any) -> None:
        dtype, shape = self._inputs[i]
        if value.dtype != dtype or value.shape != shape:
            raise TypeError(f"{value.dtype}{list(value.shape)} for {dtype}{list(shape)}")

    def _upload(self, i: int, value: np.ndarray) -> Any:
        self._check(i, value)
        if self._put_batch is None:
            return self._put(value, self._sharding)
        # What device_put comes to, without what it does for every other kind of argument.
        return self._put_batch(self._avals[i], self._sharding, [value], [self._device])


def _parameters(bindings: Any, executable: Any) -> list[tuple[Any, tuple[int, ...]]]:
    """The dtype and shape of each input of an executable, by its own word."""
    module = executable.hlo_modules()[0].as_serialized_hlo_module_proto()
    shapes = bindings.XlaComputation(module).program_shape().parameter_shapes()
    return [(np.dtype(s.numpy_dtype()), tuple(s.dimensions())) for s in shapes]


class WarmPlan:
    """Runs a function by programs compiled ahead of time where there are any for the shapes that
    it is called with, else in the ordinary way.

    Args:
        graph: the function's graph.
        programs: the programs.
        plan: makes what runs the function in the ordinary way.
        name: for the log.
    """

    def __init__(
        self,
        graph: FuncGraph,
        programs: Sequence[Program],
        plan: Callable[[], Executable],
        name: str,
    ):
        self._programs: dict[Any, Program] = {p.shapes(): p for p in programs}
        self._loaded: dict[Any, _Loaded] = {}
        self._arrays = [i for i, t in enumerate(graph.inputs) if t.dtype != dtypes.resource]
        self._make_plan = plan
        self._plan: Executable | None = None
        self._name = name
        self._lock = threading.Lock()
        self._x64_on: Any = None

    def run(self, values: Sequence[Any], state: RunState | None = None) -> list[Any]:
        if self._programs and context.op_device is None and current_tier() != "host":
            shapes = tuple([tuple(np.shape(values[i])) for i in self._arrays])
            loaded = self._loaded.get(shapes)
            if loaded is None and shapes in self._programs:
                loaded = self._load(shapes)
            if loaded is not None:
                result = self._run(loaded, shapes, values)
                if result is not None:
                    return result
        return self.plan().run(values, state)

    def plan(self) -> Executable:
        """What runs the function in the ordinary way."""
        if self._plan is None:
            self._plan = self._make_plan()
        return self._plan

    def prepare(self) -> int:
        """Load all programs now; returns how many there are."""
        if current_tier() != "host":
            for shapes in list(self._programs):
                self._load(shapes)
        return len(self._loaded)

    def lowered(self, arguments: Sequence[Any]) -> Any:
        """The program as the ordinary executor lowers it."""
        plan = self.plan()
        assert isinstance(plan, Lowerable)  # what is stored ahead of time could be compiled whole
        return plan.lowered(arguments)

    def _run(self, loaded: _Loaded, shapes: Any, values: Sequence[Any]) -> list[Any] | None:
        before = self._x64_on(True)
        try:
            return loaded(values)
        except (RuntimeError, ValueError) as error:
            # "Deleted": another thread gave a variable's buffer to a program that updates it.
            if "deleted" not in str(error):
                if loaded.has_run:
                    raise
                self._drop(shapes, str(error))
        except TypeError as error:
            self._drop(shapes, f"it was compiled for other inputs: {error}")
        finally:
            self._x64_back(before)
        return None

    def _load(self, shapes: Any) -> _Loaded | None:
        with self._lock:
            if shapes in self._loaded or shapes not in self._programs:
                return self._loaded.get(shapes)
            self._x64_on, self._x64_back = x64_switch()
            before = self._x64_on(True)
            try:
                loaded = self._loaded[shapes] = _Loaded(self._programs[shapes])
            except _DAMAGE as error:
                reason = error.message if isinstance(error, DataLossError) else str(error)
                self._drop(shapes, reason)
                return None
            finally:
                self._x64_back(before)
            return loaded

    def _drop(self, shapes: Any, reason: str) -> None:
        _log.warning(
            "%s: the program compiled ahead of time for shapes %s is not used: %s",
            self._name,
            [list(shape) for shape in shapes],
            reason,
        )
        self._programs.pop(shapes, None)
        self._loaded.pop(shapes, None)
