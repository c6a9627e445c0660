"""Small programs as records: of objects with state, files, graphs, and of what must fail."""

import tempfile
from functools import partial
from pathlib import Path

from tests.oracle.spec import program

EAGER = ("eager",)
HOST = ("eager", "host")


def eager(label, function, *args, **options):
    """A program that makes objects of its own, and is therefore run eagerly alone."""
    return program(label, function, *args, executors=EAGER, **options)


def on_host(label, function, *args, **options):
    """A program that is also run as a function, on the host."""
    return program(label, function, *args, executors=HOST, **options)


def fails(label, function, *args, **options):
    """A program that must raise TensorFlow's class of error."""
    options = {"executors": EAGER, **options}
    return program(f"{label} fails", function, *args, raises=True, **options)


def with_files(function, **contents):
    """A program with an empty folder, but for files `name=text`, as the argument behind `tf`."""
    return partial(_with_files, function, contents)


def _with_files(function, contents, tf, *args):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in contents.items():
            data = text.encode() if isinstance(text, str) else text
            (Path(folder) / name).write_bytes(data)
        return function(tf, folder, *args)


def relative(folder, *paths):
    """Paths without the folder, which has another name each time."""
    return [str(p.decode() if isinstance(p, bytes) else p).replace(folder, "") for p in paths]
