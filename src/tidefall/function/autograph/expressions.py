"""Expressions whose meaning depends on tensors, rewritten as calls of operators.

`a and b`, `a or b`, `not a`, `a if c else b`, `a < b < c`, calls, `assert`; and the two statements
that change a container in place where a tensor needs a new one: `x[i] = v` and `x.append(v)`.
"""

from __future__ import annotations

import ast
from typing import Any

from tidefall.function.autograph.scopes import Scope

UNWRAPPED = frozenset({"locals", "vars", "dir", "eval", "exec", "super", "breakpoint"})
"""Builtins that look at the frame of their caller."""

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def operator(name: str, args: list[ast.expr], near: ast.AST, **keywords: ast.expr) -> ast.Call:
    """A call of `ag__.name`, at the place of `near`."""
    function = ast.Attribute(value=ast.Name(id="ag__", ctx=ast.Load()), attr=name, ctx=ast.Load())
    given = [ast.keyword(arg=k, value=v) for k, v in keywords.items()]
    return place(ast.Call(func=function, args=args, keywords=given), near)


def place(node: Any, near: ast.AST) -> Any:
    """The node with the position of another; what is new inside it gets that position later on."""
    return ast.copy_location(node, near)


def thunk(value: ast.expr) -> ast.Lambda:
    """`lambda: value`."""
    empty = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    node = place(ast.Lambda(args=empty, body=value), value)
    node.generated = True
    return node


class Expressions(ast.NodeTransformer):
    """Rewrites the expressions of one function, and of the lambdas in it."""

    def __init__(self, scope: Scope):
        self.scope = scope

    # Functions and classes inside are converted on their own, or not at all.

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    # ---- logic ----

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if _binds(node):
            return node
        name = "and_" if isinstance(node.op, ast.And) else "or_"
        return operator(name, [thunk(v) for v in node.values], node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return operator("not_", [node.operand], node) if isinstance(node.op, ast.Not) else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        text = ast.Constant(value=ast.unparse(node.test))
        self.generic_visit(node)
        if _binds(node.body) or _binds(node.orelse):
            return node
        return operator("if_exp", [node.test, thunk(node.body), thunk(node.orelse), text], node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) == 1 or _binds(node):
            return node
        rest: list[ast.expr] = []
        for op, value in zip(node.ops, node.comparators, strict=True):
            pair = [ast.Constant(value=_COMPARISONS[type(op)]), thunk(value)]
            rest.append(place(ast.Tuple(elts=pair, ctx=ast.Load()), value))
        return operator("compare", [node.left, *rest], node)

    # ---- calls ----

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in UNWRAPPED:
            self.generic_visit(node)
            return self._super(node) if node.func.id == "super" else node
        self.generic_visit(node)
        node.func = operator("call", [node.func], node.func)
        return node

    def _super(self, node: ast.Call) -> ast.Call:
        """`super()` finds its class and object in the frame: they are named instead."""
        first = self.scope.first_parameter
        if not node.args and not node.keywords and first is not None:
            names = ["__class__", first.arg]
            node.args = [place(ast.Name(id=n, ctx=ast.Load()), node) for n in names]
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        self.generic_visit(node)
        message = thunk(node.msg or place(ast.Constant(value=None), node))
        return place(ast.Expr(operator("assert_", [node.test, message], node)), node)

    # ---- changes in place ----

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) > 1 or not self._is_local_item(target):
            return node
        assert isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
        return self._rebind(target, "set_item", [target.slice, node.value], node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        target = node.target
        if not self._is_local_item(target):
            return node
        assert isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
        sign = ast.Constant(value=_OPERATORS[type(node.op)])
        return self._rebind(target, "update_item", [target.slice, sign, node.value], node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "append"
            and len(call.args) == 1
            and not call.keywords
            and not isinstance(call.args[0], ast.Starred)
            and self._is_local(call.func.value)
        ):
            assert isinstance(call.func.value, ast.Name)
            value = self.visit(call.args[0])
            name = call.func.value
            result = self._assigned(name, operator("append", [_load(name), value], node), node)
            result.is_append = True  # type: ignore[attr-defined]
            return result
        self.generic_visit(node)
        return node

    def _is_local(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.scope.bound

    def _is_local_item(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Subscript) and self._is_local(node.value)

    def _rebind(
        self, target: ast.Subscript, name: str, args: list[ast.expr], near: ast.stmt
    ) -> ast.stmt:
        base = target.value
        assert isinstance(base, ast.Name)
        key = args[0]
        if isinstance(key, ast.Slice) or _has_slices(key):
            args[0] = _slice_object(key)
        return self._assigned(base, operator(name, [_load(base), *args], near), near)

    @staticmethod
    def _assigned(name: ast.Name, value: ast.expr, near: ast.stmt) -> ast.Assign:
        target = ast.Name(id=name.id, ctx=ast.Store())
        return place(ast.Assign(targets=[target], value=value), near)


def _load(name: ast.Name) -> ast.Name:
    return ast.copy_location(ast.Name(id=name.id, ctx=ast.Load()), name)


def _binds(node: ast.AST) -> bool:
    """Whether an expression assigns with `:=`, which a lambda would keep to itself."""
    return any(isinstance(n, ast.NamedExpr) for n in ast.walk(node))


def _has_slices(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple) and any(isinstance(e, ast.Slice) for e in node.elts)


def _slice_object(node: ast.expr) -> ast.expr:
    """`a:b` as an expression that stands outside of brackets."""
    if isinstance(node, ast.Tuple):
        return place(ast.Tuple([_slice_object(e) for e in node.elts], ast.Load()), node)
    if not isinstance(node, ast.Slice):
        return node
    none = ast.Constant(value=None)
    parts = [node.lower or none, node.upper or none, node.step or none]
    return operator("slice_of", parts, node)
