"""Moves the files of a checkout into the new folders and rewrites what names them.

    python apply_moves.py ROOT [--python ROOT/.venv/bin/python] [--no-index]

May be run again, after a merge that brought old names back: files already moved stay, references to
old names are rewritten. Fails loudly where two files want one name.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import moves
import packages
import tests_map

TEXT = {".py", ".pyi", ".md", ".toml", ".cfg", ".yml", ".yaml", ".json", ".txt", ".cc", ".h", ".sh",
        ".html", ".in", ".cmake", ".dockerignore", ".js", ".map"}  # fmt: skip
NAMES = {"Makefile", "Dockerfile", "CMakeLists.txt", "run", ".gitignore", ".gitattributes"}


class Fail(SystemExit):
    pass


def git(root: Path, *args: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *args], check=True, capture_output=True, text=True
    ).stdout


class Mover:
    def __init__(self, root: Path):
        self.root = root
        self.files = [f for f in git(root, "ls-files").splitlines() if (root / f).exists() and not f.startswith("scripts/moves/")]
        untracked = git(root, "ls-files", "--others", "--exclude-standard").splitlines()
        if any(f.startswith(("src/", "tests/")) for f in untracked):
            raise Fail(f"untracked files under src or tests: {untracked[:5]}")
        self.old_modules = self._modules()
        self.map = moves.module_map(list(self.old_modules))
        self.notes: list[str] = []
        self._place_unknown()
        self._mirror_tests()
        self.map |= tests_map.module_map(list(self.old_modules))
        self.packages = {
            f"tidefall.{a}": f"tidefall.{b}" for a, b in moves.PACKAGES.items()
        } | tests_map.PACKAGES
        self.moved: set[str] = set()  # modules whose files are moved in this run
        self.paths: dict[str, str] = {}  # old file -> new file

    # ---- what goes where ----

    def _modules(self) -> dict[str, str]:
        """Module -> file, of all modules here."""
        found = {}
        for f in self.files:
            if f.endswith(".py") and (f.startswith(("src/tidefall/", "tests/"))):
                parts = f.removeprefix("src/").removesuffix(".py").split("/")
                found[".".join(parts).removesuffix(".__init__")] = f
        return found

    def _mirror_tests(self) -> None:
        """A test file called after a module goes where that goes, unless data lies beside it."""
        for module, file in self.old_modules.items():
            folder, _, name = module.rpartition(".")
            if not module.startswith("tests.") or not name.startswith("test_"):
                continue
            source = f"tidefall{folder[len('tests'):]}.{name[len('test_'):]}"
            if source not in self.map or self._ambiguous(source) and source not in self.old_modules:
                continue
            if "Path(__file__)" in (self.root / file).read_text():
                continue
            parent, _, last = self.map[source].rpartition(".")
            self.map[module] = f"tests{parent[len('tidefall'):]}.test_{last}"

    def _place_unknown(self) -> None:
        """Modules that came since, in folders that go: with their folder, or by what they import."""
        known = set(self.map) | set(self.map.values())
        for module, file in sorted(self.old_modules.items()):
            if module in known or not module.startswith("tidefall.") or file.endswith("__init__.py"):
                continue
            for folder, new in sorted(moves.PACKAGES.items(), key=lambda p: -len(p[0])):
                if folder and module.startswith(f"tidefall.{folder}."):
                    self.map[module] = f"tidefall.{new}" + module[len(f"tidefall.{folder}") :]
                    self.notes.append(f"went with its folder: {module} -> {self.map[module]}")
                    break
            else:
                if module.startswith("tidefall.core."):
                    self.map[module] = f"tidefall.{self._lowest(file)}.{module.rpartition('.')[2]}"
                    self.notes.append(f"by its imports: {module} -> {self.map[module]}")
                elif self._piled(module) and (room := self._by_prefix(module)):
                    self.map[module] = f"tidefall.{room}.{module.rpartition('.')[2]}"
                    self.notes.append(f"went where its name begins: {module} -> {self.map[module]}")
                elif self._piled(module):
                    self.notes.append(f"not in the map, stays: {module}")

    @staticmethod
    def _piled(module: str) -> bool:
        parts = module.split(".")
        return len(parts) == 3 and parts[1] in (
            "ops", "runtime", "io", "data", "saving", "summary", "graph", "function"
        ) and parts[2] not in moves.STAY.get(parts[1], "").split()

    @staticmethod
    def _by_prefix(module: str) -> str | None:
        """The room of the known file whose name a new one continues: nn_pooling_x, of nn_pooling."""
        _, folder, name = module.split(".")
        found = {
            old: room
            for room, where, names in moves.ROOMS
            if where == folder
            for old in (item.partition("=")[0] for item in names.split())
            if name.startswith(old + "_")
        }
        return found[max(found, key=len)] if found else None

    def _lowest(self, file: str) -> str:
        order = ["base", "tensor", "op", "composite"]
        at = 0
        for node in ast.walk(ast.parse((self.root / file).read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
            elif isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            for name in names:
                room = self.map.get(name, name).split(".")[1:2]
                if room and room[0] in order:
                    at = max(at, order.index(room[0]))
        return order[at]

    def plan(self) -> None:
        for module, file in self.old_modules.items():
            if moves.NEW_FILES.get(file) == (self.root / file).read_text():
                continue  # a thin module of an earlier run
            new = self.map.get(module)
            if new is None and file.endswith("__init__.py"):
                if module in self.packages and module not in moves.STAYING_INITS:
                    new = self.packages[module]
                else:
                    continue
            if new is None:
                continue
            if file.endswith("__init__.py"):
                if self._ambiguous(module) and module not in self.packages:
                    continue  # a package in the new tree, under the name of a module that has moved
                target = new.replace(".", "/") + "/__init__.py"
            else:
                target = new.replace(".", "/") + ".py"
            target = ("src/" if target.startswith("tidefall/") else "") + target
            if target != file:
                self.paths[file] = target
                self.moved.add(module)
        listed = set(self.files)
        for old, new in moves.DATA.items():
            if f"src/tidefall/{old}" in listed:
                self.paths[f"src/tidefall/{old}"] = f"src/tidefall/{new}"
        for folder, new in moves.PACKAGES.items():
            for f in self.files:
                prefix = f"src/tidefall/{folder.replace('.', '/')}/"
                if f.startswith(prefix) and f not in self.paths and not f.endswith((".py", ".pyi")):
                    self.paths[f] = f"src/tidefall/{new.replace('.', '/')}/" + f[len(prefix) :]
        for f in self.files:  # stubs go with their modules
            if f.endswith(".pyi") and f[:-1] in self.paths:
                self.paths[f] = self.paths[f[:-1]] + "i"
        for f in self.files:
            if f in self.paths:
                continue
            for old, new in tests_map.DATA.items():
                if f == old or (old.endswith("/") and f.startswith(old)):
                    self.paths[f] = new + (f[len(old) :] if old.endswith("/") else "")
        self._check_collisions()

    def _check_collisions(self) -> None:
        taken: dict[str, str] = {f: f for f in self.files if f not in self.paths}
        for old, new in self.paths.items():
            if new in taken:
                raise Fail(f"two files want {new}: {taken[new]} and {old}")
            taken[new] = old
        for path in taken:
            if path.endswith(".py") and any(
                p.startswith(path[:-3] + "/") and p.endswith(".py") for p in taken
            ):
                if path[:-3] + "/__init__.py" in taken or path.startswith("src/"):
                    raise Fail(f"{path} is a module and a folder")

    # ---- moving ----

    def move(self) -> None:
        # By way of other names, since a file may take the place of one that goes too.
        steps = []
        for old, new in sorted(self.paths.items()):
            target = self.root / new
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists() and new in self.paths:
                (self.root / old).rename(self.root / (old + ".moving"))
                steps.append((old, new))
            else:
                git(self.root, "mv", old, new)
        for old, new in steps:
            (self.root / (old + ".moving")).rename(self.root / new)
            git(self.root, "add", "-A", old, new)
        self.drop_empty()

    def drop_empty(self) -> None:
        for top in ("src/tidefall", "tests"):
            for folder in sorted((self.root / top).rglob("*"), reverse=True):
                if not folder.is_dir() or folder.name == "__pycache__":
                    continue
                rest = [p for p in folder.iterdir() if p.name != "__pycache__"]
                relative = str(folder.relative_to(self.root))
                if [p.name for p in rest] == ["__init__.py"] and self._gone(relative):
                    git(self.root, "rm", "-q", "-f", f"{relative}/__init__.py")
                    rest = []
                if not rest:
                    subprocess.run(["rm", "-rf", str(folder)], check=True)

    def _gone(self, folder: str) -> bool:
        return folder in {f"src/tidefall/{f}" for f in moves.GONE}

    # ---- references ----

    def _ambiguous(self, module: str) -> bool:
        """A module of the old tree whose name is a package in the new one."""
        return module in self.map and any(
            new.startswith(module + ".") for new in self.map.values()
        )

    def new_module(self, module: str) -> str | None:
        """The new name of a module, None if it has none."""
        if module in self.map:
            if self._ambiguous(module) and module not in self.moved:
                return None
            return self.map[module]
        return None

    def rewrite_all(self) -> None:
        by_target = {new: old for old, new in self.paths.items()}
        self.files = [f for f in git(self.root, "ls-files").splitlines() if (self.root / f).exists() and not f.startswith("scripts/moves/")]
        for f in self.files:
            path = self.root / f
            if path.is_symlink() or not (path.suffix in TEXT or path.name in NAMES):
                continue
            if f.startswith(tests_map.RECORDED):
                continue
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            made = self.rewrite(text, f)
            if by_target.get(f):
                made = self._depth(made, by_target[f], f)
            if made != text:
                path.write_text(made, encoding="utf-8")

    def rewrite(self, text: str, file: str) -> str:
        if file.endswith((".py", ".pyi")):
            return self._python(text, file)
        return self._prose(text, file)

    @staticmethod
    def _depth(text: str, old: str, new: str) -> str:
        delta = new.count("/") - old.count("/")
        if not delta:
            return text
        made = re.sub(
            r"(__file__\)(?:\.resolve\(\))?\.parents\[)(\d+)(\])",
            lambda m: f"{m[1]}{int(m[2]) + delta}{m[3]}",
            text,
        )
        if made == text and re.search(r"(?<![.\w])__file__\)(?:\.resolve\(\))?\.parent\b", text):
            print(f"look at __file__ in {new}")
        return made

    def _python(self, text: str, file: str) -> str:
        tree = ast.parse(text)
        lines = text.splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))

        def offset(row: int, column: int) -> int:
            return starts[row - 1] + len(lines[row - 1].encode()[:column].decode())

        spans = []
        renames: dict[str, str] = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
                continue
            if node.module.split(".")[0] not in ("tidefall", "tests"):
                continue
            made = self._import_from(node, renames, file, tree)
            if made is None:
                continue
            begin = offset(node.lineno, node.col_offset)
            end = offset(node.end_lineno, node.end_col_offset)
            if "#" in text[begin:end]:
                comment = re.search(r"\((\s*#[^\n]*)", text[begin:end])
                if comment and text[begin:end].count("#") == 1 and len(made) == 1:
                    head, _, names = made[0].partition(" import ")
                    items = "".join(f"    {n},\n" for n in names.split(", "))
                    pad = " " * node.col_offset
                    body = "".join(pad + line for line in items.splitlines(keepends=True))
                    made = [f"{head} import ({comment[1]}\n{body}{pad})"]
                else:
                    print(f"a comment inside an import is lost: {file}:{node.lineno}")
            spans.append((begin, end, ("\n" + " " * node.col_offset).join(made)))
        for node in ast.walk(tree):  # names of modules whose last part is another now
            if isinstance(node, ast.Name) and node.id in renames:
                begin = offset(node.lineno, node.col_offset)
                if text[begin : begin + len(node.id)] != node.id:
                    raise Fail(f"{file}:{node.lineno}: {node.id} in an f-string is renamed")
                spans.append((begin, begin + len(node.id), renames[node.id]))
        for node in tree.body:
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and node.targets[0].id == "__all__"
            ):
                for item in ast.walk(node.value):
                    if isinstance(item, ast.Constant) and item.value in renames:
                        begin = offset(item.lineno, item.col_offset)
                        made_name = f'"{renames[item.value]}"'
                        spans.append((begin, begin + len(item.value) + 2, made_name))
        kept = [
            (offset(n.lineno, n.col_offset), offset(n.end_lineno, n.end_col_offset))
            for n in ast.walk(tree)
            if isinstance(n, ast.ImportFrom)
        ]
        for begin, end in kept:  # as they are
            if not any(b == begin for b, _, _ in spans):
                spans.append((begin, end, text[begin:end]))
        spans.sort()
        out, at = [], 0
        for begin, end, made in spans:
            out += [self._prose(text[at:begin], file), made]
            at = end
        out.append(self._prose(text[at:], file))
        return "".join(out)

    def _import_from(
        self, node: ast.ImportFrom, renames: dict[str, str], file: str, tree: ast.Module
    ) -> list[str] | None:
        groups: dict[str, list[str]] = {}
        changed = False
        module = node.module or ""
        new_parent = self.new_module(module)
        for alias in node.names:
            full = f"{module}.{alias.name}"
            new = self.new_module(full)
            if new is None and full in self.packages and full not in moves.STAYING_INITS:
                new = self.packages[full]
            if new is not None:
                parent, _, last = new.rpartition(".")
                name = alias.asname or alias.name
                if last != name:
                    if alias.asname is None and self._free(tree, last, alias.name):
                        renames[alias.name] = last
                        name = last
                item = last if last == name else f"{last} as {name}"
                groups.setdefault(parent, []).append(item)
                changed = True
                continue
            parent = module
            symbol = moves.SYMBOLS.get((module, alias.name)) or moves.SYMBOLS.get(
                (self._back(module), alias.name)
            )
            if symbol is not None:
                parent, changed = symbol, True
            elif new_parent is not None and not self._is_submodule(module, alias.name):
                parent, changed = new_parent, True
            elif module in self.packages and module not in moves.STAYING_INITS:
                parent, changed = self.packages[module], True
            item = alias.name + (f" as {alias.asname}" if alias.asname else "")
            groups.setdefault(parent, []).append(item)
        if not changed:
            return None
        return [f"from {p} import {', '.join(items)}" for p, items in groups.items()]

    def _back(self, module: str) -> str:
        if not hasattr(self, "_inverse"):
            self._inverse = {new: old for old, new in self.map.items()}
        return self._inverse.get(module, module)

    def _is_submodule(self, module: str, name: str) -> bool:
        return f"{module}.{name}" in self.map.values() or f"{module}.{name}" in self.map

    @staticmethod
    def _free(tree: ast.Module, name: str, old: str) -> bool:
        """Whether nothing in the file is called so, and the old name is only the module's."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and (
                node.id == name or (node.id == old and not isinstance(node.ctx, ast.Load))
            ):
                return False
            if isinstance(node, ast.arg) and node.arg in (name, old):
                return False
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in (name, old):
                return False
            if isinstance(node, (ast.Import, ast.ImportFrom)) and any(
                (a.asname or a.name) == name for a in node.names
            ):
                return False
        return True

    _FROM = re.compile(r"\bfrom ((?:tidefall|tests)(?:\.\w+)*) import (\w+)((?:, ?\w+)*)( as \w+)?")
    _DOTTED = re.compile(r"\b(?:tidefall|tests)(?:\.\w+)+")
    _PATH = re.compile(
        r"(?<![\w/.<-])((?:\.\./)*(?:src/tidefall/|tidefall/)?)((?:\w+/)+\w+\.(?:pyi?|json(?:\.gz)?))(?![\w])"
    )

    def _prose(self, text: str, file: str) -> str:
        text = self._FROM.sub(lambda m: self._from_line(m, file), text)
        text = self._DOTTED.sub(lambda m: self._dotted(m, text), text)
        return self._PATH.sub(self._path, text)

    def _from_line(self, m: re.Match[str], file: str) -> str:
        names = [m[2], *(n.strip() for n in m[3].split(",") if n.strip())]
        made: dict[str, list[str]] = {}
        for i, name in enumerate(names):
            node = ast.parse(
                f"from {m[1]} import {name}{(m[4] or '') if i == len(names) - 1 else ''}"
            )
            got = self._import_from(node.body[0], {}, file, node)  # type: ignore[arg-type]
            line = got[0] if got else ast.unparse(node)
            head, _, tail = line.partition(" import ")
            made.setdefault(head, []).append(tail)
        if len(made) == 1:
            head, tails = next(iter(made.items()))
            return f"{head} import {', '.join(tails)}"
        print(f"an import in a text names several folders, look: {file}: {m[0]}")
        return "; ".join(f"{head} import {', '.join(tails)}" for head, tails in made.items())

    def _dotted(self, m: re.Match[str], text: str) -> str:
        parts = m[0].split(".")
        after = text[m.end() : m.end() + 2]
        new_names = self._new_names
        for n in range(len(parts), 1, -1):
            prefix = ".".join(parts[:n])
            if prefix in moves.TYPED:
                return m[0]
            new = self.new_module(prefix)
            if new is None and prefix in self.packages and (n < len(parts) or after == ".{"):
                if prefix not in moves.STAYING_INITS:
                    new = self.packages[prefix]
            if new is not None:
                symbol = parts[n] if n < len(parts) else None
                new = moves.SYMBOLS.get((prefix, symbol), new)
                return ".".join([new, *parts[n:]])
            if prefix in new_names:
                return m[0]
        if m[0] == "tidefall.core":
            print("a text names tidefall.core")
        return m[0]

    @property
    def _new_names(self) -> set[str]:
        if not hasattr(self, "_new"):
            self._new = set(self.map.values())
        return self._new

    def _path(self, m: re.Match[str]) -> str:
        prefix, path = m[1], m[2]
        if path.startswith("tests/"):
            return prefix + self.paths.get(path, self._renamed_tests.get(path, path))
        old = f"src/tidefall/{path}"
        new = self.paths.get(old)
        if new is None and path.endswith(".py"):
            module = "tidefall." + path[:-3].replace("/", ".")
            found = self.new_module(module)
            if found is not None:
                new = "src/" + found.replace(".", "/") + ".py"
        if new is None and path in moves.DATA:
            new = f"src/tidefall/{moves.DATA[path]}"
        return m[0] if new is None else prefix + new.removeprefix("src/tidefall/")

    @property
    def _renamed_tests(self) -> dict[str, str]:
        if not hasattr(self, "_tests"):
            self._tests = {
                a.replace(".", "/") + ".py": b.replace(".", "/") + ".py"
                for a, b in self.map.items()
                if a.startswith("tests.")
            }
        return self._tests

    # ---- definitions that go to another file ----

    def move_symbols(self) -> None:
        wanted: dict[tuple[str, str], list[str]] = {}
        for (old, name), target in moves.SYMBOLS.items():
            wanted.setdefault((self.map.get(old, old), target), []).append(name)
        for (source, target), names in wanted.items():
            path = self.root / "src" / (source.replace(".", "/") + ".py")
            goal = self.root / "src" / (target.replace(".", "/") + ".py")
            text = path.read_text()
            tree = ast.parse(text)
            nodes = [n for n in tree.body if getattr(n, "name", None) in names]
            missing = set(names) - {n.name for n in nodes}
            if missing:
                print(f"not in {source} (moved before, or gone): {', '.join(sorted(missing))}")
            if not nodes:
                continue
            lines = text.splitlines(keepends=True)
            imports = "".join(
                "".join(lines[n.lineno - 1 : n.end_lineno])
                for n in tree.body
                if isinstance(n, (ast.Import, ast.ImportFrom))
            )
            pieces = []
            for n in reversed(nodes):
                first = min([n.lineno, *(d.lineno for d in n.decorator_list)]) - 1
                pieces.insert(0, "".join(lines[first : n.end_lineno]))
                del lines[first : n.end_lineno]
            constants = "".join(
                "".join(lines_of(text, n)) for n in tree.body
                if isinstance(n, ast.Assign) and any(
                    isinstance(t, ast.Name) and t.id in moves.WITH_SYMBOLS.get(target, ())
                    for t in n.targets
                )
            )
            if goal.exists():
                raise Fail(f"{goal} is there already")
            goal.parent.mkdir(parents=True, exist_ok=True)
            goal.write_text(
                f'"""{moves.SYMBOL_FILES[target]}"""\n\n{imports}\n{constants}\n\n' + "\n\n".join(pieces)
            )
            head = "".join(lines)
            here = ", ".join(n.name for n in nodes)
            at = head.index("\nfrom tidefall")
            path.write_text(head[:at] + f"\nfrom {target} import {here}" + head[at:])
            git(self.root, "add", str(goal), str(path))
            self.ruff("check", "-q", "--fix", "--select", "F401,I", str(goal), str(path))
            self.notes.append(f"definitions moved: {here} from {source} to {target}")

    # ---- what is said by hand ----

    def edits(self) -> None:
        for file, old, new in moves.EDITS:
            path = self.root / file
            if not path.exists():
                print(f"EDIT: no {file}")
                continue
            text = path.read_text()
            if old in text:
                path.write_text(text.replace(old, new))
            elif new not in text:
                print(f"EDIT: {file} has neither the old text nor the new: {old[:70]!r}")
        for file, text in moves.NEW_FILES.items():
            path = self.root / file
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.packages_of_index()
        self.pyproject()
        self.tour()

    def packages_of_index(self) -> None:
        path = self.root / "src/tidefall/api/index.py"
        text = path.read_text()
        found = re.search(r"PACKAGES = \(([^)]*)\)(  # fmt: skip)?", text)
        if found is None:
            raise Fail("api/index.py: no PACKAGES")
        names = re.findall(r'"(\w+)"', found[1])
        wanted = [n for n in moves.LAYERS if n in moves.INDEXED or n in names]
        wanted += [n for n in names if n not in wanted and n not in moves.GONE]
        rows, row = [], "   "
        for name in wanted:
            if len(row) + len(name) > 92:
                rows.append(row)
                row = "   "
            row += f' "{name}",'
        made = "PACKAGES = (\n" + "\n".join([*rows, row]) + "\n)  # fmt: skip"
        path.write_text(text.replace(found[0], made))

    def imports_of_data(self) -> None:
        """`noqa` stands at the last import; sorting takes it elsewhere."""
        path = self.root / "src/tidefall/data/__init__.py"
        lines = [re.sub(r"  # noqa: F401$", "", line) for line in path.read_text().splitlines()]
        last = max(i for i, line in enumerate(lines) if line.startswith("import tidefall.data"))
        lines[last] += "  # noqa: F401"
        path.write_text("\n".join(lines) + "\n")

    @staticmethod
    def _prose_lines(text: str) -> set[int]:
        import io
        import tokenize

        found: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
            if token.type == tokenize.COMMENT and token.line.strip().startswith("#"):
                found.add(token.start[0])
            elif token.type == tokenize.STRING and token.string.startswith('"""'):
                if token.line.strip().startswith('"""'):
                    found.update(range(token.start[0], token.end[0] + 1))
        return found

    def pyproject(self) -> None:
        path = self.root / "pyproject.toml"
        text = path.read_text()
        layers = [*reversed(moves.LAYERS)]
        optional = set(moves.LAYERS) - set(moves.REQUIRED)
        listed = "".join(f'  "{f"({n})" if n in optional else n}",\n' for n in layers)
        old = set(re.findall(r'"\(?(\w+)\)?"', re.search(r"\nlayers = \[([^\]]*)\]", text)[1]))
        strange = old - set(moves.LAYERS) - {*moves.GONE, *moves.FOLDERS, "demo"}
        if strange:
            raise Fail(f"pyproject.toml has layers that moves.py does not know: {strange}")
        text, n = re.subn(r"(\nlayers = \[\n)(?:  .*\n)*?(\])", lambda m: m[1] + listed + m[2], text, count=1)
        if n != 1:
            raise Fail("pyproject.toml: no layers")
        ignored = "".join(f'  "{e}", # {why}\n' for e, why in moves.IGNORED.items())
        text, n = re.subn(
            r"(?:# [^\n]*\n)?ignore_imports = \[[^\]]*\]",
            lambda m: f"ignore_imports = [\n{ignored}]",
            text, count=1,
        )
        if n != 1:
            raise Fail("pyproject.toml: no ignore_imports")
        for old, new in moves.PYPROJECT.items():
            if old in text:
                text = text.replace(old, new)
        path.write_text(text)

    def tour(self) -> None:
        path = self.root / "docs" / "tour.md"
        text = path.read_text()
        rows = "".join(f"| `{name}/` | {what} |\n" for name, what in packages.TOUR)
        made, n = re.subn(
            r"(\| Folder of `src/tidefall` \| [^\n]*\n\| --- \| --- \|\n)(?:\|[^\n]*\n)*",
            lambda m: m[1] + rows, text,
        )
        if n != 1:
            print("docs/tour.md: no table of folders")
        path.write_text(made)

    def inits(self) -> None:
        """Each package says what enters, what leaves, and which file to read first."""
        for package, text in packages.DOCS.items():
            folder = self.root / "src/tidefall" / package.replace(".", "/")
            if not folder.is_dir():
                print(f"no folder {package}")
                continue
            path = folder / "__init__.py"
            doc = '"""' + text.strip() + ("\n" if "\n" in text.strip() else "") + '"""\n'
            if not path.exists():
                path.write_text(doc)
                continue
            old = path.read_text()
            tree = ast.parse(old)
            if not (tree.body and isinstance(tree.body[0], ast.Expr)):
                path.write_text(doc + "\n" + old)
                continue
            lines = old.splitlines(keepends=True)
            if self._changed_since(package, ast.get_docstring(tree)):
                self.notes.append(f"docstring of others kept: {package}")
                continue
            path.write_text(doc + "".join(lines[tree.body[0].end_lineno :]))
        for folder in (self.root / "src/tidefall").rglob("*"):
            if folder.is_dir() and any(folder.glob("*.py")) and "schema" not in folder.parts:
                if not (folder / "__init__.py").exists():
                    raise Fail(f"{folder} has no __init__.py; write one into packages.py")

    def _changed_since(self, package: str, now: str | None) -> bool:
        """Whether somebody has written another docstring since the table here was made."""
        back = {new: old for old, new in moves.PACKAGES.items()}
        module = back.get(package, package)
        file = f"src/tidefall/{module.replace('.', '/')}/__init__.py"
        done = subprocess.run(
            ["git", "-C", str(self.root), "show", f"{moves.BASELINE}:{file}"],
            capture_output=True, text=True,
        )
        if done.returncode:
            return False  # a new package: ours, from an earlier run, or nobody's
        return now not in (ast.get_docstring(ast.parse(done.stdout)), packages.DOCS[package].strip())

    def ruff(self, *args: str) -> None:
        done = subprocess.run(
            [str(self.python.parent / "ruff"), *args], cwd=self.root, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-2000:])

    def finish(self, index: bool) -> None:
        git(self.root, "add", "-A", "src", "tests", "docs", "benchmarks", "examples")
        self.ruff("check", "-q", "--fix", "--select", "I,RUF022", ".")
        self.imports_of_data()
        self.ruff("format", "-q", ".")
        fold_long_lines(self.root)
        self.ruff("format", "-q", ".")
        if index:
            subprocess.run(
                [str(self.python), "-m", "tidefall.api.index"], cwd=self.root, check=True
            )
            if (self.root / "src/tidefall/api/stubs/__main__.py").exists():
                subprocess.run(
                    [str(self.python), "-m", "tidefall.api.stubs"], cwd=self.root, check=True
                )
        git(self.root, "add", "-A", "src", "tests", "docs", "benchmarks", "examples")


def fold_long_lines(root: Path) -> None:
    """Lines of comments and docstrings that became too long go on in the next line."""
    for f in git(root, "ls-files", "*.py").splitlines():
        path = root / f
        if "proto/schema" in f or f.startswith("scripts/moves/") or not path.exists():
            continue
        lines = path.read_text().splitlines()
        if max(map(len, lines), default=0) <= 100 or f.endswith("_index.py"):
            continue
        prose = Mover._prose_lines("\n".join(lines))
        i = 0
        while i < len(lines):
            line = lines[i]
            if len(line) > 100 and i + 1 in prose and not _is_example(lines, i):
                indent = re.match(r"\s*(?:# )?", line)[0]
                if not indent.strip():
                    indent = indent or ""
                cut = line.rfind(" ", 0, 100)
                rest = line[cut + 1 :]
                lines[i] = line[:cut]
                after = lines[i + 1] if i + 1 < len(lines) else ""
                joins = (
                    i + 2 in prose
                    and after.strip() not in ("", '"""', "#")
                    and re.match(r"\s*(?:# )?", after)[0] == indent
                    and not rest.endswith('"""')
                    and not after.lstrip("# ").startswith((">>>", "- ", "* ", "```", "...", '"""'))
                )
                if joins:
                    lines[i + 1] = f"{indent}{rest} {after[len(indent):]}"
                else:
                    lines.insert(i + 1, indent + rest)
                    prose = Mover._prose_lines("\n".join(lines))
            i += 1
        path.write_text("\n".join(lines) + "\n")

def _is_example(lines: list[str], at: int) -> bool:
    """Whether a line belongs to an example, or says that it may be long."""
    if "noqa" in lines[at]:
        return True
    while at >= 0 and lines[at].strip() and not lines[at].lstrip().startswith('"""'):
        if lines[at].lstrip().startswith((">>>", "...", "|")):
            return True
        at -= 1
    return False


def lines_of(text: str, node: ast.AST) -> list[str]:
    return text.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno]  # type: ignore


def main() -> None:
    root = Path(sys.argv[1]).resolve()
    mover = Mover(root)
    mover.python = root / ".venv/bin/python"
    if "--python" in sys.argv:
        mover.python = Path(sys.argv[sys.argv.index("--python") + 1])
    mover.plan()
    print(f"{len(mover.paths)} files move")
    mover.move()
    mover.rewrite_all()
    mover.inits()
    mover.edits()
    mover.ruff("check", "-q", "--fix", "--select", "I", "src")
    mover.move_symbols()
    mover.finish("--no-index" not in sys.argv)
    print(*mover.notes, sep="\n")


if __name__ == "__main__":
    main()
