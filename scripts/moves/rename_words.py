"""Renames identifiers to the field's words, by exact word, file by file.

    python rename_words.py ROOT

Run after apply_moves.py (or before: files are found under their old names, too). May be run again.
What is no longer there is listed; a new name that a file has already is an error.

SYMBOLS: definitions of a module, in it and wherever they are imported from it.
ATTRIBUTES: attributes and methods, in some modules ("data.*" is a folder), perhaps of some names.
LOCALS: names, arguments and keywords of single modules.
"""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import moves
import tests_map
from apply_moves import Mover, fold_long_lines

# old module, old name, new name
SYMBOLS: list[tuple[str, str, str]] = [
    (module, *pair.split(">"))
    for module, pairs in {
        "core.background": "make_way>yield_gil",
        "core.dispatch": "asks>dispatchable",
        "core.places": """Place>Device Missing>MissingDevice Unknown>UnknownDevice
            place_of>device_for _places>_devices""",
        "core.convert": "_settle>_resolve",
        "graph.lift": "evaluate>evaluate_outside",
        "graph.user_code": "Place>SourceLocation",
        "ops.lowering_cpu": "natively>native_or_xla plainly>without_native _plainly>_without_native",
        "runtime.beside": """compile_beside_calls>compile_in_background
            is_beside>compiles_in_background at_once>blocking_compile
            is_at_once>is_blocking_compile""",
        "runtime.tiers": "BESIDE_SHARE>BACKGROUND_SHARE",
        "runtime.checks": "prepared>optimized",
        "runtime.node_places": "common_place>common_device node_place>node_device",
        "runtime.host": "_placed_kernel>_kernel_on_device",
        "function.loop_kept": "kept_values>residual_values",
        "function.autograph.source": """Place>SourceLocation _places>_locations
            _places_in>_locations_in _place>_location""",
        "function.padded_suppression": "_settle>_resolve",
        "function.row_loops": "run_rows>run_fused _RowLoop>_FusedLoop",
        "function.row_body": "RowBody>FusedBody",
        "function.row_values": "NotRows>NotFusible",
        "function.pfor.vectorized_map": "run_rows>run_vectorized",
        "native.row_loop": "row_loop>fused_rnn_loop Place>View",
        "summary.debug_code": "Place>SourceLocation",
        "data.words": "Words>RandomBits",
        "data.vectorize": "is_movable>is_pure _is_movable_op>_is_pure_op",
        "data.lanes": "Lane>InterleaveSlot Lanes>InterleaveSlots",
        "data.read_ahead": "Line>PrefetchBuffer",
        "data.probes": "_MeasuredLanes>_MeasuredSlots _MeasuredLine>_MeasuredBuffer",
        "data.elements": "Rows>Batch join_rows>join_batches",
    }.items()
    for pair in pairs.split()
]

# old attribute, new one, modules, names it is an attribute of (None: all), also as string
ATTRIBUTES: list[tuple[str, str, str, str | None, bool]] = [
    ("busy", "needs_dispatch", "* tests.*", r"state|context|kind|type\(state\)|_State", False),
    ("elsewhere", "off_host", "* tests.*", r"state|context|kind|type\(state\)|_State", False),
    ("place", "op_device", "* tests.* !function.row_loops !function.row_body !function.row_rules", r"state|context|type\(state\)|_State", False),
    ("_place", "_op_device", "runtime.tiers runtime.xla data.copy_to_device", None, True),
    ("kept", "residuals", "function.kept function.branch_gradient function.loop_gradient", None, False),
    ("only_computes", "is_pure", "runtime.* data.* function.* tests.*", None, False),
    ("is_movable", "is_pure", "data.* tests.data.*", None, False),
    ("by_rows", "vectorized", "data.* tests.data.*", None, True),
    ("rows", "batch", "data.* tests.data.* !data.csv_files !data.sql_dataset", None, False),
    ("known", "memo", "data.functions data.saved_iterator data.auto_shard", None, True),
    ("_words", "_random_bits", "data.old_stages data.random data.shuffle", None, True),
    ("_lanes", "_slots", "data.lanes data.interleave data.probes", None, True),
    ("next_lane", "next_slot", "data.lanes data.interleave data.probes", None, False),
    ("next_lanes", "next_slots", "data.lanes data.interleave data.probes", None, False),
    ("_busy", "_reading", "data.lanes", None, False),
    ("_line", "_prefetch", "data.read_ahead data.probes", None, True),
    ("settle", "resolve", """function.autograph.state function.autograph.branches
        function.autograph.repetition ops.strings.unicode""", None, False),
    ("settled", "resolved", "native.row_loop function.row_loops function.row_body", None, False),
    ("_compile_beside", "_compile_in_background", "runtime.tiers", None, False),
    ("_prepare_beside", "_prepare_in_background", "serving.batching.executor", None, False),
]  # fmt: skip

# module, old name, new one
LOCALS: list[tuple[str, str, str]] = [
    (module, *pair.split(">"))
    for module, pairs in {
        "ops.fast": "busy>needs_dispatch",
        "ops.reduction_ops": "busy>needs_dispatch",
        "ops.matmul": "busy>needs_dispatch",
        "core.state": "busy>needs_dispatch elsewhere>off_host place>op_device",
        "ops.lowering_cpu": "elsewhere>default",
        "ops.sum_lowerings": "elsewhere>default",
        "core.places": "place>device",
        "core.device_scope": "place>op_device",
        "core.tensor": "place>op_device",
        "runtime.tiers": "place>op_device at_once>blocking beside_calls>background",
        "runtime.xla": "place>op_device",
        "runtime.host": "place>device",
        "runtime.device_log": "place>op_device",
        "runtime.node_places": "place>op_device",
        "function.concrete": "place>op_device",
        "data.copy_to_device": "place>op_device",
        "function.kept": "kept>residuals",
        "function.branch_gradient": "_kept>_residuals",
        "function.loop_gradient": "kept>residuals",
        "function.autograph.source": "place>location places>locations",
        "summary.debug_code": "place>location",
        "native.row_loop": "place>view places>views",
        "data.functions": "known>memo",
        "data.lanes": "lane>slot lanes>slots",
        "data.interleave": "lane>slot lanes>slots",
        "data.probes": "lane>slot lanes>slots line>prefetch",
        "data.read_ahead": "line>prefetch",
        "data.shuffle": "words>bits",
        "data.at": "words>bits",
        "data.old_stages": "words>bits",
        "connections": "run_rows>run_vectorized",
    }.items()
    for pair in pairs.split()
]

PATTERNS = [(re.compile(r"^_MOST_(\w+)$"), r"_MAX_\1"), (re.compile(r"^MOST_(\w+)$"), r"MAX_\1")]
"""Names of constants, wherever they are, and the strings by which tests find them."""

IN_DOCS = {
    "state.busy": "state.needs_dispatch", "natively": "native_or_xla", "make_way": "yield_gil",
    "plainly": "without_native", "compile_beside_calls": "compile_in_background",
}  # fmt: skip


PROSE: dict[str, dict[str, str]] = {
    "data.lanes": {"lane": "slot", "lanes": "slots", "Lanes": "Slots"},
    "data.interleave": {"lane": "slot", "lanes": "slots", "Lanes": "Slots"},
    "data.probes": {"lane": "slot", "lanes": "slots", "line": "buffer"},
    "data.read_ahead": {"line": "buffer"},
    "core.places": {"place": "device", "places": "devices"},
    "runtime.node_places": {"place": "device"},
}
"""Words in comments and docstrings of single modules."""


class Renamer:
    def __init__(self, root: Path):
        self.root = root
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files"], check=True, capture_output=True, text=True
        ).stdout.split("\n")
        self.files: dict[str, str] = {}
        for f in listed:
            if f.endswith((".py", ".pyi")) and (root / f).exists() and not re.search("proto/schema|^scripts/moves/", f):
                name = f.removeprefix("src/").rsplit(".", 1)[0].replace("/", ".")
                name = name.removesuffix(".__init__")
                self.files[f] = name
        modules = set(self.files.values())
        self.moved = moves.module_map([])
        for folder, new in moves.PACKAGES.items():
            for module in modules:
                if module.startswith(f"tidefall.{new}."):
                    old = f"tidefall.{folder}" + module[len(f"tidefall.{new}") :]
                    self.moved.setdefault(old, module)
        self.old_tests = {v: k for k, v in tests_map.module_map([]).items()}
        self.old = {v: k for k, v in self.moved.items()}
        self.modules = modules
        self.used: set[object] = set()

    def now(self, module: str) -> str:
        """A module's name in this checkout."""
        old = f"tidefall.{module}"
        new = self.moved.get(old, old)
        return new if new in self.modules else old

    def before(self, module: str) -> str:
        """The old name of a module, without `tidefall.`."""
        old = self.old.get(module) or self.old_tests.get(module) or module
        return old.removeprefix("tidefall.")

    def symbols(self) -> dict[str, dict[str, str]]:
        made: dict[str, dict[str, str]] = {}
        for module, old, new in SYMBOLS:
            made.setdefault(self.now(module), {})[old] = new
        return made

    def run(self) -> None:
        symbols = self.symbols()
        for f, module in self.files.items():
            path = self.root / f
            text = path.read_text(encoding="utf-8")
            made = self.rewrite(text, module, symbols, f)
            if made != text:
                path.write_text(made, encoding="utf-8")
        for f in [*self.root.glob("docs/*.md"), self.root / "CONTRIBUTING.md"]:
            text = made = f.read_text()
            for old, new in IN_DOCS.items():
                made = made.replace(f"`{old}`", f"`{new}`")
            if made != text:
                f.write_text(made)
        for entry in [*SYMBOLS, *ATTRIBUTES, *LOCALS]:
            if entry not in self.used:
                print("not there (renamed before, or gone):", *entry[:3])

    def rewrite(
        self, text: str, module: str, symbols: dict[str, dict[str, str]], file: str
    ) -> str:
        old_name = self.before(module)
        tree = ast.parse(text)
        names: dict[str, str] = {}  # bare names of the file
        by_module: dict[str, dict[str, str]] = {}  # attributes of imported modules
        quoted: dict[str, str] = {}  # strings
        own = symbols.get(module, {})
        defined = {
            n.id for n in ast.walk(tree) if isinstance(n, ast.Name)
        } | {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        for old, new in own.items():
            if old in defined:
                names[old] = new
                self.used |= {e for e in SYMBOLS if self.now(e[0]) == module and e[1] == old}
        alias_names: dict[tuple[int, int], str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    new = symbols.get(node.module, {}).get(alias.name)
                    if new is not None:
                        alias_names[alias.lineno, alias.col_offset] = new
                        if alias.asname is None:
                            names[alias.name] = new
                    inner = symbols.get(f"{node.module}.{alias.name}")
                    if inner:
                        by_module[alias.asname or alias.name] = inner
        attributes: list[tuple[str, str, str | None]] = []
        for entry in ATTRIBUTES:
            old, new, where, of, strings = entry
            if f"!{old_name}" in where.split():
                continue
            if any(fnmatch.fnmatch(old_name, p) for p in where.split()):
                attributes.append((old, new, of))
                if strings:
                    quoted[old] = new
        local: dict[str, str] = {}
        for entry in LOCALS:
            if entry[0] == old_name:
                local[entry[1]] = entry[2]

        lines = text.splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))

        def at(row: int, column: int) -> int:
            return starts[row - 1] + len(lines[row - 1].encode()[:column].decode())

        spans: dict[int, tuple[str, str]] = {}
        lost: list[str] = []

        def put(position: int, old: str, new: str) -> None:
            if text[position : position + len(old)] == old:
                spans[position] = (old, new)
            else:
                lost.append(old)

        def pattern(word: str) -> str | None:
            for regex, to in PATTERNS:
                if regex.match(word):
                    return regex.sub(to, word)
            return None

        def bare(word: str) -> str | None:
            return names.get(word) or local.get(word) or pattern(word)

        def attribute(word: str, of: str) -> str | None:
            for old, new, wanted in attributes:
                if word == old and (wanted is None or re.fullmatch(wanted, of)):
                    self.used |= {e for e in ATTRIBUTES if e[0] == old and e[1] == new}
                    return new
            return None

        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                new = bare(node.id)
                if new:
                    put(at(node.lineno, node.col_offset), node.id, new)
                    if node.id in local:
                        self.used.add((old_name, node.id, local[node.id]))
            elif isinstance(node, ast.Attribute):
                of = ast.unparse(node.value)
                new = attribute(node.attr, of) or pattern(node.attr)
                if new is None and isinstance(node.value, ast.Name):
                    new = by_module.get(node.value.id, {}).get(node.attr)
                if new:
                    end = at(node.end_lineno, node.end_col_offset)
                    put(end - len(node.attr), node.attr, new)
            elif isinstance(node, ast.arg):
                new = local.get(node.arg)
                if new:
                    put(at(node.lineno, node.col_offset), node.arg, new)
                    self.used.add((old_name, node.arg, new))
            elif isinstance(node, ast.keyword) and node.arg in local:
                if file.startswith("src") and self._own_call(tree, node):
                    put(at(node.lineno, node.col_offset), node.arg, local[node.arg])
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                begin, end = at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)
                for m in re.finditer(r"\w+", text[begin:end]):
                    new = bare(m[0])
                    if new:
                        put(begin + m.start(), m[0], new)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                new = None
                if node.name in own or node.name in local or pattern(node.name):
                    new = bare(node.name)
                if new:
                    self._def(node, text, at, new, put)
                    if node.name in local:
                        self.used.add((old_name, node.name, new))
                if isinstance(node, ast.ClassDef):
                    self._members(node, attributes, text, at, put)
            elif isinstance(node, ast.alias):
                new = alias_names.get((node.lineno, node.col_offset)) or pattern(node.name)
                if new:
                    put(at(node.lineno, node.col_offset), node.name, new)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                word = node.value
                new = quoted.get(word) or pattern(word)
                if new is None and file.startswith("tests/") and word in self._all_words():
                    print(f"a string that is a renamed word, look: {file}:{node.lineno} {word!r}")
                if new:
                    begin = at(node.lineno, node.col_offset)
                    if text[begin + 1 : begin + 1 + len(word)] == word:
                        spans[begin + 1] = (word, new)
        self._check(tree, file, spans, text)
        made = text
        for position in sorted(spans, reverse=True):
            old, new = spans[position]
            made = made[:position] + new + made[position + len(old) :]
        if lost:  # inside f-strings, whose positions Python 3.11 does not tell
            made = self._f_strings(made, set(lost), bare, attributes)
        words = {old: new for old, new in spans.values()}
        dotted = {
            f".{old}": new for position, (old, new) in spans.items() if text[position - 1] == "."
        }
        words |= {w: bare(w) for w in lost if bare(w)}  # type: ignore[misc]
        made = self._comments(made, words, dotted) if words else made
        return self._prose(made, PROSE[old_name]) if old_name in PROSE else made

    @staticmethod
    def _prose(text: str, words: dict[str, str]) -> str:
        lines = text.splitlines(keepends=True)
        for row in Mover._prose_lines(text):
            if row <= len(lines):
                lines[row - 1] = re.sub(
                    r"(?<![`\w])\w+(?![`\w])", lambda m: words.get(m[0], m[0]), lines[row - 1]
                )
        return "".join(lines)

    @staticmethod
    def _own_call(tree: ast.Module, keyword: ast.keyword) -> bool:
        """Whether a keyword belongs to a call of a function of the same file."""
        own = {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and keyword in node.keywords:
                called = ast.unparse(node.func).rpartition(".")[2]
                return called in own
        return False

    def _members(self, node, attributes, text, at, put) -> None:
        """Methods and class attributes that are renamed."""
        for item in node.body:
            for old, new, of in attributes:
                if of is not None and not re.fullmatch(of, node.name):
                    continue
                if isinstance(item, ast.FunctionDef) and item.name == old:
                    self._def(item, text, at, new, put)
                    self.used |= {e for e in ATTRIBUTES if e[0] == old and e[1] == new}
                targets = []
                if isinstance(item, ast.AnnAssign):
                    targets = [item.target]
                elif isinstance(item, ast.Assign):
                    targets = item.targets
                for target in targets:
                    if isinstance(target, ast.Name) and target.id == old:
                        put(at(target.lineno, target.col_offset), old, new)

    @staticmethod
    def _def(node, text, at, new, put) -> None:
        begin = at(node.lineno, node.col_offset)
        found = re.compile(r"(?:async\s+)?(?:def|class)\s+").match(text, begin)
        put(found.end(), node.name, new)

    def _all_words(self) -> set[str]:
        words = {e[1] for e in SYMBOLS} | {e[0] for e in ATTRIBUTES}
        return {w for w in words if "_" in w} - {"row_loop"}  # the kernel's own name

    def _check(self, tree, file, spans, text) -> None:
        """A new name must not be there already, as a name of its own."""
        renamed = {}
        for position, (old, new) in spans.items():
            if position == 0 or text[position - 1] not in "\"'.":
                renamed[new] = old
        taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        taken |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
        for new, old in renamed.items():
            if any(e[0] == old and e[1] == new for e in ATTRIBUTES):
                continue  # an attribute hides no name
            if new in taken and new not in {o for o, _ in spans.values()}:
                where = [
                    n.lineno for n in ast.walk(tree)
                    if isinstance(n, ast.Name) and n.id == new or isinstance(n, ast.arg) and n.arg == new
                ]
                print(f"CLASH: {file}: {old} -> {new}, which is there already: lines {where[:5]}")

    @staticmethod
    def _f_strings(text, lost, bare, attributes) -> str:
        lost_attributes = {old: new for old, new, _ in attributes if old in lost}

        def inside(m: re.Match[str]) -> str:
            part = m[0]
            for word in lost:
                new = bare(word)
                if new:
                    part = re.sub(rf"(?<![\w.'\"]){word}(?!\w)", new, part)
                if word in lost_attributes:
                    part = re.sub(rf"(?<=\.){word}(?!\w)", lost_attributes[word], part)
            return part

        return re.sub(
            r"\b[rR]?f[rR]?(\"\"\".*?\"\"\"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')",
            lambda m: re.sub(r"(?<!\{)\{[^{}]+\}", inside, m[0]),
            text,
            flags=re.S,
        )

    @staticmethod
    def _comments(text: str, words: dict[str, str], dotted: dict[str, str]) -> str:
        """Names in backquotes, and entries of Args and Attributes."""

        def quoted(m: re.Match[str]) -> str:
            def word(w: re.Match[str]) -> str:
                if w[0].startswith("."):
                    return "." + dotted.get(w[0], words.get(w[0][1:], w[0][1:]))
                return words.get(w[0], w[0])

            return re.sub(r"\.?\w+", word, m[0])

        text = re.sub(r"(?<!`)`[\w.()\[\]]+`(?!`)", quoted, text)
        return re.sub(
            r"^(\s+)(\w+)(?=: [a-z])",
            lambda m: m[1] + words.get(m[2], m[2]) if m[2] in words else m[0],
            text,
            flags=re.M,
        )


if __name__ == "__main__":
    root = Path(sys.argv[1]).resolve()
    Renamer(root).run()
    ruff = str(root / ".venv/bin/ruff")
    subprocess.run([ruff, "check", "-q", "--fix", "--select", "I,RUF022,RUF023", "."], cwd=root)
    subprocess.run([ruff, "format", "-q", "."], cwd=root)
    fold_long_lines(root)
    subprocess.run([ruff, "format", "-q", "."], cwd=root)
    for module in ("tidefall.api.index", "tidefall.api.stubs"):
        if (root / "src" / f"{module.replace('.', '/')}.py").exists() or (
            root / "src" / module.replace(".", "/") / "__main__.py"
        ).exists():
            subprocess.run([str(root / ".venv/bin/python"), "-m", module], cwd=root, check=True)
