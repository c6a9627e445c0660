"""The compilation cache on a disk that is full."""

import os
import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")

# The first compilation finds a disk that takes files of 1,000 bytes; the others one with room.
PROGRAM = """
import resource, sys, warnings
import tidefall as tf
room = int(sys.argv[1])
if room:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    run = tf.function(lambda x: tf.tanh(x) + 1.0, jit_compile=True)
    assert run(tf.constant([0.0])).numpy() == [1.0]
print(*[warning.message for warning in told], sep="\\n")
"""


def run(folder, room: int) -> str:
    """What jax complained of."""
    environment = {**os.environ, "TIDEFALL_CACHE": str(folder)}
    command = [sys.executable, "-c", PROGRAM, str(room)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=100, check=True
    )
    return done.stdout.strip()


@pytest.mark.process
def test_a_full_disk_leaves_no_half_entry_behind(tmp_path):
    assert "Error writing persistent compilation cache entry" in run(tmp_path, 1000)
    assert list(tmp_path.iterdir()) == []
    assert run(tmp_path, 0) == ""
    assert len(list(tmp_path.iterdir())) == 1
    assert run(tmp_path, 0) == ""
