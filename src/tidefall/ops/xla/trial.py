"""Programs from files are read in another process first.

MLIR, which reads them, trusts what it is given: about one in two hundred programs with a few wrong
bytes ends the process that reads it. So a program that this process did not make is tried out in
one that may die. That costs a few tenths of a second for each, once.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys

from tidefall.ops.common import invalid

_REFUSED = 3
_READ = f"""
import sys
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo
with ir.Context() as context:
    stablehlo.register_dialect(context)
    try:
        stablehlo.deserialize_portable_artifact(context, sys.stdin.buffer.read())
    except Exception:
        sys.exit({_REFUSED})
"""
_LONGEST = 600.0
_tried: set[bytes] = set()


def trust(artifact: bytes) -> None:
    """Take a program for sound: it was made in this process."""
    _tried.add(_digest(artifact))


def try_reading(artifact: bytes) -> None:
    """Make sure that reading a program does not end the process.

    Raises:
        InvalidArgumentError: if it is no program, or ended the one that tried.
    """
    digest = _digest(artifact)
    if digest in _tried or not sys.executable:
        return
    try:
        done = subprocess.run(
            [sys.executable, "-c", _READ],
            input=artifact,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise invalid(f"Cannot deserialize computation: not done in {_LONGEST} seconds") from error
    if done.returncode == _REFUSED:
        said = done.stderr.decode(errors="replace").strip()
        raise invalid(f"Cannot deserialize computation: {said}")
    if done.returncode not in (0, 1):  # 1: jaxlib has no such module
        raise invalid(
            "Cannot deserialize computation: the module is damaged; a process that read it ended "
            f"with status {done.returncode}"
        )
    _tried.add(digest)


def _digest(artifact: bytes) -> bytes:
    return hashlib.sha256(artifact).digest()
