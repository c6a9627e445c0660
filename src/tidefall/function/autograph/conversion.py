"""From a Python function to the same function with its control flow converted."""

from __future__ import annotations

import ast
import weakref
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple

from tidefall.function.autograph import context
from tidefall.function.autograph.expressions import place
from tidefall.function.autograph.source import SourceUnavailable, definition_of
from tidefall.function.autograph.statements import PREFIX, convert_definition, is_generator

OPERATORS = PREFIX  # the name by which converted code knows the module of operators
_PREFIX = "tf__"


class _Converted(NamedTuple):
    code: CodeType | None
    """None for a function that runs as it is."""


_by_code: dict[int, tuple[Any, _Converted]] = {}
_made: weakref.WeakSet[CodeType] = weakref.WeakSet()


def convert(function: FunctionType) -> FunctionType:
    """The function with its control flow converted; itself where that cannot be done.

    It shares the globals, closure and defaults of the original. Converting is done once for each
    code object.
    """
    code = function.__code__
    if code in _made:
        return function
    found = _by_code.get(id(code))
    if found is None or found[0]() is not code:
        converted = _Converted(_converted_code(function))
        key = id(code)
        reference = weakref.ref(code, lambda _: _by_code.pop(key, None))
        found = _by_code[key] = reference, converted
    converted_code = found[1].code
    return function if converted_code is None else _with_code(function, converted_code)


def is_converted(function: FunctionType) -> bool:
    """Whether this is a function that conversion made."""
    return function.__code__ in _made


def _converted_code(function: FunctionType) -> CodeType | None:
    try:
        node, owner = definition_of(function.__code__)
        if is_generator(node):
            return None
        context.log(1, f"Converting {function.__qualname__}")
        code = _compiled(converted_tree(node, owner), owner, function)
    except SourceUnavailable as error:
        _warn(function, str(error))
        return None
    except RecursionError:
        _warn(function, "its expressions are nested too deeply")
        return None
    _remember(code)
    return code


def _warn(function: FunctionType, cause: str) -> None:
    context.warn(
        f"AutoGraph could not transform {function} and will run it as-is.\nCause: {cause}\n"
        "To silence this warning, decorate the function with "
        "@tf.autograph.experimental.do_not_convert"
    )


def converted_tree(node: Any, owner: str | None) -> ast.FunctionDef:
    """The definition, converted: named `tf__` and its name, without decorators and defaults."""
    convert_definition(node, owner)
    if isinstance(node, ast.Lambda):
        body: list[ast.stmt] = [place(ast.Return(value=node.body), node.body)]
        name, args = "lambda", node.args
    else:
        body, name, args = node.body, node.name, node.args
    # The values of defaults are those of the original; here they only say which there are.
    args.defaults = [ast.Constant(value=None) for _ in args.defaults]
    args.kw_defaults = [d and ast.Constant(value=None) for d in args.kw_defaults]
    for argument in [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]:
        if argument is not None:
            argument.annotation = None
    made = ast.FunctionDef(
        name=_PREFIX + name, args=args, body=body, decorator_list=[], type_params=[]
    )
    return place(made, node)


def _compiled(tree: ast.FunctionDef, owner: str | None, function: FunctionType) -> CodeType:
    """The code of the converted function, as if it stood where the original does."""
    original = function.__code__
    body: list[ast.stmt] = [tree]
    if owner is not None:  # so that names such as self.__private mean the same
        around_it = ast.ClassDef(
            name=owner, bases=[], keywords=[], body=body, decorator_list=[], type_params=[]
        )
        body = [around_it]
        if owner not in original.co_freevars:
            body.insert(0, ast.Global(names=[owner]))  # the real class keeps its name
    names = [OPERATORS, *original.co_freevars]
    around = ast.FunctionDef(
        name="around",
        args=ast.arguments(
            posonlyargs=[],
            args=[ast.arg(arg=n) for n in names],
            kwonlyargs=[],
            kw_defaults=[],
            defaults=[],
        ),
        body=body,
        decorator_list=[],
        type_params=[],
    )
    place(around, tree)
    module = ast.fix_missing_locations(ast.Module(body=[around], type_ignores=[]))
    flags = original.co_flags & 0x1FE0000  # `from __future__ import ...` of the user's module
    compiled = compile(module, original.co_filename, "exec", flags=flags, dont_inherit=True)
    found = _find(compiled, tree.name)
    return _renamed(found, original.co_name, original.co_qualname)


def _find(code: CodeType, name: str) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name:
                return constant
            try:
                return _find(constant, name)
            except LookupError:
                continue
    raise LookupError(name)


def _renamed(code: CodeType, name: str, qualname: str) -> CodeType:
    """The code under the user's name, in it what was made of its blocks: tracebacks show it."""
    consts = tuple(
        _inner_renamed(c, name, qualname) if isinstance(c, CodeType) else c for c in code.co_consts
    )
    return code.replace(co_name=name, co_qualname=qualname, co_consts=consts)


def _inner_renamed(code: CodeType, name: str, qualname: str) -> CodeType:
    if code.co_name.startswith(PREFIX):
        return _renamed(code, name, qualname)
    return _renamed(code, code.co_name, f"{qualname}.<locals>.{code.co_name}")


def _remember(code: CodeType) -> None:
    _made.add(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _remember(constant)


def _with_code(function: FunctionType, code: CodeType) -> FunctionType:
    from tidefall.function.autograph import operators

    cells: dict[str, Any] = dict(
        zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    )
    cells[OPERATORS] = CellType(operators)
    closure = tuple(cells[name] for name in code.co_freevars)
    made = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, closure
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__ = function.__qualname__
    made.__module__ = function.__module__
    return made


def tree_of(function: Callable[..., Any]) -> ast.FunctionDef:
    """The converted definition of a function, for reading.

    Raises:
        ValueError: the source code is not available.
    """
    code = getattr(function, "__code__", None)
    if code is None:
        raise ValueError(f"{function!r} is not a function with source code.")
    try:
        node, owner = definition_of(code)
    except SourceUnavailable as error:
        raise ValueError(f"The source code of {function!r} is not available: {error}") from None
    return ast.fix_missing_locations(converted_tree(node, owner))
