"""Functions as text for a stub: parameters, defaults, types and the first line of the docstring."""

from __future__ import annotations

import enum
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.api.stubs.annotations import Scope
from tidefall.api.stubs.docstrings import (
    Docstring,
    argument_type,
    meant_name,
    result_type,
    with_docstring,
)
from tidefall.base.device_spec import DeviceSpec
from tidefall.base.dispatch import ASSERT, BINARY, UNARY
from tidefall.base.dtypes import DType
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.composite.variables.variable import Variable
from tidefall.graph.operation import Operation
from tidefall.ops.linalg.operators.base import LinearOperator
from tidefall.tensor.tensor import Tensor

TOLD = {
    "RaggedTensor": RaggedTensor,
    "Sequence": Sequence,
    "SparseTensor": SparseTensor,
    "DeviceSpec": DeviceSpec,
    "LinearOperator": LinearOperator,
    "Operation": Operation,
    "Tensor": Tensor,
    "Variable": Variable,
}
_ELEMENTWISE: dict[str | None, int] = {UNARY: 1, BINARY: 2, ASSERT: 2}
"""How many parameters of a function that works by elements are tensors."""
_RESULTS = {"__init__": "None", "__len__": "int", "__contains__": "bool"}
_KINDS = inspect.Parameter
_UNKNOWN = (inspect.Parameter.empty, "Any", Any, inspect.Signature.empty)


class Signature:
    """A function's parameters and result, with their types as text.

    Attributes:
        parameters: the parameters; annotations are text for a stub.
        result: type of the result.
        doc: its docstring.
        asynchronous: whether calling it gives an awaitable.
    """

    def __init__(self, function: Callable[..., Any], scope: Scope):
        inner = inspect.unwrap(function)
        self._globals: dict[str, Any] = getattr(inner, "__globals__", {})
        self._scope = scope
        self.doc = Docstring(function)
        self._of_class = "." in function.__qualname__.rpartition("<locals>.")[2]
        signature = inspect.signature(function)
        other = self._other()
        self._meant = {p.name: p.annotation for p in other.parameters} if other else {}
        self._elementwise = _ELEMENTWISE.get(dispatch_kind(function), 0)
        self.parameters = [
            self._parameter(p, i) for i, p in enumerate(signature.parameters.values())
        ]
        self.result = self._result(signature.return_annotation, function)
        if _is_context_manager(function):
            self.result = _managed(self.result, scope)

    def _parameter(self, parameter: inspect.Parameter, place: int) -> inspect.Parameter:
        scope, annotation = self._scope, parameter.annotation
        if annotation not in _UNKNOWN:
            text = scope.annotation(annotation, self._globals)
        elif parameter.kind in (_KINDS.VAR_POSITIONAL, _KINDS.VAR_KEYWORD):
            text = scope.any()
        elif parameter.name == "name":
            text = scope.annotation("str", {})
        elif place < self._elementwise:
            text = scope.annotation("TensorLike", TOLD)
        else:
            meant = self._meant.get(parameter.name) if not self.doc.arguments else None
            told = argument_type(self.doc, parameter.name) if meant is None else None
            text = scope.annotation(told, TOLD) if told else meant or scope.any()
            if told == "ShapeLike" and (
                self._of_class or "None" in self.doc.arguments.get(parameter.name, "")
            ):
                text = scope.union([text, "None"])  # of unknown rank
        if parameter.default is None:
            text = scope.union([text, "None"])
        return parameter.replace(annotation=text)

    def _result(self, annotation: Any, function: Any) -> str:
        scope = self._scope
        known = _RESULTS.get(function.__name__) or scope.surface.results.get(id(function))
        if known is not None:
            return scope.annotation(known, TOLD)
        if annotation not in _UNKNOWN:
            return "None" if annotation is None else scope.annotation(annotation, self._globals)
        told = result_type(self.doc)
        if told is not None:
            return scope.annotation(told, TOLD)
        other = self._other()
        return scope.any() if other is None or self.doc.returns else other.result

    def _other(self) -> Signature | None:
        """The function that the docstring refers to, if that is what it says."""
        other = self._scope.surface.values.get(meant_name(self.doc) or "")
        return Signature(other, self._scope) if inspect.isfunction(other) else None


def function_text(
    name: str,
    function: Callable[..., Any],
    scope: Scope,
    *,
    decorator: str = "",
    indent: str = "",
) -> list[str]:
    """The lines of a function.

    Args:
        name: its name in the stub.
        function: the function.
        scope: the file it is written to.
        decorator: what stands above it, such as "classmethod".
        indent: spaces before each line.
    """
    signature = Signature(function, scope)
    lines = [f"{indent}@{decorator}"] if decorator else []
    parameters, result = signature.parameters, signature.result
    every = dispatch_kind(function) is not None
    wider = [
        _widened(p, scope) if every or signature.doc.takes_composites(p.name) else p
        for p in parameters
    ]
    if wider != parameters and result == scope.annotation("Tensor", TOLD):
        overload = f"{indent}@{scope.name('typing', 'overload')}"
        text = parameters_text(parameters, scope)
        lines += [overload, f"{indent}def {name}({text}) -> {result}: ...", overload]
        result = scope.any()
    head = f"{indent}def {name}({parameters_text(wider, scope)})"
    return [*lines, *with_docstring(f"{head} -> {result}", signature.doc, indent)]


def dispatch_kind(function: Any) -> str | None:
    """How a function treats ragged and sparse tensors, None for one that does not know them."""
    api = getattr(function, "dispatch_api", None)
    return None if api is None else api.kind


def _widened(parameter: inspect.Parameter, scope: Scope) -> inspect.Parameter:
    """A parameter that takes ragged and sparse tensors, too, if it takes tensors."""
    tensor_like = scope.annotation("TensorLike", TOLD)
    many = scope.annotation("Sequence[TensorLike]", TOLD)
    parts = parameter.annotation.split(" | ")
    if tensor_like not in parts and many not in parts:
        return parameter
    wide = [scope.annotation("Sequence[Any]", TOLD) if p == many else p for p in parts]
    if tensor_like in parts:
        wide.insert(1, scope.public("__internal__.CompositeTensor"))
    return parameter.replace(annotation=" | ".join(wide))


def parameters_text(parameters: Sequence[inspect.Parameter], scope: Scope) -> str:
    """What stands between the parentheses of a `def`."""
    parts: list[str] = []
    keywords_only = False
    for i, parameter in enumerate(parameters):
        kind = parameter.kind
        if kind is _KINDS.KEYWORD_ONLY and not keywords_only:
            if not any(p.kind is _KINDS.VAR_POSITIONAL for p in parameters):
                parts.append("*")
            keywords_only = True
        parts.append(_parameter_text(parameter, scope, first=i == 0))
        following = parameters[i + 1].kind if i + 1 < len(parameters) else None
        if kind is _KINDS.POSITIONAL_ONLY and following is not _KINDS.POSITIONAL_ONLY:
            parts.append("/")
    return ", ".join(parts)


def _parameter_text(parameter: inspect.Parameter, scope: Scope, *, first: bool) -> str:
    stars = {_KINDS.VAR_POSITIONAL: "*", _KINDS.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    bound = first and parameter.default is _KINDS.empty
    if bound and parameter.name in ("self", "cls", "_cls"):
        return parameter.name
    text = f"{stars}{parameter.name}: {parameter.annotation}"
    if parameter.default is not _KINDS.empty:
        text += f" = {default_text(parameter.default, scope)}"
    return text


def default_text(value: Any, scope: Scope) -> str:
    """A default as it is shown; `...` where no short expression gives it."""
    if isinstance(value, enum.Enum):
        home = scope.surface.home(type(value))
        return f"{scope.public(home)}.{value.name}" if home else "..."
    if isinstance(value, DType):
        found = scope.surface.values.get(value.name) is value
        return scope.public(value.name) if found else "..."
    if value is None or type(value) in (bool, int, str, bytes):
        return repr(value)
    if type(value) is float and math.isfinite(value):
        return repr(value)
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        texts = [default_text(item, scope) for item in value]
        if "..." not in texts:
            inside = ", ".join(texts) + ("," if type(value) is tuple and len(texts) == 1 else "")
            return f"({inside})" if type(value) is tuple else f"[{inside}]"
    return "..."


def _is_context_manager(function: Any) -> bool:
    """Whether a function was made by `contextlib.contextmanager`."""
    while hasattr(function, "__wrapped__"):
        if function.__code__.co_filename.endswith("contextlib.py"):
            return True
        function = function.__wrapped__
    return False


def _managed(result: str, scope: Scope) -> str:
    """The type of a context manager, from that of the generator behind it."""
    _, _, inside = result.partition("[")
    inside = inside.removesuffix("]").split(", None, None")[0] if inside else scope.any()
    return f"{scope.name('contextlib', 'AbstractContextManager')}[{inside}]"
