"""Values of `--input_exprs`: Python literals and calls of a list of NumPy's functions.

An expression is read as a tree and computed here, node by node. It cannot reach names, attributes
or functions that are not in the tables below, so it runs no code of its writer.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTIONS = _names(
    """abs absolute all any arange argmax argmin argsort array asarray atleast_1d atleast_2d
    atleast_3d broadcast_to ceil clip concatenate cos cosh cumprod cumsum diag dot empty exp
    expand_dims eye flip floor full full_like hstack identity kron linspace log log10 log1p log2
    logspace matmul max maximum mean meshgrid min minimum mod moveaxis multiply negative ones
    ones_like outer pad power prod ravel repeat reshape roll round sign sin sinh sort split sqrt
    square squeeze stack std subtract sum swapaxes tan tanh tile transpose tri tril triu unique var
    vstack where zeros zeros_like"""
)
_TYPES = _names(
    """bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64
    complex128 str_ bytes_ object_"""
)
_NUMBERS = frozenset(("e", "euler_gamma", "inf", "nan", "newaxis", "pi"))
_RANDOM = _names(
    """beta binomial choice exponential gamma normal permutation poisson rand randint randn random
    random_integers random_sample seed standard_normal uniform"""
)
_METHODS = _names(
    """all any argmax argmin argsort astype clip cumprod cumsum flatten max mean min prod ravel
    repeat reshape round squeeze std sum swapaxes tolist transpose var"""
)
_VALUES = frozenset(("T", "dtype", "imag", "ndim", "real", "shape", "size"))
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.MatMult: operator.matmul,
    ast.Pow: operator.pow,
}
_LARGEST_POWER = 4096
_DEEPEST = 100


class RefusedExpressionError(ValueError):
    """An expression that asks for what it may not have."""


def evaluate(text: str) -> Any:
    """The value of an expression of literals, operators and NumPy's functions.

    Raises:
        RuntimeError: if it is no such expression, or cannot be computed.

    >>> evaluate("[[1.0, 2], [3, 4]]")
    [[1.0, 2], [3, 4]]
    >>> evaluate("np.ones((2, 2), dtype=np.float32) * 3")
    array([[3., 3.],
           [3., 3.]], dtype=float32)
    >>> evaluate("__import__('os').getcwd()")
    Traceback (most recent call last):
    RuntimeError: Expression "__import__('os').getcwd()" is not a valid python literal...
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body, 0)
    except (SyntaxError, RecursionError, MemoryError, ArithmeticError, LookupError) as error:
        reason: Exception = error
    except (TypeError, ValueError, AttributeError) as error:
        reason = error
    raise RuntimeError(
        f'Expression "{text}" is not a valid python literal, or a call of a function of NumPy that '
        f"is allowed here: {reason}"
    ) from reason


def _value(node: ast.AST, depth: int) -> Any:
    if depth > _DEEPEST:
        raise RefusedExpressionError("it is nested too deeply")
    deeper = depth + 1
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List):
        return [_value(item, deeper) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple([_value(item, deeper) for item in node.elts])
    if isinstance(node, ast.Set):
        return {_value(item, deeper) for item in node.elts}
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise RefusedExpressionError("`**` cannot be used")
        return {
            _value(key, deeper): _value(item, deeper)  # type: ignore[arg-type]
            for key, item in zip(node.keys, node.values, strict=True)
        }
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](_value(node.operand, deeper))
    if isinstance(node, ast.BinOp):
        return _binary(node, deeper)
    if isinstance(node, ast.Subscript):
        return _value(node.value, deeper)[_index(node.slice, deeper)]
    if isinstance(node, ast.Attribute):
        return _attribute(node, deeper)
    if isinstance(node, ast.Call):
        return _call(node, deeper)
    raise RefusedExpressionError(f"{ast.unparse(node)!r} cannot be used")


def _binary(node: ast.BinOp, depth: int) -> Any:
    compute = _BINARY.get(type(node.op))
    if compute is None:
        raise RefusedExpressionError(f"the operator of {ast.unparse(node)!r} cannot be used")
    left, right = _value(node.left, depth), _value(node.right, depth)
    if compute is operator.pow and isinstance(right, int) and abs(right) > _LARGEST_POWER:
        raise RefusedExpressionError(f"powers above {_LARGEST_POWER} cannot be used")
    if compute is operator.mul:
        for one, other in ((left, right), (right, left)):
            if isinstance(one, str | bytes | list | tuple) and isinstance(other, int):
                raise RefusedExpressionError("texts and lists cannot be multiplied: use np.tile")
    return compute(left, right)


def _index(node: ast.AST, depth: int) -> Any:
    if isinstance(node, ast.Slice):
        parts = (node.lower, node.upper, node.step)
        return slice(*[None if part is None else _value(part, depth) for part in parts])
    if isinstance(node, ast.Tuple):
        return tuple([_index(item, depth) for item in node.elts])
    return _value(node, depth)


def _path(node: ast.AST) -> list[str] | None:
    """`["np", "random", "rand"]` of `np.random.rand`; None of what does not begin with `np`."""
    if isinstance(node, ast.Name):
        return ["np"] if node.id in ("np", "numpy") else None
    if isinstance(node, ast.Attribute):
        outer = _path(node.value)
        return None if outer is None else [*outer, node.attr]
    return None


def _attribute(node: ast.Attribute, depth: int) -> Any:
    path = _path(node)
    if path is not None and len(path) == 2 and path[1] in _NUMBERS | _TYPES:
        return getattr(np, path[1])
    if path is None and node.attr in _VALUES:
        value = _value(node.value, depth)
        if isinstance(value, np.ndarray | np.generic):
            return getattr(value, node.attr)
    raise RefusedExpressionError(f"{ast.unparse(node)!r} cannot be used")


def _call(node: ast.Call, depth: int) -> Any:
    function = _callable(node.func, depth)
    if any(keyword.arg is None for keyword in node.keywords):
        raise RefusedExpressionError("`**` cannot be used")
    args = [_value(argument, depth) for argument in node.args]
    kwargs = {str(k.arg): _value(k.value, depth) for k in node.keywords}
    return function(*args, **kwargs)


def _callable(node: ast.AST, depth: int) -> Callable[..., Any]:
    path = _path(node)
    if path is not None:
        if len(path) == 2 and path[1] in _FUNCTIONS | _TYPES:
            return getattr(np, path[1])
        if len(path) == 3 and path[1] == "random" and path[2] in _RANDOM:
            return getattr(np.random, path[2])
    elif isinstance(node, ast.Attribute) and node.attr in _METHODS:
        value = _value(node.value, depth)
        if isinstance(value, np.ndarray | np.generic):
            return getattr(value, node.attr)
    raise RefusedExpressionError(f"{ast.unparse(node)!r} cannot be called")
