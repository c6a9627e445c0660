"""A small sample of spoiled files; `make fuzz-files` tries thousands."""

import subprocess
import sys

import pytest


@pytest.mark.process
def test_a_sample_of_spoiled_files_is_loaded_or_clearly_refused(repo_root):
    command = [sys.executable, "-m", "tests.hostile_files", "--recorded", "--count", "1"]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 finds" in done.stdout
