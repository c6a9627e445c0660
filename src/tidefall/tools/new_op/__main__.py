"""`python -m tidefall.tools.new_op`: the command `tidefall new-op`."""

from __future__ import annotations

import argparse
import os
import string
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from tidefall.base.command_line import run
from tidefall.base.errors import AlreadyExistsError
from tidefall.library.custom_ops.functions import python_name
from tidefall.library.custom_ops.signature import op_definition


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="tidefall new-op",
        description="Write a package with a custom op: a kernel in C++ with its build, shape, "
        "gradient and tests.",
    )
    parser.add_argument("name", help="of the op, such as ScaleRows")
    parser.add_argument("--out", default=".", help="where its folder goes (%(default)s)")
    flags = parser.parse_args(arguments)
    op_definition(flags.name, ["x: float"], ["y: float"])  # which knows what names there are
    package = python_name(flags.name)
    folder = Path(flags.out) / package
    if folder.exists():
        raise AlreadyExistsError(None, None, f"{folder} is there already")
    words = {"op": flags.name, "package": package, "library": f"lib{package}.so"}
    os.makedirs(flags.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-op-", dir=flags.out) as temporary:
        made = Path(temporary) / package
        _copy(files(__package__) / "template", made, words)
        made.rename(folder)
    print(f"{folder}: the kernel is in {package}/kernels.cc. Build it and try it:")
    print(f"  cd {folder} && python build_kernels.py && python -m pytest")
    return 0


def _copy(source: Traversable, target: Path, words: dict[str, str]) -> None:
    os.makedirs(target, exist_ok=True)
    for each in source.iterdir():
        name = string.Template(each.name.removesuffix(".tmpl")).substitute(words)
        if each.is_dir():
            _copy(each, target / name, words)
        else:
            text = string.Template(each.read_text()).substitute(words)
            (target / name).write_text(text)


if __name__ == "__main__":
    run(main)
