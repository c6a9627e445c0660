"""Every code block of the documentation and every example of a docstring runs.

The guides of docs/extending are followed by `test_guides.py` instead.
"""

import doctest
import importlib
import importlib.util
import inspect
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import tidefall as tf
from tidefall.__main__ import COMMANDS

REPO = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*REPO.glob("*.md"), *(REPO / "docs").glob("**/*.md")])
SOURCE = REPO / "src"
GUIDES = REPO / "docs" / "extending"
LANGUAGES = {"python", "console", "text", "diff"}

# Commands a console block may use that are neither ours nor checked further.
FREE_COMMANDS = {"cd", "curl", "git", "tensorboard"}

# Compiles each block at its own line of its own file, so a traceback points into the document.
# Its source is left where AutoGraph finds it: the document's lines that are code.
RUNNER = """
import json, linecache, sys
name, blocks = json.load(sys.stdin)
namespace = {"__name__": "__main__"}
lines = []
for line, code in blocks:
    lines += ["\\n"] * (line - 1 - len(lines)) + code.splitlines(True)
    linecache.cache[name] = (0, None, lines, name)
    exec(compile("\\n" * (line - 1) + code, name, "exec"), namespace)
"""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the line its text starts at, the text, and its title."""

    document: str
    language: str
    line: int
    text: str
    title: str = ""

    @property
    def where(self) -> str:
        return f"{self.document}:{self.line}"


def read_blocks(document: Path) -> list[Block]:
    """The fenced blocks of a Markdown file, in order."""
    name = str(document.relative_to(REPO))
    return parse_blocks(document.read_text(encoding="utf-8"), name)


def parse_blocks(markdown: str, name: str) -> list[Block]:
    blocks: list[Block] = []
    language, title, start, lines = None, "", 0, []
    for number, line in enumerate(markdown.splitlines(), start=1):
        fence = re.match(r'```(\S*)(?: title="([^"]+)")?$', line)
        if fence and language is None:
            language, title, start, lines = fence[1], fence[2] or "", number + 1, []
        elif fence:
            blocks.append(Block(name, language, start, "\n".join(lines) + "\n", title))
            language = None
        elif language is not None:
            lines.append(line)
    assert language is None, f"{name}:{start - 1}: this code block is never closed"
    return blocks


def run_blocks(blocks: list[Block], folder: Path) -> subprocess.CompletedProcess:
    """Runs a document's Python blocks in order, in one fresh interpreter, in `folder`."""
    name = str(REPO / blocks[0].document)
    request = json.dumps([name, [(block.line, block.text) for block in blocks]])
    command = [sys.executable, "-W", "error", "-c", RUNNER]
    return subprocess.run(
        command, input=request, capture_output=True, text=True, cwd=folder, timeout=300
    )


def make_targets() -> set[str]:
    rules = re.findall(r"^([a-z-]+):(?!=)", (REPO / "Makefile").read_text(), re.MULTILINE)
    return set(rules)


def unknown_command(line: str) -> str | None:
    """Why a console line cannot be right, or None."""
    words = [word for word in shlex.split(line) if "=" not in word]
    program, *rest = words or [""]
    if program == "make":
        return next((f"no make target {t!r}" for t in rest if t not in make_targets()), None)
    if Path(program).name in {"python", "python3"}:
        return unknown_module(rest)
    if program == "tidefall":
        known = bool(rest) and rest[0] in COMMANDS
        return None if known else f"tidefall has no command {' '.join(rest[:1])!r}"
    if program in FREE_COMMANDS:
        return None
    path = REPO / program
    return None if path.is_file() else f"nothing here is called {program!r}"


def unknown_module(arguments: list[str]) -> str | None:
    if arguments[:1] == ["-m"]:
        module, arguments = arguments[1], arguments[2:]
        ours = (REPO / module).is_dir()
        if not ours and importlib.util.find_spec(module) is None:
            return f"no module {module!r}"
    paths = [word.split("::")[0] for word in arguments if word.endswith(".py") or "/" in word]
    return next((f"no file {path!r}" for path in paths if not (REPO / path).exists()), None)


class ExampleFinder(doctest.DocTestFinder):
    """Also finds the examples of classes that name a module of TensorFlow's as their own."""

    def _from_module(self, module, object):
        if inspect.isclass(object) and object.__module__.startswith("tensorflow."):
            return is_defined_in(module, object)
        return super()._from_module(module, object)


def is_defined_in(module: ModuleType, cls: type) -> bool:
    codes = (getattr(member, "__code__", None) for member in vars(cls).values())
    return any(code.co_filename == module.__file__ for code in codes if code is not None)


def run_examples(module: ModuleType) -> doctest.TestResults:
    """Runs the examples of a module's docstrings."""
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in ExampleFinder().find(module, module.__name__):
        runner.run(test)
    return runner.summarize()


def documents_with(language: str) -> list:
    found = []
    for document in DOCUMENTS:
        if document.is_relative_to(GUIDES):
            continue
        blocks = [block for block in read_blocks(document) if block.language == language]
        if blocks:
            found.append(pytest.param(blocks, id=blocks[0].document))
    return found


def modules_with_examples() -> list[str]:
    files = (file for file in SOURCE.glob("**/*.py") if ">>> " in file.read_text(encoding="utf-8"))
    names = (".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in files)
    return sorted(name.removesuffix(".__init__") for name in names)


@pytest.fixture(autouse=True)
def no_global_seed():
    """Examples begin without the seed that another one has set."""
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPO)))
def test_every_block_names_its_language(document):
    wrong = [b.where for b in read_blocks(document) if b.language not in LANGUAGES]
    assert not wrong, f"these blocks name none of {sorted(LANGUAGES)}: {wrong}"


@pytest.mark.process
@pytest.mark.parametrize("blocks", documents_with("python"))
def test_python_blocks_run(blocks, tmp_path):
    done = run_blocks(blocks, tmp_path)
    assert done.returncode == 0, f"{blocks[0].document} does not run:\n{done.stderr}"


@pytest.mark.parametrize("blocks", documents_with("console"))
def test_console_blocks_name_real_commands(blocks):
    wrong = []
    for block in blocks:
        for offset, line in enumerate(block.text.splitlines()):
            problem = unknown_command(line[2:]) if line.startswith("$ ") else None
            if problem:
                wrong.append(f"{block.document}:{block.line + offset}: {problem}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", modules_with_examples())
def test_docstring_examples_run(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    result = run_examples(importlib.import_module(name))
    assert result.attempted
    assert not result.failed, capsys.readouterr().out


def test_a_failing_block_is_reported_by_document_and_line(tmp_path):
    blocks = parse_blocks(
        "text\n\n```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n", "D.md"
    )
    done = run_blocks(blocks, tmp_path)
    assert done.returncode == 1
    assert f'File "{REPO / "D.md"}", line 8' in done.stderr


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("make test", None),
        ("make bench ARGS=--quick", None),
        ("make tset", "no make target 'tset'"),
        ("python -m pytest tests/test_docs.py::test_x", None),
        ("python -m pytest tests/absent.py", "no file 'tests/absent.py'"),
        ("python -m tidefall_absent", "no module 'tidefall_absent'"),
        ("tidefall serv --x=1", "tidefall has no command 'serv'"),
        ("rm -rf build", "nothing here is called 'rm'"),
    ],
)
def test_console_lines_are_checked(line, problem):
    assert unknown_command(line) == problem
