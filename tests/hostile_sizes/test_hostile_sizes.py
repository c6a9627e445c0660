"""Ops of the registry answer hostile sizes with a result or a clear error.

A process of its own forks for each part of the calls: no thread may run in the one that does.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.process


def run(repo_root, *arguments):
    command = [sys.executable, "-m", "tests.hostile_sizes", *arguments]
    return subprocess.run(command, cwd=repo_root, capture_output=True, text=True, timeout=600)


def test_no_op_fails_in_another_way(repo_root):
    done = run(repo_root, "--seeds", "2", "--minutes", "8")
    assert done.returncode == 0, done.stdout + done.stderr
    (calls,) = re.findall(r"^(\d+) calls of", done.stdout, re.MULTILINE)
    assert int(calls) > 1400


def test_a_find_is_found(repo_root):
    done = run(repo_root, "--seeds", "1", "--only", "NoSuchOp")
    assert (done.returncode, "FIND" in done.stdout) == (1, True)
