"""Recognising functions that were traced before.

`Model.predict` builds its pipeline anew at every call, out of the same few functions; tracing them
takes longer than all the rest. A function is the same as one before if it has the same code, and if
whatever the code reads from outside has the same value: numbers, strings and dtypes, our ops, and
functions of which all this holds in turn. A function that reads anything else, or changes what is
outside of it, is traced every time.

The bytecode tells what is read, once for each code, and only if the code comes a second time.
"""

from __future__ import annotations

import builtins
import dis
import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from types import BuiltinFunctionType, CodeType, EllipsisType, FunctionType, ModuleType, NoneType
from typing import Any, NamedTuple

from tidefall.base.config import config
from tidefall.base.dtypes import DType
from tidefall.base.state import state
from tidefall.function.autograph.context import context
from tidefall.graph.analysis import functions_of
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.passes.options import get_experimental_options
from tidefall.graph.user_code import is_own_file
from tidefall.op.traits import PYTHON, STATELESS
from tidefall.tensor.conversion import constant, convert_to_tensor
from tidefall.tensor.type_spec import TypeSpec

_LIMIT = 128
"""How many traces are kept, and how many codes are known to have come once."""
_DEEPEST = 8
_LONGEST = 1000
_LITERALS = frozenset({bool, int, complex, str, bytes, NoneType, EllipsisType, DType})
_BUILTINS = frozenset(
    (
        abs, all, any, bool, bytes, complex, dict, divmod, enumerate, filter, float, frozenset,
        int, isinstance, len, list, map, max, min, pow, range, reversed, round, set, slice, sorted,
        str, sum, tuple, zip, IndexError, KeyError, RuntimeError, TypeError, ValueError,
    )
)  # fmt: skip
_PURE = ("tidefall.ops.", "tidefall.data.", "keras.src.tree.")
"""Modules whose functions do nothing but compute, besides adding nodes."""
_PURE_MODULES = frozenset(
    (
        "tidefall.base.dtypes",
        "tidefall.base.shapes",
        "tidefall.tensor.specs",
        "tidefall.tensor.tensor",
        "keras.src.trainers.data_adapters.array_slicing",
    )
)
_PURE_FUNCTIONS = frozenset((constant, convert_to_tensor))
_IMPURE = ("tidefall.ops.random.seeds", "tidefall.ops.numpy.", "tidefall.data.engine.debug_mode")
_LAZY_MODULES = frozenset(("keras.src.utils.module_utils",))
_LOADS = frozenset(("LOAD_ATTR", "LOAD_CLOSURE", "LOAD_CONST", "LOAD_DEREF", "LOAD_GLOBAL"))
_CHANGES = ("DELETE_", "IMPORT_", "STORE_ATTR", "STORE_GLOBAL", "STORE_NAME")


class _Unknown(Exception):
    """Something is read from outside of which nothing can be said."""


class Read(NamedTuple):
    """What a code reads from outside: a global or a name of the functions around it, and then
    attributes, one of the other."""

    name: str
    is_global: bool
    attributes: tuple[str, ...]


# ---- what a code reads ----


@functools.lru_cache(_LIMIT)
def reads_of(code: CodeType) -> tuple[Read, ...] | None:
    """What a code and the functions in it read from outside; None if they may change it."""
    try:
        return tuple(sorted(set(_reads(code, frozenset(code.co_freevars)))))
    except _Unknown:
        return None


def _reads(code: CodeType, outside: frozenset[str]) -> Iterator[Read]:
    if code.co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR):
        raise _Unknown
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _reads(inner, outside & frozenset(inner.co_freevars))
    found: Read | None = None
    for instruction in dis.get_instructions(code):
        kind, name = instruction.opname, instruction.argval
        if kind in ("LOAD_ATTR", "LOAD_METHOD"):
            if found is not None:
                found = Read(found.name, found.is_global, (*found.attributes, name))
            continue
        if found is not None:
            yield found
        _check_instruction(kind, name, outside)
        found = None
        if kind == "LOAD_GLOBAL" or (kind == "LOAD_DEREF" and name in outside):
            found = Read(name, kind == "LOAD_GLOBAL", ())


def _check_instruction(kind: str, name: Any, outside: frozenset[str]) -> None:
    if kind.startswith(_CHANGES) or (kind == "STORE_DEREF" and name in outside):
        raise _Unknown
    if kind.startswith("LOAD_") and kind not in _LOADS and not kind.startswith("LOAD_FAST"):
        raise _Unknown


# ---- the values of what it reads ----


def _key_of_function(function: FunctionType, reads: Any, depth: int) -> Any:
    if function.__dict__ or function.__kwdefaults__ or depth > _DEEPEST or reads is None:
        raise _Unknown
    code, defaults = function.__code__, _literal(function.__defaults__)
    values = [_value(function, read, depth) for read in reads]
    return code, code.co_filename, defaults, tuple(values)


def _value(function: FunctionType, read: Read, depth: int) -> Any:
    """What stands for the value of something that a function reads."""
    value = _outside(function, read)
    for name in read.attributes:
        kind = type(value)
        if kind in _LITERALS or kind is float or kind is tuple:
            break  # these never change
        value = _attribute(value, name)
    kind = type(value)
    if kind is FunctionType and not _is_pure(value):
        return _key_of_function(value, reads_of(value.__code__), depth + 1)
    if kind in (FunctionType, BuiltinFunctionType) or isinstance(value, type):
        if _is_pure(value):
            return value
        raise _Unknown
    return _literal(value)


def _outside(function: FunctionType, read: Read) -> Any:
    if not read.is_global:
        cell = function.__closure__[function.__code__.co_freevars.index(read.name)]  # type: ignore[index]
        try:
            return cell.cell_contents
        except ValueError:  # it is set later
            raise _Unknown from None
    if read.name in function.__globals__:
        return function.__globals__[read.name]
    value = getattr(builtins, read.name, None)
    if value is None:
        raise _Unknown
    return value


def _attribute(value: Any, name: str) -> Any:
    """An attribute that is there, and not computed by code of the user's."""
    kind = type(value)
    if name.startswith("__"):
        raise _Unknown
    is_class = isinstance(value, type) and _is_pure(value)
    if isinstance(value, ModuleType) or kind.__module__ in _LAZY_MODULES or is_class:
        return getattr(value, name)
    own = getattr(value, "__dict__", None)
    if not isinstance(own, dict) or name not in own or hasattr(kind, name):
        raise _Unknown
    return own[name]


def _is_pure(value: Any) -> bool:
    """Whether calling a function or class does nothing but compute, and add nodes."""
    module = getattr(value, "__module__", None)
    if module == "builtins":
        return value in _BUILTINS
    if value in _PURE_FUNCTIONS:
        return True
    if not isinstance(module, str) or module.startswith(_IMPURE):
        return False
    if "<locals>" in getattr(value, "__qualname__", "<locals>"):
        return False  # it may hold on to anything
    return module.startswith(_PURE) or module in _PURE_MODULES


def _literal(value: Any) -> Any:
    """What tells a value from others: 1, 1.0 and True are equal, and so are 0.0 and -0.0."""
    kind = type(value)
    if kind in _LITERALS:
        if kind in (str, bytes) and len(value) > _LONGEST:
            raise _Unknown
        return kind, value
    if kind is float:
        return kind, repr(value)
    if kind is tuple:
        return kind, *map(_literal, value)
    raise _Unknown


# ---- the traces ----


class Traces:
    """What was traced, by the key of the function; the oldest of too many go."""

    def __init__(self) -> None:
        self._found: OrderedDict[Any, Any] = OrderedDict()
        self._codes: OrderedDict[CodeType, Any] = OrderedDict()
        self._lock = threading.Lock()

    def reads(self, code: CodeType) -> Any:
        """What a code reads; None if it came for the first time, or may change what is outside."""
        with self._lock:
            if code not in self._codes:
                _put(self._codes, code, False)
                return None
            found = self._codes[code]
            if found is False:
                found = self._codes[code] = reads_of(code)
            return found

    def get(self, key: Any) -> Any:
        """What was kept under a key, or None."""
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
            return found

    def put(self, key: Any, value: Any) -> None:
        """Keep something."""
        with self._lock:
            _put(self._found, key, value)


def _put(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    known[key] = value
    if len(known) > _LIMIT:
        known.popitem(last=False)


traces = Traces()


def key_of(function: Callable[..., Any], name: str, spec: Any, place: Any) -> Any:
    """What tells a function and its arguments from others; None if nothing can be said.

    Args:
        function: the function.
        name: that of its graph.
        spec: a structure of the specs of its arguments.
        place: the user's line that is running, which nodes of code that is not the user's remember.
    """
    if (
        type(function) is not FunctionType
        or state.needs_dispatch
        or state.device
        or config.dataset_debug_mode
    ):
        return None
    code = function.__code__
    reads = traces.reads(code)
    if reads is None:
        return None
    try:
        key = _key_of_function(function, reads, 0), name, _spec(spec)
        hash(key)
    except (_Unknown, AttributeError, TypeError):
        return None
    modes = (
        *(config.numpy_behavior, config.numpy_dtype_mode, config.numpy_prefer_float32),
        tuple(get_experimental_options().items()),
    )
    return (*key, modes, context.converts, place if is_own_file(code.co_filename) else None)


def _spec(spec: Any) -> Any:
    if isinstance(spec, TypeSpec):
        return spec
    if type(spec) is tuple:
        return tuple, *map(_spec, spec)
    if type(spec) is dict:
        return dict, *((name, _spec(item)) for name, item in spec.items())
    raise _Unknown


def is_the_same_again(graph: FuncGraph) -> bool:
    """Whether a trace may stand for another one: nothing in it has a state or refers outside."""
    if graph.uses_outside or graph.created_variables:
        return False
    return all(_is_stateless(node) for node in graph.nodes)


def _is_stateless(node: Any) -> bool:
    op = node.op_type
    if op.is_stateful and STATELESS not in op.traits:
        return False
    return not (PYTHON in op.traits or node.control_inputs or any(True for _ in functions_of(node)))
