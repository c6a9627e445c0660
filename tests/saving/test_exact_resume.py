"""Training that is killed and taken up again ends as if nobody had disturbed it, bit for bit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.mark.process
def test_killed_training_ends_with_the_same_weights(tmp_path, repo_root):
    example = repo_root / "examples" / "resume_training.py"
    script = Path(__file__).with_name("resuming.py")
    done = subprocess.run(
        [sys.executable, str(script), str(example), str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    loops = [line.split(" / ") for line in done.stdout.splitlines()]
    assert len(loops) == 2
    for undisturbed, resumed in loops:
        assert undisturbed.startswith("weights ")
        assert resumed == undisturbed
    assert loops[0] != loops[1]
