"""`tf.py_function` and `tf.numpy_function`: Python code as an op of a graph.

The node holds a token; the function behind it lives in this process, as long as the graph does.
"""

from __future__ import annotations

import itertools
import traceback
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.autodiff.tape import GradientTape
from tidefall.base import dtypes, errors, nest
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.exports import export
from tidefall.base.run_state import running_with
from tidefall.base.shapes import TensorShape
from tidefall.base.state import graph_scope, state, tapes_paused
from tidefall.op import raw
from tidefall.op.effects import ANYTHING, PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import PYTHON
from tidefall.ops.common import invalid
from tidefall.tensor.conversion import convert_to_tensor, to_numpy
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor
from tidefall.tensor.type_spec import TypeSpec

_CODES: tuple[tuple[type[BaseException], Callable[..., errors.OpError]], ...] = (
    (TypeError, errors.InvalidArgumentError),
    (ValueError, errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
)
_KEPT = 256
"""How many calls of one function may wait for their gradient."""

_numbers = itertools.count()
_functions: weakref.WeakValueDictionary[str, _PythonFunction] = weakref.WeakValueDictionary()


class _PythonFunction:
    """A Python function behind a token; it remembers calls whose gradient will be asked for."""

    def __init__(self, function: Callable[..., Any]):
        self.function = function
        self.token = f"pyfunc_{next(_numbers)}"
        self.differentiated = False
        self.calls: OrderedDict[int, tuple[Any, GradientTape, list[Any], list[Any]]] = OrderedDict()
        _functions[self.token] = self

    def keep_with(self, graph: Any) -> None:
        """Live as long as a graph."""
        graph.kept_alive.append(self)

    def call(self, tensors: Sequence[Any], wanted: Sequence[DType]) -> list[Any]:
        """Call with eager tensors; the results as tensors of the wanted dtypes."""
        try:
            result = self.function(*tensors)
            return _results(result, wanted)
        except Exception as error:
            raise restated(error) from error

    def call_arrays(self, arrays: Sequence[Any], wanted: Sequence[DType]) -> list[Any]:
        """Call from a graph, with arrays; on a tape if the gradient will be asked for."""
        with graph_scope(None), tapes_paused():
            tensors = [_tensor(a) for a in arrays]
            if not self.differentiated:
                return [_value(t) for t in self._checked(tensors, wanted)]
            with GradientTape(persistent=False) as tape:
                for tensor in tensors:
                    tape.watch(tensor)
                outputs = self._checked(tensors, wanted)
            values = [_value(t) for t in outputs]
            if values:
                self.calls[id(values[0])] = (values[0], tape, tensors, outputs)
                if len(self.calls) > _KEPT:
                    self.calls.popitem(last=False)
            return values

    def _checked(self, tensors: Sequence[Any], wanted: Sequence[DType]) -> list[Any]:
        outputs = self.call(tensors, wanted)
        if len(outputs) != len(wanted):
            raise invalid(
                f"{self.token} returns {len(outputs)} values, but expects to see {len(wanted)} "
                "values."
            )
        return outputs

    def backward(self, arrays: Sequence[Any], wanted: Sequence[DType]) -> list[Any]:
        """Gradients of the inputs, given inputs, outputs and gradients of the outputs."""
        count = len(wanted)
        given = (len(arrays) - count) // 2
        outputs, dys = arrays[count : count + given], arrays[count + given :]
        found = self.calls.pop(id(outputs[0]), None)
        with graph_scope(None), tapes_paused():
            if found is None:
                self.differentiated = True
                with GradientTape() as tape:
                    sources = [_tensor(a) for a in arrays[:count]]
                    for source in sources:
                        tape.watch(source)
                    targets = self.call(sources, [_dtype_of(o) for o in outputs])
            else:
                _, tape, sources, targets = found
            gradients = tape.gradient(targets, sources, [_tensor(d) for d in dys])
            return [
                np.zeros_like(a) if g is None else _value(convert_to_tensor(g))
                for g, a in zip(gradients, arrays[:count], strict=True)
            ]


def _dtype_of(array: Any) -> DType:
    return as_dtype(array.dtype)


def _tensor(value: Any) -> Any:
    return EagerTensor(value) if isinstance(value, np.ndarray) else convert_to_tensor(value)


def _value(tensor: Any) -> Any:
    return tensor.storage


def _results(result: Any, wanted: Sequence[DType]) -> list[Any]:
    if result is None:
        return []
    items = list(result) if isinstance(result, (list, tuple)) else [result]
    return [convert_to_tensor(item, dtype) for item, dtype in zip(items, wanted, strict=False)]


def restated(error: Exception) -> Exception:
    """What TensorFlow raises for an exception in a Python function."""
    if isinstance(error, errors.OpError):
        return error
    kind = next((k for base, k in _CODES if isinstance(error, base)), errors.UnknownError)
    lines = "".join(traceback.format_exception(error)).rstrip()
    return kind(None, None, f"{type(error).__name__}: {error}\n{lines}")


def _function(token: str) -> _PythonFunction:
    found = _functions.get(token)
    if found is None:
        raise errors.InvalidArgumentError(
            None,
            None,
            f"callback {token} is not found: the Python function of a tf.py_function or "
            "tf.numpy_function exists only in the process that made the graph.",
        )
    return found


def _unknown_shapes(c: Inference) -> list[TensorShape]:
    return [TensorShape(None)] * len(c.attr("Tout"))


def _run_eager_py(input: list[Any], *, token: str, Tout: list[DType]) -> list[Any]:
    backward = token.endswith(_BACKWARD)
    function = _function(token.removesuffix(_BACKWARD))
    with running_with(None):
        return (function.backward if backward else function.call_arrays)(input, Tout)


_BACKWARD = ":backward"


def _py_gradient(op: Any, *dys: Any) -> list[Any]:
    token = op.attrs["token"]
    if token.endswith(_BACKWARD):
        raise errors.UnimplementedError(
            None, None, "Second derivatives through tf.py_function are not implemented yet."
        )
    _function(token).differentiated = True
    types = [t.dtype for t in op.inputs]
    given = [
        raw.ZerosLike(out) if dy is None else dy for dy, out in zip(dys, op.outputs, strict=True)
    ]
    gradients = eager_py_func_op(
        [*op.inputs, *op.outputs, *given], token=token + _BACKWARD, Tout=types
    )
    return [
        g if t.is_floating or t.is_complex else None for g, t in zip(gradients, types, strict=True)
    ]


eager_py_func_op = op(
    "EagerPyFunc",
    shape=_unknown_shapes,
    host=_run_eager_py,
    effects=ANYTHING,
    traits=(PYTHON,),
    gradient=_py_gradient,
)


def _run_numpy(input: list[Any], *, token: str, Tout: list[DType]) -> list[Any]:
    function = _function(token).function
    try:
        with running_with(None):
            result = function(*[a[()] if a.ndim == 0 else a for a in input])
    except Exception as error:
        raise restated(error) from error
    items = (
        [] if result is None else list(result) if isinstance(result, (list, tuple)) else [result]
    )
    if len(items) != len(Tout):
        raise invalid(
            f"{token} returns {len(items)} values, but expects to see {len(Tout)} values."
        )
    return [_numpy_result(i, item, Tout[i], token) for i, item in enumerate(items)]


def _numpy_result(index: int, item: Any, wanted: DType, token: str) -> np.ndarray:
    array = np.asarray(item)
    if array.dtype.kind in "SUO":
        array = to_numpy(array)
    found = as_dtype(array.dtype) if array.dtype != object else dtypes.string
    if found != wanted:
        raise invalid(
            f"{index}-th value returned by {token} is {found.name}, but expects {wanted.name}"
        )
    return array


py_func_op = op(
    "PyFunc",
    shape=_unknown_shapes,
    host=_run_numpy,
    effects=ANYTHING,
    traits=(PYTHON,),
    gradient=NOT_DIFFERENTIABLE,
)
py_func_stateless_op = op(
    "PyFuncStateless",
    shape=_unknown_shapes,
    host=_run_numpy,
    effects=PURE,
    traits=(PYTHON,),
    gradient=NOT_DIFFERENTIABLE,
)


def _in_graph(kind: Any, func: Any, inp: Any, Tout: Any, name: str | None) -> Any:
    behind = _PythonFunction(func)
    behind.keep_with(state.graph)
    several = isinstance(Tout, (list, tuple))
    types = [as_dtype(t) for t in (Tout if several else [Tout])]
    outputs = kind(list(inp or ()), token=behind.token, Tout=types, name=name)
    if not types:
        return state.graph.nodes[-1]  # type: ignore[union-attr] - the node, for others to wait for
    return outputs if several else outputs[0]


@export("py_function")
def py_function(
    func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None
) -> Any:
    """Python code as an op: it runs eagerly each time the graph runs, and gradients flow through.

    The graph works only in the process that made it. Shapes of the results are unknown; give them
    with `tf.ensure_shape`.

    Args:
        func: takes eager tensors, returns a value that converts to a tensor, a list of such, or
            None; left out, the call gives a decorator.
        inp: list of the tensors to call it with.
        Tout: dtype of the result, or list of dtypes; [] for none.
        name: name of the node in a graph.

    Returns:
        A tensor, or a list of tensors where `Tout` is a list; in a graph the node where it is [].

    Raises:
        UnknownError: for an exception in `func`; InvalidArgumentError for TypeError and
            ValueError, OutOfRangeError for StopIteration.

    >>> import tidefall as tf
    >>> @tf.function
    ... def square(x):
    ...     return tf.py_function(lambda v: v.numpy() ** 2, [x], tf.float32)
    >>> float(square(tf.constant(3.0)))
    9.0
    """
    if func is None:
        return lambda inner: lambda *args: py_function(inner, args, Tout, name)
    if any(isinstance(each, TypeSpec) for each in nest.flatten(Tout)):
        return _of_specs(func, inp, Tout, name)
    if state.graph is not None:
        return _in_graph(eager_py_func_op, func, inp, Tout, name)
    several = isinstance(Tout, (list, tuple))
    types = [as_dtype(t) for t in (Tout if several else [Tout])]
    tensors = [convert_to_tensor(x) for x in inp or ()]
    outputs = _PythonFunction(func)._checked(tensors, types)
    return outputs if several else outputs[0]


def _of_specs(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None) -> Any:
    """`py_function` with results described by specs: composite tensors travel as their parts."""
    specs = nest.map_structure(
        lambda each: each if isinstance(each, TypeSpec) else TensorSpec(None, each), Tout
    )
    parts: list[Any] = nest.flatten(specs, expand_composites=True)

    def flat(*args: Any) -> list[Any]:
        result = func(*args)
        nest.assert_same_structure(specs, result, expand_composites=True)
        return nest.flatten(result, expand_composites=True)

    made = py_function(flat, inp, [part.dtype for part in parts], name)
    for tensor, part in zip(made, parts, strict=True):
        if isinstance(tensor, SymbolicTensor):
            tensor.set_shape(part.shape)
    return nest.pack_sequence_as(specs, made, expand_composites=True)


@export("numpy_function", "compat.v1.py_func")
def numpy_function(
    func: Any = None,
    inp: Any = None,
    Tout: Any = None,
    stateful: bool = True,
    name: str | None = None,
) -> Any:
    """NumPy code as an op; no gradients flow through.

    The graph works only in the process that made it. Shapes of the results are unknown; give them
    with `tf.ensure_shape`.

    Args:
        func: takes and returns NumPy arrays; left out, the call gives a decorator.
        inp: list of the tensors to call it with.
        Tout: dtype of the result, or list of dtypes.
        stateful: False lets the graph leave out calls whose results are not used.
        name: name of the node in a graph.

    Returns:
        A tensor, or a list of tensors where `Tout` is a list. Eagerly, whatever `func` returns,
        converted to tensors.

    Raises:
        InvalidArgumentError: in a graph, if a result is not of the dtype in `Tout`.

    >>> import numpy as np
    >>> import tidefall as tf
    >>> float(tf.numpy_function(np.sinh, [0.0], tf.float32))
    0.0
    """
    if func is None:
        return lambda inner: lambda *args: numpy_function(inner, args, Tout, stateful, name)
    if state.graph is not None:
        kind = py_func_op if stateful else py_func_stateless_op
        return _in_graph(kind, func, inp, Tout, name)
    result = func(*[np.array(x) for x in inp or ()])
    result = list(result) if type(result) is tuple else result
    return nest.map_structure(lambda x: None if x is None else convert_to_tensor(x), result)
