"""Where TensorFlow's test sources come from: a folder, a git repository, or a shallow clone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

VARIABLE = "TIDEFALL_TENSORFLOW_SOURCES"
REPOSITORY = "https://github.com/tensorflow/tensorflow"
TAG = "v2.21.0"
TREE = "tensorflow/python"


def given() -> Path | None:
    """The sources that the environment names, a folder or a git repository; None if it does not."""
    value = os.environ.get(VARIABLE)
    return Path(value) if value else None


def prepare(source: Path | None, folder: Path) -> Path:
    """Return a folder that holds `tensorflow/python`.

    Args:
        source: such a folder, or a git repository of TensorFlow (its newest commit is taken);
            None clones the release from its public repository.
        folder: where files are put if they are not in a folder already.

    Raises:
        FileNotFoundError: if `source` is neither.
    """
    if source is not None and (source / TREE).is_dir():
        return source.resolve()
    tree = folder / "sources"
    done = folder / "sources.done"
    if done.exists() and done.read_text() == str(source):
        return tree
    tree.mkdir(parents=True, exist_ok=True)
    repository = _clone(folder / "clone") if source is None else _git_folder(source)
    archive = subprocess.Popen(
        ["git", "--git-dir", str(repository), "archive", "HEAD", TREE], stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x", "-C", str(tree)], stdin=archive.stdout, check=True)
    if archive.wait():
        raise FileNotFoundError(f"{repository} has no {TREE}; is it a repository of TensorFlow?")
    _plain_line_ends(tree)
    done.write_text(str(source))
    return tree


def _git_folder(source: Path) -> Path:
    for folder in (source, source / ".git"):
        if (folder / "HEAD").exists():
            return folder
    raise FileNotFoundError(
        f"{source} holds neither {TREE} nor a git repository. Set {VARIABLE} to TensorFlow's "
        f"sources of {TAG}, or leave it out to clone them from {REPOSITORY}."
    )


def _clone(folder: Path) -> Path:
    if not (folder / ".git").exists():
        cloned = subprocess.run(
            ["git", "clone", "--depth", "1", "--filter=blob:none", "--sparse", "--branch", TAG]
            + [REPOSITORY, str(folder)],
            check=False,
        )
        if cloned.returncode:
            raise FileNotFoundError(
                f"{REPOSITORY} cannot be cloned. Set {VARIABLE} to a folder or git repository "
                f"with TensorFlow's sources of {TAG}."
            )
        subprocess.run(["git", "-C", str(folder), "sparse-checkout", "set", TREE], check=True)
    return folder / ".git"


def _plain_line_ends(tree: Path) -> None:
    for path in tree.rglob("*.py"):
        text = path.read_bytes()
        if b"\r\n" in text:
            path.write_bytes(text.replace(b"\r\n", b"\n"))


def test_files(tree: Path) -> list[str]:
    """All test files, as `tensorflow/python/ops/math_ops_test.py`."""
    return sorted(str(path.relative_to(tree)) for path in (tree / TREE).rglob("*_test.py"))


def area(file: str) -> str:
    """The area that a test file belongs to: `kernel_tests.math_ops`, `data`, `saved_model`."""
    parts = file.split("/")[2:-1]
    deep = parts[:1] in (["kernel_tests"], ["ops"]) or parts[:2] == ["data", "experimental"]
    return ".".join(parts[: 2 if deep else 1])
