"""`break`, `continue`, `return` and the `else` of loops, rewritten as flags and conditions.

Afterwards control only flows from one statement to the next: branches and loop bodies can become
functions. Where one side of an `if` always jumps, what follows moves to the other side; elsewhere
it is guarded by the flags that may have been set.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

RESULT = "ag__result"
RETURNED = "ag__returned"

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LOOPS = (ast.While, ast.For)


class _Loop(NamedTuple):
    broken: str
    skipped: str


def lower_jumps(node: ast.FunctionDef) -> None:
    """Rewrite the body of a function in place; functions inside it are left alone."""
    lowering = _Lowering()
    body = node.body
    nested = any(_contains(s, ast.Return) for s in body if not isinstance(s, ast.Return))
    if not nested:
        node.body = lowering.block(body, None)
        return
    lowering.collects = True
    if not _exits(body):
        end = ast.Return(value=ast.Constant(value=None))
        end.implicit = True  # type: ignore[attr-defined]
        body = [*body, ast.copy_location(end, body[-1])]
    lowered = lowering.block(body, None)
    first = body[0]
    start = [] if not lowering.guards else [_set(RETURNED, False, first)]
    result: ast.expr = ast.Name(id=RESULT, ctx=ast.Load())
    if getattr(body[-1], "implicit", False):
        result = ast.Call(func=_of_operators("returned"), args=[result], keywords=[])
    last = ast.copy_location(ast.Return(value=result), body[-1])
    node.body = [*start, *lowered, ast.fix_missing_locations(last)]
    if not lowering.guards:
        _Dropped().visit(node)


class _Lowering:
    """How the jumps out of one function body become values of variables.

    Attributes:
        collects: `return` becomes an assignment.
        guards: whether anything asks if the function has returned.
    """

    def __init__(self) -> None:
        self.collects = False
        self.guards = False
        self._count = 0

    def block(self, statements: Sequence[ast.stmt], loop: _Loop | None) -> list[ast.stmt]:
        """The statements without jumps; jumps out of `loop` set its flags."""
        result: list[ast.stmt] = []
        for i, statement in enumerate(statements):
            rest = list(statements[i + 1 :])
            if isinstance(statement, ast.Return | ast.Break | ast.Continue | ast.Raise):
                return [*result, *self._jump(statement, loop)]
            if isinstance(statement, _LOOPS):
                flags = [RETURNED] if _contains(statement, ast.Return) else []
                result += self._loop(statement)
                rest = self._orelse(statement) + rest
                statement.orelse = []
                if _endless(statement):
                    return result
                if flags or len(rest) > len(statements) - i - 1:
                    return result + self._guarded(rest, flags, statement, loop)
                continue
            if not _jumps(statement):
                self._inside(statement, [], loop)
                result.append(statement)
                continue
            flags = self._flags_set_by(statement, loop)
            if isinstance(statement, ast.If) and rest:
                if _exits(statement.body):
                    statement.orelse, rest = [*statement.orelse, *rest], []
                elif _exits(statement.orelse):
                    statement.body, rest = [*statement.body, *rest], []
            done = _exits([statement])
            self._inside(statement, flags, loop)
            result.append(statement)
            return result if done else result + self._guarded(rest, flags, statement, loop)
        return result

    def _jump(self, node: ast.stmt, loop: _Loop | None) -> list[ast.stmt]:
        if isinstance(node, ast.Break):
            assert loop is not None
            return [_set(loop.broken, True, node)]
        if isinstance(node, ast.Continue):
            assert loop is not None
            return [_set(loop.skipped, True, node)]
        if isinstance(node, ast.Raise) or not self.collects:
            return [node]
        assert isinstance(node, ast.Return)
        value = node.value or ast.copy_location(ast.Constant(value=None), node)
        if getattr(node, "implicit", False):
            value = ast.copy_location(_of_operators("NO_RETURN"), node)
        store = ast.Assign(targets=[ast.Name(id=RESULT, ctx=ast.Store())], value=value)
        ast.fix_missing_locations(ast.copy_location(store, node))
        return [store, _set(RETURNED, True, node)]

    def _flags_set_by(self, node: ast.stmt, loop: _Loop | None) -> list[str]:
        flags = []
        if loop is not None:
            flags += [loop.broken] if _contains(node, ast.Break) else []
            flags += [loop.skipped] if _contains(node, ast.Continue) else []
        return flags + ([RETURNED] if _contains(node, ast.Return) else [])

    def _inside(self, node: ast.stmt, flags: list[str], loop: _Loop | None) -> None:
        """Lower the blocks of a compound statement in place."""
        if isinstance(node, _SCOPES):
            return
        if isinstance(node, ast.Try) and node.orelse and any(_jumps(s) for s in node.body):
            node.orelse = self._guarded(node.orelse, flags, node, loop, lowered=False)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if block:
                setattr(node, field, self.block(block, loop))
        for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            part.body = self.block(part.body, loop)

    def _guarded(
        self,
        rest: list[ast.stmt],
        flags: list[str],
        near: ast.stmt,
        loop: _Loop | None,
        lowered: bool = True,
    ) -> list[ast.stmt]:
        """`rest`, run only if none of the flags is set."""
        if not rest:
            return []
        block = self.block(rest, loop) if lowered else rest
        if not flags:
            return block
        self.guards |= RETURNED in flags
        return [ast.copy_location(ast.If(test=_none_of(flags, near), body=block, orelse=[]), near)]

    def _loop(self, node: ast.While | ast.For) -> list[ast.stmt]:
        """The loop with its flags, without its `else`."""
        self._count += 1
        loop = _Loop(f"ag__broken_{self._count}", f"ag__skipped_{self._count}")
        start: list[ast.stmt] = []
        flags = []
        if _breaks(node.body):
            start.append(_set(loop.broken, False, node))
            flags.append(loop.broken)
        if _contains(node, ast.Return):
            flags.append(RETURNED)
            self.guards = True
        skips = any(_contains(s, ast.Continue) for s in node.body)
        node.flags = flags  # type: ignore[attr-defined]
        node.body = self.block(node.body, loop)
        if skips:
            node.body = [_set(loop.skipped, False, node), *node.body]
        if flags:
            again = _none_of(flags, node)
            if isinstance(node, ast.While):
                test = ast.BoolOp(op=ast.And(), values=[again, node.test])
                node.test = ast.copy_location(test, node.test)
            else:
                node.extra_test = again  # type: ignore[attr-defined]
        return [*start, node]

    @staticmethod
    def _orelse(node: ast.While | ast.For) -> list[ast.stmt]:
        if not node.orelse:
            return []
        broken = [f for f in node.flags if f != RETURNED]  # type: ignore[attr-defined]
        if not broken:
            return node.orelse
        guard = ast.If(test=_none_of(broken, node), body=node.orelse, orelse=[])
        return [ast.copy_location(guard, node)]


# ---- questions about statements ----


def _contains(node: ast.stmt, kind: type[ast.stmt]) -> bool:
    """Whether a jump of a kind leaves `node`: breaks of inner loops do not."""
    if isinstance(node, kind):
        return True
    if isinstance(node, _SCOPES):
        return False
    if isinstance(node, _LOOPS) and kind is not ast.Return:
        return any(_contains(child, kind) for child in node.orelse)
    return any(_contains(child, kind) for child in _statements_in(node))


def _statements_in(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statements in the blocks of a compound statement."""
    for part in [node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
        for field in ("body", "orelse", "finalbody"):
            yield from getattr(part, field, ())


def _breaks(body: Iterable[ast.stmt]) -> bool:
    return any(_contains(s, ast.Break) for s in body)


def _jumps(node: ast.stmt) -> bool:
    return any(_contains(node, kind) for kind in (ast.Return, ast.Break, ast.Continue))


def _exits(statements: Iterable[ast.stmt]) -> bool:
    """Whether every way through the statements ends in a jump or an exception."""
    return any(_exits_one(s) for s in statements)


def _exits_one(node: ast.stmt) -> bool:
    if isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Raise):
        return True
    if isinstance(node, ast.If):
        return _exits(node.body) and _exits(node.orelse)
    if isinstance(node, ast.With):
        return _exits(node.body)
    if isinstance(node, ast.Try):
        ends = _exits(node.body) or _exits(node.orelse)
        return _exits(node.finalbody) or (ends and all(_exits(h.body) for h in node.handlers))
    return _endless(node)


def _endless(node: ast.stmt) -> bool:
    """`while True` without `break`: only a return or an exception ends it."""
    if not isinstance(node, ast.While):
        return False
    test = node.test
    if isinstance(test, ast.BoolOp) and getattr(node, "flags", None):
        test = test.values[-1]
    forever = isinstance(test, ast.Constant) and bool(test.value)
    broken = any(f != RETURNED for f in getattr(node, "flags", ()))
    return forever and not broken and not _breaks(node.body)


# ---- new nodes ----


def _set(name: str, value: bool, near: ast.AST) -> ast.stmt:
    node = ast.Assign(targets=[ast.Name(id=name, ctx=ast.Store())], value=ast.Constant(value=value))
    return ast.fix_missing_locations(ast.copy_location(node, near))


def _none_of(flags: Sequence[str], near: ast.AST) -> ast.expr:
    names: list[ast.expr] = [ast.Name(id=f, ctx=ast.Load()) for f in flags]
    any_set = names[0] if len(names) == 1 else ast.BoolOp(op=ast.Or(), values=names)
    node = ast.UnaryOp(op=ast.Not(), operand=any_set)
    return ast.fix_missing_locations(ast.copy_location(node, near))


def _of_operators(name: str) -> ast.expr:
    return ast.Attribute(value=ast.Name(id="ag__", ctx=ast.Load()), attr=name, ctx=ast.Load())


class _Dropped(ast.NodeTransformer):
    """Takes out the flag that nobody asks for."""

    def visit_Assign(self, node: ast.Assign) -> ast.Assign | None:
        target = node.targets[0]
        return None if isinstance(target, ast.Name) and target.id == RETURNED else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        for i, statement in enumerate(node.body):
            node.body[i] = self.visit(statement)
        return node
