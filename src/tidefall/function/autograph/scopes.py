"""Which variables statements assign and read, and which are read later on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Names = frozenset[str]
NONE: Names = frozenset()

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


# ---- one function as a whole ----


class Scope:
    """The names of one function.

    Attributes:
        bound: names that are variables of the function: parameters and all it assigns.
        parameters: the parameters among them.
        declared: names it declares `global` or `nonlocal`, with the word.
        always_live: names that may be read at any time: by functions defined inside, or from
            outside.
    """

    def __init__(self, node: Function):
        args = node.args
        parameters = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
        self.first_parameter = next(iter([*args.posonlyargs, *args.args]), None)
        self.parameters = frozenset(a.arg for a in parameters if a is not None)
        body: list[ast.stmt] = [] if isinstance(node, ast.Lambda) else node.body
        self.declared: dict[str, str] = {}
        for statement in body:
            self._declarations(statement)
        self.bound = (self.parameters | assigned(body)) - self.declared.keys()
        inner = [read_by_inner(s) for s in body]
        self.always_live = NONE.union(*inner) | frozenset(self.declared)

    def _declarations(self, node: ast.AST) -> None:
        if isinstance(node, ast.Global | ast.Nonlocal):
            word = "global" if isinstance(node, ast.Global) else "nonlocal"
            self.declared.update(dict.fromkeys(node.names, word))
        if not isinstance(node, _OWN_SCOPE):
            for child in ast.iter_child_nodes(node):
                self._declarations(child)


def read_by_inner(node: ast.AST) -> Names:
    """Names that functions and classes defined inside `node` mention."""
    if isinstance(node, _OWN_SCOPE) and not getattr(node, "generated", False):
        return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name)).union(
            *(n.names for n in ast.walk(node) if isinstance(n, ast.Nonlocal))
        )
    return NONE.union(*(read_by_inner(child) for child in ast.iter_child_nodes(node)))


# ---- what statements assign ----


def assigned(node: ast.AST | Iterable[ast.AST]) -> Names:
    """Names that statements bind in the scope they stand in."""
    found: set[str] = set()
    for item in [node] if isinstance(node, ast.AST) else node:
        _assigned(item, found)
    return frozenset(found)


def _assigned(node: ast.AST, found: set[str]) -> None:
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        found.add(node.name)
        return
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, _COMPREHENSIONS):
        for inner in ast.walk(node):  # only := reaches the function around a comprehension
            if isinstance(inner, ast.NamedExpr):
                _assigned(inner.target, found)
        return
    if isinstance(node, ast.alias):
        found.add((node.asname or node.name).split(".")[0])
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        found.add(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        found.add(node.rest)
    for child in ast.iter_child_nodes(node):
        _assigned(child, found)


def attributes_assigned(statements: Iterable[ast.AST]) -> dict[str, ast.Attribute]:
    """Attributes such as `self.count` that statements assign, by their text.

    Only those whose object the same statements do not assign: another object's attribute is
    another variable.
    """
    statements = list(statements)
    found: dict[str, ast.Attribute] = {}
    for node in _own_nodes(statements):
        target = node.value if isinstance(node, ast.Subscript) else node
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        if stored and isinstance(target, ast.Attribute) and _is_chain(target):
            found.setdefault(ast.unparse(target), target)
    names = assigned(statements)
    return {k: v for k, v in found.items() if k.split(".")[0] not in names}


def _is_chain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _own_nodes(nodes: Iterable[ast.AST]) -> Iterable[ast.AST]:
    for node in nodes:
        if not isinstance(node, _OWN_SCOPE):
            yield node
            yield from _own_nodes(ast.iter_child_nodes(node))


def appended(statements: Iterable[ast.AST]) -> Names:
    """Names of lists that statements append to, see `expressions`."""
    return frozenset(
        node.targets[0].id  # type: ignore[attr-defined]
        for node in _own_nodes(statements)
        if isinstance(node, ast.Assign) and getattr(node, "is_append", False)
    )


# ---- what is read ----


def read(node: ast.AST | None) -> Names:
    """Names that an expression or statement may read, functions inside it included."""
    if node is None:
        return NONE
    return frozenset(
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    )


def live_before(statements: Sequence[ast.stmt], after: Names) -> Names:
    """Names whose values matter before the statements run, given those that matter after.

    Jumps must have been lowered: control only flows from one statement to the next.
    """
    live = after
    for statement in reversed(statements):
        live = _live(statement, live)
    return live


def _live(node: ast.stmt, after: Names) -> Names:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        killed = {t.id for t in _flat(targets) if isinstance(t, ast.Name)}
        uses = [read(t) for t in targets]
        if isinstance(node, ast.AnnAssign) and node.value is None:
            killed = set()
        return (after - killed) | read(node.value) | NONE.union(*uses)
    if isinstance(node, ast.AugAssign):
        return after | read(node.value) | read(node.target) | assigned(node.target)
    if isinstance(node, ast.Return | ast.Raise):
        return read(node)
    if isinstance(node, ast.If):
        branches = live_before(node.body, after) | live_before(node.orelse, after)
        return branches | read(node.test)
    if isinstance(node, ast.While):
        return loop_live(node.body, after | read(node.test))
    if isinstance(node, ast.For):
        head = after | read(getattr(node, "extra_test", None))
        return loop_live([_target_assignment(node), *node.body], head) | read(node.iter)
    if isinstance(node, ast.With):
        inner = live_before(node.body, after)
        targets = [i.optional_vars for i in node.items if i.optional_vars is not None]
        killed = {t.id for t in _flat(targets) if isinstance(t, ast.Name)}
        return (inner - killed).union(*(read(i) for i in node.items))
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return (after - assigned(node)) | read(node)
    return after | read(node)  # try, match, ...: whatever they read may matter


def loop_live(body: Sequence[ast.stmt], head: Names) -> Names:
    """Names live at the head of a loop: after it, in its test, and in the next iteration."""
    once = live_before(body, head)
    return head | live_before(body, head | once)


def _target_assignment(node: ast.For) -> ast.stmt:
    return ast.Assign(targets=[node.target], value=ast.Constant(None))


def _flat(targets: Iterable[ast.expr]) -> Iterable[ast.expr]:
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            yield from _flat(target.elts)
        elif isinstance(target, ast.Starred):
            yield from _flat([target.value])
        else:
            yield target
