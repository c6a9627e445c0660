"""Compiled programs find the memory of the last call again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tidefall.runtime.xla import malloc_tuning

PROGRAM = """
import resource
import tidefall as tf

@tf.function(jit_compile=True)
def step(x):
    # Each is kept for the next: 16 MB at a time.
    for _ in range(4):
        x = tf.transpose(tf.cumsum(x, axis=1))
    return tf.reduce_sum(x)

x = tf.ones((2048, 2048))
for _ in range(10):
    step(x).numpy()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    step(x).numpy()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 4)
"""


PIPELINE = """
import resource
import numpy as np
import tidefall as tf

def large(i):
    return tf.numpy_function(lambda i: np.ones([64, 1024], np.float32), [i], tf.float32)

dataset = tf.data.Dataset.range(32).map(large).batch(16)
for _ in range(4):
    list(dataset)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    list(dataset)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 4)
"""


def _faults(program: str = PROGRAM, **environment: str) -> int:
    """Page faults of one call."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    inherited.pop("GLIBC_TUNABLES", None)
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(result.stdout)


@pytest.mark.process
@pytest.mark.skipif(
    not hasattr(os, "confstr") or "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""),
    reason="the setting is one of glibc's",
)
@pytest.mark.parametrize("program", [PROGRAM, PIPELINE], ids=["compiled", "pipeline"])
def test_a_second_call_maps_next_to_no_memory_anew(program: str) -> None:
    kept = _faults(program)
    assert kept < _faults(program, TIDEFALL_KEEP_MEMORY="0") / 2


def test_what_is_kept_is_a_quarter_of_the_machine_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for gigabytes, kept in ((1, 1 << 30), (6, 3 << 29), (64, (1 << 31) - 1)):
        sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": gigabytes << 18}
        monkeypatch.setattr(malloc_tuning.os, "sysconf", sizes.__getitem__)
        assert malloc_tuning.kept_bytes() == kept
