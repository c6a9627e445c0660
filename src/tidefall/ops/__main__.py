"""Where an op lives: `python -m tidefall.ops Cumsum` prints its signature and its facets.

Several ops may be named; a name that is no op is looked up among the public functions, so
`python -m tidefall.ops math.cumsum` works too.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from tidefall import surface
from tidefall._index import EXPORTS
from tidefall.base.command_line import run
from tidefall.base.exports import export_modules, exported
from tidefall.op.definition import ArgDef, OpDef
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, registered_ops
from tidefall.op.table import op_def, op_names
from tidefall.op.traits import LINEAR, MULTILINEAR
from tidefall.ops.batching import rule_of

ROOT = Path(__file__).parents[2]


def describe(name: str) -> str:
    """All there is to know about an op, in lines for a terminal.

    Args:
        name: name of an op of TensorFlow's, declared here or not.

    Returns:
        The signature, then one line for each facet with its file and line.
    """
    declared = registered_ops().get(name)
    lines = [signature(declared.definition if declared else op_def(name)), ""]
    if declared is None:
        return "\n".join([*lines, "not implemented in Tidefall yet"])
    facets = {
        "declared": _declaration(declared),
        "shape rule": where(declared.shape),
        "host kernel": where(declared.host) if declared.host else "none: runs compiled",
        "XLA lowering": where(declared.xla) if declared.xla else "none: stays on the host",
        "effects": str(declared.effects),
        "traits": ", ".join(sorted(t.name for t in declared.traits)) or "none",
        "batching": _batching(declared),
        "gradient": (
            where(declared.gradient) if callable(declared.gradient) else str(declared.gradient)
        ),
        "forward mode": _forward_mode(declared),
    }
    if declared.static:
        facets["static inputs"] = ", ".join(sorted(declared.static))
    elsewhere = []
    for function, names in public_functions(declared).items():
        if export_modules()[names[0]] == declared.module:
            api = getattr(function, "dispatch_api", None)
            kind = f", dispatches: {api.kind}" if api is not None else ""
            facets[" = ".join(f"tf.{n}" for n in names)] = where(function) + kind
        else:
            elsewhere.append(f"tf.{names[0]}")
    if elsewhere:
        facets["also called by"] = ", ".join(elsewhere)
    width = max(map(len, facets))
    return "\n".join([*lines, *(f"{title:<{width}}  {text}" for title, text in facets.items())])


def _batching(declared: Op) -> str:
    rule = rule_of(declared)
    if rule is None:
        return "none: runs once for each element"
    return where(rule) if declared.batching else f"{where(rule)}, from its traits"


def _forward_mode(declared: Op) -> str:
    if declared.jvp is not None:
        return where(declared.jvp)
    if declared.gradient == NOT_DIFFERENTIABLE:
        return NOT_DIFFERENTIABLE
    for trait in (LINEAR, MULTILINEAR):
        if trait in declared.traits:
            return f"{trait.meaning}, from its traits"
    return "from its gradient"


def signature(definition: OpDef) -> str:
    """An op's inputs, outputs and attributes in one paragraph."""
    inputs = ", ".join(_argument(arg) for arg in definition.inputs)
    outputs = ", ".join(_argument(arg) for arg in definition.outputs)
    lines = [f"{definition.name}({inputs}) -> ({outputs})"]
    for attr in definition.attrs.values():
        text = f"    {attr.name}: {attr.kind}"
        if attr.has_default:
            text += f" = {getattr(attr.default, 'name', attr.default)!s}"
        if attr.name in definition.inferred:
            text += " (from the inputs)"
        if attr.allowed_order:
            allowed = (str(getattr(item, "name", item)) for item in attr.allowed_order)
            text += f" in {{{', '.join(allowed)}}}"
        lines.append(text)
    if definition.is_stateful:
        lines.append("    stateful")
    return "\n".join(lines)


def _argument(arg: ArgDef) -> str:
    kind = arg.type_attr or arg.type_list_attr or (arg.dtype.name if arg.dtype else "?")
    return f"{arg.name}: {f'{arg.number_attr}*' if arg.number_attr else ''}{kind}"


def where(function: Any) -> str:
    """File, line and name of a function; for one from another package, its full name."""
    target = inspect.unwrap(function)
    target = getattr(target, "func", target)
    code = getattr(target, "__code__", None)
    if code is None:
        owner = getattr(target, "__module__", None) or type(target).__module__
        return f"{owner}.{getattr(target, '__name__', type(target).__name__)}"
    return f"{_short(code.co_filename)}:{code.co_firstlineno} {target.__qualname__}"


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(ROOT.parent)) if path.is_relative_to(ROOT.parent) else file


def _declaration(declared: Op) -> str:
    module = sys.modules[declared.module]
    file = module.__file__ or declared.module
    lines = Path(file).read_text().splitlines()
    quoted = f'"{declared.name}"'
    for number, line in enumerate(lines, 1):
        previous = lines[number - 2] if number > 1 else ""
        if quoted in line and ("op(" in line or previous.rstrip().endswith("op(")):
            return f"{_short(file)}:{number}"
    return _short(file)


def public_functions(declared: Op) -> dict[Callable[..., Any], list[str]]:
    """Public functions that call the op themselves, with their names."""
    found: dict[Callable[..., Any], list[str]] = {}
    for module in set(EXPORTS.values()):
        importlib.import_module(module)
    for name, module in sorted(export_modules().items()):
        function = exported(name)
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is not None and _calls(code, sys.modules[module].__dict__, declared):
            found.setdefault(function, []).append(name)
    return found


def _calls(code: CodeType, names: dict[str, Any], declared: Op) -> bool:
    for part in _parts(code):
        if any(names.get(name) is declared for name in part.co_names):
            return True
        if declared.name in part.co_consts and "find_op" in part.co_names:
            return True
    return False


def _parts(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)


def ops_called_by(name: str) -> list[str]:
    """Names of the ops that the public function `tf.<name>` calls itself."""
    path, _, last = name.rpartition(".")
    function = surface.resolve(path, last)
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return []
    names = sys.modules[EXPORTS[name]].__dict__
    return [op for op, declared in registered_ops().items() if _calls(code, names, declared)]


def main(arguments: list[str]) -> int:
    """Describe each named op; returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    known = set(op_names())
    for argument in arguments:
        if argument in known:
            print(describe(argument))
        elif argument.removeprefix("tf.") in EXPORTS:
            for name in ops_called_by(argument.removeprefix("tf.")):
                print(describe(name))
        else:
            close = difflib.get_close_matches(argument, known, 3)
            hint = f" Did you mean {', '.join(close)}?" if close else ""
            print(f"TensorFlow has no op called {argument}.{hint}", file=sys.stderr)
            return 1
        print()
    return 0


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
