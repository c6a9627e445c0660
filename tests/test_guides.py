"""The guides of docs/extending are followed to the letter, in a copy of the package.

Of a guide's blocks, one whose title is a file is that file, a `diff` block is a change of the file
that its title names, and a `console` block is commands with what they print: `...` stands for
anything there. All take place in the order of the guide, in a folder with a copy of `src/`.
"""

import doctest
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("blocks_of_docs", REPO / "tests" / "test_docs.py")
docs = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = docs
_spec.loader.exec_module(docs)

pytestmark = pytest.mark.process
GUIDES = sorted(docs.GUIDES.glob("*.md"))


@pytest.fixture
def copy(tmp_path):
    """A folder with the package as it is."""
    ignored = shutil.ignore_patterns("*_pb2.pyi")
    shutil.copytree(REPO / "src", tmp_path / "src", ignore=ignored)
    return tmp_path


def follow(block, folder: Path) -> None:
    """Does what one block says."""
    if block.language == "console":
        for command, output in sessions(block.text):
            run(command, output, folder, block.where)
    elif block.language == "diff":
        file = folder / block.title
        file.write_text(changed(file.read_text(), block.text, block.where))
    elif block.title:
        file = folder / block.title
        assert not file.exists(), f"{block.where}: {block.title} is there already"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text)
    else:
        assert block.language == "text", f"{block.where}: this block has no title"


def sessions(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with its output."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"no command before {parts[0]!r}"
    return [(command, output) for command, _, output in (p.partition("\n") for p in parts[1:])]


def run(command: str, output: str, folder: Path, where: str) -> None:
    words = shlex.split(command)
    if words[0] == "tidefall":
        words = ["python", "-m", *words]
    assert Path(words[0]).name == "python", f"{where}: {command} is not a command of Python"
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == 0, f"{where}: {command} failed:\n{printed}"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    same = doctest.OutputChecker().check_output(output, printed, flags)
    assert same, f"{where}: {command} printed\n{printed}\nand not\n{output}"


def changed(text: str, diff: str, where: str) -> str:
    """A file after a change that is shown with lines around it."""
    lines = [(line[:1], line[1:]) for line in diff.splitlines()]
    assert {mark for mark, _ in lines} <= {" ", "+", "-", ""}, f"{where}: not a change"
    before = "".join(f"{line}\n" for mark, line in lines if mark != "+")
    after = "".join(f"{line}\n" for mark, line in lines if mark != "-")
    assert text.count(before) == 1, f"{where}: what is to be changed is not there (once)"
    return text.replace(before, after)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_leads_where_it_says(guide, copy):
    blocks = docs.read_blocks(guide)
    assert any(block.language == "console" for block in blocks)
    for block in blocks:
        follow(block, copy)


def test_changes_are_made_where_they_are_shown():
    assert changed("a\nb\nc\n", " a\n-b\n+d\n c\n", "here") == "a\nd\nc\n"
    with pytest.raises(AssertionError, match="not there"):
        changed("a\n", "-b\n+c\n", "here")


def test_output_is_compared(tmp_path):
    run("python -c 'print(1)'", "1\n", tmp_path, "here")
    with pytest.raises(AssertionError, match="printed"):
        run("python -c 'print(1)'", "2\n", tmp_path, "here")
    with pytest.raises(AssertionError, match="failed"):
        run("python -c '1/0'", "", tmp_path, "here")
