"""Imports of a source tree: (importer, imported, line, kind) with kind 'top', 'local' or 'type'."""
import ast, pathlib, sys

def modules(root):
    src = pathlib.Path(root) / "src"
    out = {}
    for p in sorted((src / "tidefall").rglob("*.py")):
        if "proto/schema" in str(p): continue
        name = ".".join(p.relative_to(src).with_suffix("").parts)
        pkg = name.endswith(".__init__")
        out[name.removesuffix(".__init__")] = (p, pkg)
    return out

def edges(root):
    mods = modules(root)
    res = []
    for name, (p, pkg) in mods.items():
        tree = ast.parse(p.read_text())
        def walk(node, kind):
            for child in ast.iter_child_nodes(node):
                k = kind
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                    if kind == "top": k = "local"
                if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                    for c in child.body: visit(c, "type"); walk(c, "type")
                    for c in child.orelse: visit(c, kind); walk(c, kind)
                    continue
                visit(child, k); walk(child, k)
        def visit(node, kind):
            if isinstance(node, ast.Import):
                for a in node.names:
                    if a.name.split(".")[0] == "tidefall": add(a.name, node, kind, None)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module and node.module.split(".")[0] == "tidefall":
                for a in node.names:
                    full = f"{node.module}.{a.name}"
                    if full in mods: add(full, node, kind, None)
                    else: add(node.module, node, kind, a.name)
        def add(target, node, kind, sym):
            res.append((name, target, node.lineno, kind, sym))
        walk(tree, "top")
    return res
if __name__ == "__main__":
    es = edges(sys.argv[1])
    a, b = sys.argv[2], sys.argv[3]
    for e in es:
        if e[0].startswith(a) and e[1].startswith(b): print(*e)
