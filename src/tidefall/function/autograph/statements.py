"""`if`, `while` and `for`, rewritten as functions of their blocks and a call of an operator.

    if test:                    def ag__then_1():
        x = x + 1                   nonlocal x
                        ->          x = x + 1
                                ag__.if_(test, ag__then_1, None, ("x",))

The functions share their variables with the function around them, so an operator finds the
variables it has to pass through a branch or loop in the cells of the functions it is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from tidefall.function.autograph.expressions import Expressions, operator, place, thunk
from tidefall.function.autograph.jumps import lower_jumps
from tidefall.function.autograph.scopes import (
    NONE,
    Names,
    Scope,
    appended,
    assigned,
    attributes_assigned,
    live_before,
    loop_live,
    read,
)

PREFIX = "ag__"
LOOP_OPTIONS = frozenset(
    {"parallel_iterations", "swap_memory", "maximum_iterations", "shape_invariants"}
)


def convert_definition(node: ast.FunctionDef | ast.Lambda, owner: str | None = None) -> None:
    """Convert a function in place, and the functions defined in it.

    Args:
        node: the function.
        owner: the innermost class around it.
    """
    if isinstance(node, ast.Lambda):
        node.body = Expressions(Scope(node)).visit(node.body)
        return
    lower_jumps(node)
    scope = Scope(node)
    for inner in _functions_in(node.body):
        convert_definition(inner, owner)
    expressions = Expressions(scope)
    node.body = [expressions.visit(s) for s in node.body]
    statements = _Statements(scope, owner)
    body = statements.block(node.body, NONE)
    node.body = [*statements.bindings(node), *body]


def is_generator(node: ast.AST) -> bool:
    """Whether a function yields or awaits: those are not converted."""
    if isinstance(node, ast.AsyncFunctionDef):
        return True
    body = [node.body] if isinstance(node, ast.Lambda) else node.body  # type: ignore[attr-defined]
    return any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Await) for n in _own(body))


def _own(nodes: Iterable[ast.AST]) -> Iterable[ast.AST]:
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _own(ast.iter_child_nodes(node))


def _functions_in(body: Sequence[ast.stmt]) -> list[ast.FunctionDef]:
    return [n for n in _own(body) if isinstance(n, ast.FunctionDef) and not is_generator(n)]


class _Statements:
    """Rewrites the blocks of one function.

    Attributes:
        shared: names that the generated functions share with the one around them.
    """

    def __init__(self, scope: Scope, owner: str | None):
        self.scope = scope
        self.owner = owner
        self.shared: set[str] = set()
        self._count = 0

    def bindings(self, node: ast.FunctionDef) -> list[ast.stmt]:
        """A statement that never runs, but makes shared names variables of the function."""
        names = sorted(self.shared - self.scope.parameters - self.scope.declared.keys())
        if not names:
            return []
        targets: list[ast.expr] = [ast.Name(id=n, ctx=ast.Store()) for n in names]
        store = ast.Assign(targets=targets, value=ast.Constant(value=None))
        return [place(ast.If(test=ast.Constant(value=False), body=[store], orelse=[]), node)]

    def block(self, statements: Sequence[ast.stmt], after: Names) -> list[ast.stmt]:
        """The statements converted, given the names read after them."""
        lives = [after]
        for statement in reversed(statements[1:]):
            lives.append(live_before([statement], lives[-1]))
        result: list[ast.stmt] = []
        for statement, live in zip(statements, reversed(lives), strict=False):
            result += self._statement(statement, live)
        return result

    def _statement(self, node: ast.stmt, after: Names) -> list[ast.stmt]:
        if isinstance(node, ast.If):
            return self._if(node, after)
        if isinstance(node, ast.While):
            return self._while(node, after)
        if isinstance(node, ast.For):
            return self._for(node, after)
        if isinstance(node, ast.Try):
            after = after | read(node)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in [node, *getattr(node, "handlers", []), *getattr(node, "cases", [])]:
                for field in ("body", "orelse", "finalbody"):
                    block = getattr(part, field, None)
                    if isinstance(block, list) and block:
                        setattr(part, field, self.block(block, after))
        return [node]

    # ---- the three statements ----

    def _if(self, node: ast.If, after: Names) -> list[ast.stmt]:
        number = self._next()
        both = [*node.body, *node.orelse]
        names = assigned(both)
        live = names & (after | self.scope.always_live)
        state = self._state(live, both)
        resets = (assigned(node.body) & live_before(node.orelse, after)) - live
        then = self._function(f"then_{number}", node.body, names, after, node)
        result: list[ast.stmt] = [then]
        orelse: ast.expr = ast.Constant(value=None)
        if node.orelse:
            result.append(self._function(f"else_{number}", node.orelse, names, after, node))
            orelse = _name(f"{PREFIX}else_{number}")
        args = [node.test, _name(then.name), orelse, state]
        keywords = _keywords(resets=resets)
        return [*result, _statement_of(operator("if_", args, node.test, **keywords))]

    def _while(self, node: ast.While, after: Names) -> list[ast.stmt]:
        number = self._next()
        options = _take_options(node.body)
        in_test = assigned(node.test)
        names = assigned(node.body) | in_test
        head = loop_live(node.body, after | read(node.test))
        state = self._state(names & (head | self.scope.always_live), node.body)
        answer = place(ast.Return(value=node.test), node.test)
        test = self._define(f"test_{number}", [answer], in_test, node)
        lists = appended(node.body)
        body = self._function(f"body_{number}", node.body, names, head, node)
        args = [_name(test.name), _name(body.name), state]
        call = operator(
            "while_", args, node.test, **_keywords(options, lists=lists, after=names & after)
        )
        return [test, body, _statement_of(call)]

    def _for(self, node: ast.For, after: Names) -> list[ast.stmt]:
        number = self._next()
        options = _take_options(node.body)
        item = f"{PREFIX}item_{number}"
        store = place(ast.Assign(targets=[node.target], value=_name(item)), node.target)
        block = [store, *node.body]
        extra = getattr(node, "extra_test", None)
        names = assigned(block)
        head = loop_live(block, after | read(extra))
        state = self._state(names & (head | self.scope.always_live), block)
        lists = appended(node.body)
        body = self._function(f"body_{number}", block, names, head, node, item)
        test: ast.expr = ast.Constant(value=None)
        if extra is not None:
            test = thunk(Expressions(self.scope).visit(extra))
        args = [node.iter, _name(body.name), test, state]
        call = operator(
            "for_", args, node.iter, **_keywords(options, lists=lists, after=names & after)
        )
        return [body, _statement_of(call)]

    # ---- their parts ----

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _function(
        self,
        name: str,
        block: Sequence[ast.stmt],
        names: Names,
        after: Names,
        near: ast.stmt,
        parameter: str | None = None,
    ) -> ast.FunctionDef:
        return self._define(name, self.block(block, after), names, near, parameter)

    def _define(
        self,
        name: str,
        body: list[ast.stmt],
        names: Names,
        near: ast.stmt,
        parameter: str | None = None,
    ) -> ast.FunctionDef:
        """A function of a block, which assigns variables of the function around it."""
        self.shared |= names
        foreign = {n for n in names if self.scope.declared.get(n) == "global"}
        declarations: list[ast.stmt] = []
        if foreign:
            declarations.append(ast.Global(names=sorted(foreign)))
        if names - foreign:
            declarations.append(ast.Nonlocal(names=sorted(names - foreign)))
        node = ast.FunctionDef(
            name=PREFIX + name,
            args=ast.arguments(
                posonlyargs=[],
                args=[ast.arg(arg=parameter)] if parameter else [],
                kwonlyargs=[],
                kw_defaults=[],
                defaults=[],
            ),
            body=[*declarations, *(body or [ast.Pass()])],
            decorator_list=[],
            type_params=[],
        )
        node.generated = True  # type: ignore[attr-defined]
        return place(node, near)

    def _state(self, names: Names, block: Iterable[ast.AST]) -> ast.expr:
        """The variables an operator passes on: names, and attributes such as `self.count`."""
        parts: list[ast.expr] = [ast.Constant(value=n) for n in sorted(names)]
        for text, target in sorted(attributes_assigned(block).items()):
            base = ast.parse(ast.unparse(target.value), mode="eval").body
            args = [ast.Constant(value=text), place(thunk(base), target)]
            key = ast.Constant(value=_mangled(target.attr, self.owner))
            parts.append(operator("attribute", [*args, key], target))
        return ast.Tuple(elts=parts, ctx=ast.Load())


def _mangled(name: str, owner: str | None) -> str:
    """The name of an attribute as it is stored: those like `__private` belong to a class."""
    if owner is None or not name.startswith("__") or name.endswith("__"):
        return name
    return f"_{owner.lstrip('_')}{name}"


def _take_options(body: list[ast.stmt]) -> ast.expr | None:
    """The options that `set_loop_options` at the start of a loop gives; the call is taken out."""
    for i, node in enumerate(body):
        found = isinstance(node, ast.Expr) and _options(node.value)
        if found:
            body[i] = place(ast.Pass(), node)
            return found
    return None


def _options(node: ast.expr) -> ast.expr | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and node.func.args):
        return None
    # The function may have any name; nothing else has these arguments and no result.
    given = {k.arg for k in node.keywords}
    if node.args or not given or not given <= LOOP_OPTIONS:
        return None
    call = operator("loop_options", node.args, node)
    call.keywords = node.keywords
    return thunk(call)


def _keywords(options: ast.expr | None = None, **lists: Names) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for key, names in lists.items():
        if names:
            parts: list[ast.expr] = [ast.Constant(value=n) for n in sorted(names)]
            found[key] = ast.Tuple(elts=parts, ctx=ast.Load())
    if options is not None:
        found["options"] = options
    return found


def _name(text: str) -> ast.Name:
    return ast.Name(id=text, ctx=ast.Load())


def _statement_of(call: ast.Call) -> ast.Expr:
    return place(ast.Expr(value=call), call)
